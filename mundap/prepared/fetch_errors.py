"""What went wrong between this machine and the model hub, as an error that says what to do about it."""

from __future__ import annotations

import os
from pathlib import Path

from mundap.errors import ModelError, MundapError, ResourceError
from mundap.prepared.place import folder_name
from mundap.starter.folder import FULL


def explain(error: Exception, model: str, revision: str | None) -> MundapError:
    """Return our error for one of huggingface_hub's; the token is never a part of it."""
    import httpx
    from huggingface_hub import errors

    if isinstance(error, OSError) and error.errno in FULL:
        return ResourceError("no space left while the model was fetched.", where=model,
                             fix="Free some, or set HF_HOME to a folder on another disk; then run the same command again.")
    if isinstance(error, errors.GatedRepoError):
        return _gated(model)
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelError(f"has no revision {revision!r}.", where=model, fix="Give a branch, a tag or a commit.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return ModelError("the hub knows no such model, or shows it to its owners only.", where=model,
                          fix="Check the spelling (owner/name). For a private model set HF_TOKEN to a token that may"
                              " read it.")
    if isinstance(error, errors.HFValidationError):
        return ModelError("is no hub id.", where=model, fix="Write owner/name, such as beomi/Llama-3-Open-Ko-8B.")
    # A cache that holds only part of the files is a subclass of the same error.
    if isinstance(error, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled | httpx.ConnectError
                  | httpx.ConnectTimeout):
        return unreachable(model)
    status = getattr(getattr(error, "response", None), "status_code", None)
    what = f"HTTP {status}" if status else type(error).__name__
    return ModelError(f"the download broke off ({what}).", where=model,
                      fix="Run the same command again: files that came whole are kept, the one at hand starts over.")


def no_room(cache: Path, needed_bytes: int, free_bytes: int) -> ResourceError:
    """Return the error for a download that the disk cannot hold."""
    return ResourceError(f"not enough disk space: {needed_bytes / 1e9:,.1f} GB to fetch, {free_bytes / 1e9:,.1f} GB free.",
                         where=str(cache), fix="Free some, or set HF_HOME to a folder on another disk.")


def unreachable(model: str) -> ModelError:
    """Return the error for a model that is not here while the hub is out of reach, with the way through a closed network."""
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    return ModelError(
        "is not on this machine, and " + ("HF_HUB_OFFLINE forbids asking the hub." if offline else
                                          "the hub cannot be reached."), where=model,
        fix=("Unset HF_HUB_OFFLINE if there is a network. In a closed network, carry the folder over:\n" if offline else
             "Check the network and HTTPS_PROXY. In a closed network, carry the folder over:\n")
        + f"1. where the hub can be reached: mundap models --prepare {model}\n"
        + f"2. there: tar -chf model.tar -C models {folder_name(model)}    (-h packs the weights, not the links)\n"
        + "3. here:  tar -xf model.tar -C models\n"
        + "Or prepare a copy of the model's own folder: mundap models --prepare FOLDER")


def _gated(model: str) -> ModelError:
    token = os.environ.get("HF_TOKEN")
    return ModelError(
        "the hub gives this model only to those who accepted its terms"
        + (", and HF_TOKEN's owner is not among them." if token else "; HF_TOKEN is not set."), where=model,
        fix=f"Accept them at https://huggingface.co/{model}, signed in; make a token that may read at\n"
            "https://huggingface.co/settings/tokens; then: HF_TOKEN=… mundap models --prepare " + model)
