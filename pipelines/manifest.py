"""The manifest of a finished run: what went in, under which settings and code, and what came out; written last.

Its presence means done. It holds no clock and no absolute path, so that the same inputs, settings and seed give the
same bytes. The fingerprint covers the recipe but for _HOW, which changes how fast the work is done and nothing else. It
also covers the source of this package and of the modules that shape text, since a fix in the code must rebuild what the
old code made.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import mundap
from mundap.errors import DataError
from mundap.paths import show

FORMAT = 1
NAME = "manifest.json"
_PACKAGES = ("mundap", "kiwipiepy", "kiwipiepy_model", "tokenizers", "pyarrow", "lxml")
_SHAPING = ("chunk", "context", "document", "formal_sentences", "korean", "prompt", "question", "token_count")
_HOW = ("workers", "engine")
_ROWS_ONLY = ("augment", "augment_stage.py", "card.py", "data.py", "doctor", "filters.py", "opendart", "quality",
              "quality_stage.py", "rejects.py", "row_stage.py", "rows", "split.py")  # of this package: shape no document


def input_files(path: Path, pattern: str = "*") -> list[Path]:
    """Return the files a source stands for: itself, or the files of the folder in sorted order, hidden ones left out.

    Raises:
        DataError: nothing is there.
    """
    if path.is_file():
        return [path]
    files = sorted(file for file in path.rglob(pattern) if file.is_file() and not file.name.startswith("."))
    if not files:
        raise DataError("the source is not there or holds no file.", where=str(path),
                        fix="Fix sources.N.path in data.yaml, or lay one over it: sources.0.path=/folder/of/files")
    return files


def fingerprint(recipe: Mapping[str, Any], files: Iterable[Path], project: Path) -> dict[str, Any]:
    """Return what decides a run's output: recipe, hashes of inputs and code, library versions."""
    config = {name: value for name, value in recipe.items() if name not in _HOW}
    return {
        "format": FORMAT,
        "config": config,
        "config_hash": _digest(json.dumps(config, ensure_ascii=False, sort_keys=True).encode()),
        "inputs": {show(file, project): file_hash(file) for file in sorted(set(files))},
        "code_hash": code_hash(),
        "versions": versions(),
        "seed": recipe["seed"],
    }


def unchanged(folder: Path, mark: Mapping[str, Any], datasets: Iterable[Path]) -> dict[str, Any] | None:
    """Return the manifest of a finished run with this fingerprint whose outputs are all still as written, or None."""
    written = read(folder)
    if written is None or any(written.get(name) != value for name, value in mark.items()):
        return None
    files = [*((folder / name, digest) for name, digest in written["outputs"].items()),
             *((file, written["datasets"].get(file.name)) for file in datasets)]
    if any(not file.is_file() or file_hash(file) != digest for file, digest in files):
        return None
    return written if all((folder / name).is_file() for name in written["documents"]) else None


def read(folder: Path, name: str = NAME) -> dict[str, Any] | None:
    """Return the manifest in a folder, or None when there is none or it is not one."""
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("format") == FORMAT else None


def write(folder: Path, content: Mapping[str, Any]) -> Path:
    """Write the manifest by way of a temporary name, the last act of a run; return its path."""
    return write_text(folder / NAME, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def write_text(path: Path, text: str) -> Path:
    """Write a text file under a temporary name, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)
    return path


def file_hash(file: Path) -> str:
    """Return a file's SHA-256."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def code_hash(*, rows: bool = True) -> str:
    """Return a hash of the code that shapes the output; without rows, of what shapes documents, chunks and facts."""
    package, here = Path(mundap.__file__).parent, Path(__file__).parent
    without = ("samples", "flywheel") if rows else ("samples", "flywheel", *_ROWS_ONLY)
    files = [*(file for file in sorted(here.rglob("*.py")) if file.relative_to(here).parts[0] not in without),
             *(package / f"{name}.py" for name in _SHAPING)]
    return _digest("".join(file_hash(file) for file in files).encode())


def versions() -> dict[str, str]:
    """Return the versions of the libraries that shape the output, "" for one that is not installed."""
    return {name: _version(name) for name in _PACKAGES}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
