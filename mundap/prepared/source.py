"""The files of a base model as they lie on this machine: a local folder, or a hub model fetched into the hub's cache.

Small files come first and are judged before any weight is fetched. The token is HF_TOKEN from the environment and is
never shown. A connection that breaks is taken up where it broke (huggingface_hub); after a failure, whole files stay.
Refuses what would run or unpickle foreign code.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import MissingExtra, ModelError
from mundap.prepared import fetch_errors
from mundap.prepared.place import local_folder
from mundap.prepared.special_tokens import content

Say = Callable[[str], None]

CONFIG = "config.json"
INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
TEMPLATES = ("chat_template.jinja", "chat_template.json")
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model",
             "added_tokens.json", "vocab.json", "merges.txt")
LICENCES = ("LICENSE*", "LICENCE*", "NOTICE*", "USE_POLICY*", "COPYING*")
SMALL = (CONFIG, "generation_config.json", INDEX, *TOKENIZER, *TEMPLATES, *LICENCES)
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A base model's folder, how a person names it, its commit on the hub (empty for a local folder), its weights."""

    name: str
    folder: Path
    commit: str
    weights: tuple[Path, ...]

    def json(self, file: str) -> dict[str, Any]:
        """Return one of its JSON files, empty when there is none."""
        return content(self.folder / file, self.name)

    @property
    def licences(self) -> list[Path]:
        """Return its licence and notice files."""
        return sorted({path for pattern in LICENCES for path in self.folder.glob(pattern) if path.is_file()})


def find(model: str, *, revision: str | None, say: Say) -> Source:
    """Return a model's files: of a local folder when there is one of that name, else of the hub.

    Raises:
        ModelError: it is nowhere to be had, needs its own code, or is no text model in safetensors files.
        ResourceError: the disk has no room for the download.
        MissingExtra: huggingface_hub is not installed.
    """
    folder = local_folder(model)
    if folder is not None:
        if revision is not None:
            raise ModelError("a revision belongs to a hub model; this is a folder.", where=model,
                             fix="Leave out --revision.")
        _judge(folder, model)
        return Source(name=model, folder=folder, commit="", weights=_present(folder, model))
    if not _HUB_ID.fullmatch(model) or model.startswith("."):
        raise ModelError("there is no such folder, and a hub model is named owner/name.", where=model,
                         fix="Give a folder that holds a config.json, or a hub id such as beomi/Llama-3-Open-Ko-8B.")
    return _from_hub(model, revision, say)


def size(number_of_bytes: float) -> str:
    """Return a size as a person reads it: GB, or MB below one."""
    return f"{number_of_bytes / 1e9:,.1f} GB" if number_of_bytes >= 1e9 else f"{number_of_bytes / 1e6:,.1f} MB"


def require(module: str) -> None:
    """Return when a library of the train extra is installed.

    Raises:
        MissingExtra: it is not.
    """
    if importlib.util.find_spec(module) is None:
        raise MissingExtra("Preparing a model", "train", module)


def _from_hub(model: str, revision: str | None, say: Say) -> Source:
    require("huggingface_hub")
    from huggingface_hub import constants

    folder = _snapshot(model, revision, SMALL)
    _judge(folder, model)
    names = _weight_names(folder, model)
    if not all((folder / name).is_file() for name in names):   # the cache holds a file whole or not at all
        # The snapshot's folder is named for its commit: the weights are of the same one even if the branch moves on.
        _make_room(model, folder.name, names, say)
        _snapshot(model, folder.name, names)
        if constants.HF_HUB_OFFLINE and not all((folder / name).is_file() for name in names):
            raise fetch_errors.unreachable(model)
    return Source(name=model, folder=folder, commit=folder.name, weights=_present(folder, model))


def _snapshot(model: str, revision: str | None, names: Sequence[str], **more: Any) -> Any:
    """Return the hub cache's folder of a model, with these files fetched into it.

    Raises:
        ModelError, ResourceError: see fetch_errors.
    """
    from huggingface_hub import constants, snapshot_download

    try:
        # False, not None: else a token that someone once stored on this machine would be sent.
        found = snapshot_download(model, revision=revision, allow_patterns=list(names),
                                  token=os.environ.get("HF_TOKEN") or False,
                                  local_files_only=constants.HF_HUB_OFFLINE, **more)
    except Exception as error:   # the hub's errors share no base of their own
        raise fetch_errors.explain(error, model, revision) from error
    return Path(found) if isinstance(found, str) else found


def _make_room(model: str, commit: str, names: Sequence[str], say: Say) -> None:
    """Tell how much will be fetched and return when the cache's disk has room for it.

    Raises:
        ResourceError: it has not.
    """
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    try:
        files = _snapshot(model, commit, names, dry_run=True)
    except ModelError:
        return   # nobody can be asked, so nothing will be fetched either; the real call tells what is missing
    missing = [file.file_size for file in files if file.will_download]
    existing = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if sum(missing) > free:
        raise fetch_errors.no_room(cache, sum(missing), free)
    if missing:
        say(f"{model}: fetching {len(missing)} weight file(s), {size(sum(missing))}, into {cache}")


def _judge(folder: Path, model: str) -> None:
    """Return when a model's small files are those of a text model that needs no code of its own."""
    config = content(folder / CONFIG, model)
    if not config:
        raise ModelError("has no config.json, so it is no model folder.", where=model,
                         fix="Name the base model itself, not an adapter or a GGUF file.")
    for file in (CONFIG, "tokenizer_config.json"):
        own_code = content(folder / file, model).get("auto_map")
        if own_code:
            raise ModelError(f"needs Python code of its own (auto_map in {file}: {json.dumps(own_code)}), and mundap runs"
                             " no code that comes with a model.", where=model,
                             fix="Choose a model that transformers knows. Where it does know this one's model_type, make a\n"
                                 "local copy, take auto_map out of its JSON files, and prepare that folder.")
    kinds = [str(each) for each in config.get("architectures") or []]
    if kinds and not any(kind.endswith(("ForCausalLM", "ForConditionalGeneration")) for kind in kinds):
        raise ModelError(f"is no model that writes text ({', '.join(kinds)}).", where=model,
                         fix="Name a causal language model.")


def _weight_names(folder: Path, model: str) -> list[str]:
    """Return the names of the weight files: those the index lists, else the single one."""
    index = content(folder / INDEX, model).get("weight_map")
    names = sorted({str(file) for file in index.values()}) if isinstance(index, dict) else [SINGLE]
    if any(Path(name).name != name or not name.endswith(".safetensors") for name in names):
        raise ModelError(f"its {INDEX} names files outside the folder or of another kind.", where=model,
                         fix="Do not use this model.")
    return names


def _present(folder: Path, model: str) -> tuple[Path, ...]:
    """Return the weight files, each there and whole."""
    paths = [folder / name for name in _weight_names(folder, model)]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pth"))
        raise ModelError(f"has no {', '.join(missing)}" + (": its weights are pickled, which can hide code." if pickled
                                                           else "."), where=model,
                         fix="mundap reads safetensors files only. Convert it in a local copy with transformers'\n"
                             "save_pretrained, or look for another revision (--revision) that has them.")
    for path in paths:
        _check_whole(path, model)
    return tuple(paths)


def _check_whole(path: Path, model: str) -> None:
    """Return when a safetensors file is as long as its header says.

    Source: https://huggingface.co/docs/safetensors (format): 8 bytes, a JSON header, then the tensors without gaps.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length) if length < 1 << 27 else b"")
        ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
        expected = 8 + length + max(ends, default=0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path.name} is no safetensors file ({type(error).__name__}).", where=model,
                         fix="Fetch or copy it again; weights kept with git need git lfs pull.") from error
    if path.stat().st_size != expected:
        raise ModelError(f"{path.name} has {path.stat().st_size:,} bytes, its header says {expected:,}.", where=model,
                         fix="It came only in part: fetch or copy it again.")

