"""LLaMA-Factory's dataset registry: which names a recipe's datasets have, and which files stand behind them.

Reads dataset_info.json, and adds an entry where a command makes a dataset that none was written for: what stands there
stays byte for byte. A dataset that lies on a hub or in a cloud has no file here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from mundap.paths import DATASET_INFO, resolve

Entry = Mapping[str, Any]
_ELSEWHERE = ("hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name")


def folder(values: Mapping[str, Any], project: Path) -> Path | None:
    """Return the local dataset_dir of a recipe, or None when it is a hub's."""
    given = values.get("dataset_dir", ".")
    return None if str(given).startswith(("ONLINE", "REMOTE:")) else resolve(str(given), project)


def read(path: Path) -> dict[str, Entry]:
    """Return the registry in a dataset folder.

    Raises:
        ConfigError: there is none, or it is not a JSON object of objects.
    """
    file = path / DATASET_INFO
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("there is no dataset_info.json here.", where=str(path),
                          fix="Point dataset_dir at the folder that holds it; normally: dataset_dir: .") from error
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise ConfigError(f"is not JSON: {error}.", where=f"{file}:{line}" if line else str(file),
                          fix="Check commas and quotes; write non-ASCII characters as \\u escapes.") from error
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ConfigError("is not an object of datasets.", where=str(file), fix='Write {"name": {"file_name": "…"}}.')
    return entries


def named(values: Mapping[str, Any], key: str) -> list[str]:
    """Return the names under dataset or eval_dataset, given as a list or as text with commas."""
    given = values.get(key)
    parts = given if isinstance(given, list) else str(given or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def source(entry: Entry, path: Path) -> Path | None:
    """Return the file or folder of a dataset in the dataset folder path, or None when it lies elsewhere."""
    if any(entry.get(key) for key in _ELSEWHERE) or not entry.get("file_name"):
        return None
    return path / str(entry["file_name"])


def files(values: Mapping[str, Any], project: Path) -> dict[str, Path]:
    """Return every local file a recipe trains or evaluates on, by `name` or `name/file`; registered ones only."""
    path = folder(values, project)
    if path is None:
        return {}
    entries = read(path)
    found: dict[str, Path] = {}
    for name in (*named(values, "dataset"), *named(values, "eval_dataset")):
        place = source(entries[name], path) if name in entries else None
        if place is not None and place.is_dir():
            found |= {f"{name}/{file.name}": file for file in sorted(place.iterdir()) if file.is_file()}
        elif place is not None:
            found[name] = place
    return found


def register(path: Path, name: str, entry: Entry) -> bool:
    """Add an entry at the end of the registry in a dataset folder; return whether it was not there before.

    Written by way of a temporary name, and in ASCII alone, which a Korean Windows reads too.

    Raises:
        ConfigError: the name has another entry, or the registry cannot be read.
    """
    entries = read(path)
    file = (path / DATASET_INFO).resolve()
    if name in entries:
        if dict(entries[name]) != dict(entry):
            raise ConfigError(f"{name} is registered already, and otherwise than it would be.", where=str(file),
                              fix=f"Make the entry {json.dumps(dict(entry))}, or take it out.")
        return False
    text = file.read_text(encoding="utf-8")
    end = text.rindex("}")
    before = text[:end].rstrip()
    lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in entry.items())
    added = f"{',' if entries else ''}\n  {json.dumps(name)}: {{\n{lines}\n  }}\n"
    temporary = file.with_name(file.name + ".tmp")
    temporary.write_text(before + added + text[end:], encoding="utf-8", newline="")
    os.replace(temporary, file)
    return True
