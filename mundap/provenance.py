"""Where an adapter came from: resolved recipe, dataset hashes, versions, git commit and command, kept beside it.

`fingerprint` tells whether two runs would give the same adapter; what it leaves out is listed below with the reason.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import mundap
from mundap import architecture, dataset_info

RECORD = "mundap_run.json"
EXPORT_RECORD = "mundap_export.json"   # of a finished export; see mundap.export
RESOLVED = "resolved.yaml"
SCHEME = 2   # 2: how columns are read, and what a DeepSpeed file says, are part of it
# Changing one of these leaves the adapter as it is: where it is written, how it is reported, how often it is kept.
LEFT_OUT = frozenset((
    "output_dir", "overwrite_output_dir", "resume_from_checkpoint", "logging_dir", "logging_steps", "logging_strategy",
    "logging_first_step", "plot_loss", "report_to", "run_name", "disable_tqdm", "save_total_limit", "save_only_model",
    "preprocessing_num_workers", "dataloader_num_workers", "log_level", "cache_dir", "overwrite_cache"))
# These say where something lies; what lies there is hashed instead, so that moving the project changes nothing.
_MODELS = ("model_name_or_path", "adapter_name_or_path")
_SETTINGS = ("deepspeed", "fsdp_config")   # files of settings, when they are files
_PLACES = (*_MODELS, *_SETTINGS, "dataset_dir")
_PACKAGES = ("llamafactory", "torch", "transformers", "peft", "trl", "datasets", "accelerate", "tokenizers",
             "safetensors", "bitsandbytes", "deepspeed", "liger-kernel", "flash-attn")
_SAMPLE = 1 << 20
# Written beside an adapter by us or by the trainer; they hold times.
_OWN = (RECORD, RESOLVED, "trainer_state.json", "trainer_log.jsonl", "all_results.json", "train_results.json",
        "eval_results.json", "training_history.json", "training_stats.json", "training_*.log", "running.log",
        "running_log.txt", "training_args.bin", "README.md", "*.png")


def fingerprint(values: Mapping[str, Any], project: Path) -> str:
    """Return a hash of a resolved train recipe, its datasets' bytes and its base model's identity."""
    kept = {key: value for key, value in values.items() if key not in LEFT_OUT and key not in _PLACES}
    parts = {"scheme": SCHEME, "values": kept, "datasets": dataset_hashes(values, project),
             "entries": dataset_entries(values, project), "settings": _settings(values),
             "models": {key: _model(str(values[key])) for key in _MODELS if values.get(key)}}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def dataset_hashes(values: Mapping[str, Any], project: Path) -> dict[str, str]:
    """Return the SHA-256 of every local dataset file a recipe names; a missing one is told by an empty text.

    Rows that were prepared before, where no dataset is named, are told by their folder's identity.
    """
    found = {name: sha256(path) if path.is_file() else ""
             for name, path in dataset_info.files(values, project).items()}
    prepared = Path(str(values.get("tokenized_path") or ""))
    if not values.get("dataset") and values.get("tokenized_path") and prepared.is_dir():
        found["tokenized_path"] = folder_identity(prepared)
    return found


def dataset_entries(values: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return how dataset_info.json reads each dataset of a recipe: its columns, format and sampling."""
    folder = dataset_info.folder(values, project)
    entries = dataset_info.read(folder) if folder is not None else {}
    names = (*dataset_info.named(values, "dataset"), *dataset_info.named(values, "eval_dataset"))
    return {name: dict(entries[name]) for name in names if name in entries}


def model_identities(values: Mapping[str, Any], project: Path) -> dict[str, list[str]]:
    """Return what a recipe's base model and adapters are: a hash for a folder, `id@commit` for a hub model.

    The commit is known once the model lies in this machine's hub cache.
    """
    return {key: [_hub_commit(part, project) for part in _model(str(values[key]))]
            for key in _MODELS if values.get(key)}


def sha256(path: Path) -> str:
    """Return a file's SHA-256, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_identity(folder: Path, patterns: Sequence[str] = ("*",), *, top_only: bool = False) -> str:
    """Return a hash over a folder's files: names, sizes, first and last MiB, as weights are too large to read whole.

    Our own records are left out: they tell of a run and change no weight.
    """
    digest = hashlib.sha256()
    found = {file for pattern in patterns for file in (folder.glob if top_only else folder.rglob)(pattern)}
    for file in sorted(file for file in found if file.is_file() and not _own(file.name)):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder).as_posix()}\0{size}\0".encode())
        with file.open("rb") as content:
            digest.update(content.read(_SAMPLE))
            if size > _SAMPLE:
                content.seek(max(size - _SAMPLE, _SAMPLE))
                digest.update(content.read(_SAMPLE))
    return digest.hexdigest()


def record(values: Mapping[str, Any], project: Path, command: Sequence[str], recipe: str) -> dict[str, Any]:
    """Return what is written beside an adapter before training starts."""
    return {"mundap": mundap.__version__, "recipe": recipe, "fingerprint": fingerprint(values, project),
            "command": list(command), "datasets": dataset_hashes(values, project), "versions": versions(),
            "git": git_commit(project), "state": "running"}


def read_record(folder: Path) -> dict[str, Any]:
    """Return the record beside an adapter, or an empty one when there is none that can be read."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_record(folder: Path, content: Mapping[str, Any]) -> None:
    """Write the record beside an adapter, by way of a temporary name."""
    write_text(folder / RECORD, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that shape an adapter, without importing them."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def git_commit(project: Path) -> str:
    """Return the commit the project stands at, with "+changes" when files differ; empty without git."""
    def ask(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=project, capture_output=True, text=True, timeout=20,
                              check=True).stdout.strip()

    try:
        commit = ask("rev-parse", "HEAD")
        return commit + ("+changes" if ask("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _model(name: str) -> list[str]:
    # Only what lies at the top is loaded: an adapter's folder holds checkpoints too, which come and go.
    return [folder_identity(Path(part), top_only=True) if Path(part).is_dir() else part for part in name.split(",")]


def _hub_commit(identity: str, project: Path) -> str:
    """Return a hub id with the commit that the cache holds of it; anything else as it is."""
    folder = architecture.locate(identity, project) if identity.count("/") == 1 else None
    return f"{identity}@{folder.name}" if folder is not None and folder.parent.name == "snapshots" else identity


def _settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the files of settings hold; settings written into the recipe as they are."""
    return {key: sha256(Path(str(values[key]))) if Path(str(values[key])).is_file() else values[key]
            for key in _SETTINGS if values.get(key)}


def _own(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _OWN)
