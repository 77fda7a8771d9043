"""A dataset's file as it is: its encoding, whatever it may be, its rows, and the lines that are none.

The trainer reads UTF-8 without a mark and stops at anything else; the doctor reads on, so that it can say what to do.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import dataset_info
from mundap.checking.rules import csv_rows, dataset_rows
from mundap.errors import ConfigError, DataError, closest
from mundap.paths import show

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFile:
    """A dataset's rows as mappings; broken: line number -> why it is no row; names: our role -> the file's column."""

    name: str
    path: Path
    encoding: str
    rows: tuple[Mapping[str, Any], ...]
    broken: Mapping[int, str]
    names: Mapping[str, str]
    formatting: str


def load(name: str, project: Path) -> DatasetFile:
    """Return a registered dataset's file.

    Raises:
        ConfigError: dataset_info.json has no such dataset, or it lies on a hub.
        DataError: the file is not there, or is no dataset in any encoding known.
    """
    entries = dataset_info.read(project)
    if name not in entries:
        raise ConfigError(f"there is no dataset {name!r}.", where="dataset_info.json",
                          fix=f"{closest(name, entries)}Registered: {', '.join(sorted(entries))}.")
    entry = entries[name]
    path = dataset_info.source(entry, project)
    if path is None:
        raise ConfigError(f"{name!r} lies on a hub, which a check does not ask.", where="dataset_info.json",
                          fix="Download it and give its file_name.")
    if not path.is_file():
        raise DataError("there is no such file.", where=show(path, project),
                        fix="Make it with mundap data, or correct file_name in dataset_info.json.")
    formatting = str(entry.get("formatting", "alpaca"))
    columns = entry.get("columns")
    names = columns if isinstance(columns, Mapping) else dataset_rows.DEFAULTS.get(formatting, {})
    encoding, rows, broken = _read(path, show(path, project))
    return DatasetFile(name=name, path=path, encoding=encoding, rows=tuple(rows), broken=broken,
                       names={role: str(column) for role, column in names.items() if column}, formatting=formatting)


def _read(path: Path, shown: str) -> tuple[str, list[dict[str, Any]], dict[int, str]]:
    if path.suffix in (".parquet", ".arrow"):
        import pyarrow.parquet as pq

        return "parquet", pq.read_table(path).to_pylist(), {}
    encoding, text = decode(path.read_bytes(), shown)
    if path.suffix == ".csv":
        return encoding, csv_rows.parse(text), {}
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise DataError(f"is not JSON: {error}.", where=shown, fix="Check commas and quotes there.") from error
        return encoding, *_split(enumerate(found, start=1))
    parsed: list[tuple[int, Any]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                parsed.append((number, json.loads(line)))
            except ValueError as error:
                parsed.append((number, str(error)))
    return encoding, *_split(parsed)


def _split(found: Any) -> tuple[list[dict[str, Any]], dict[int, str]]:
    rows, broken = [], {}
    for number, one in found:
        if isinstance(one, dict):
            rows.append(one)
        else:
            broken[number] = one if isinstance(one, str) else "not an object"
    return rows, broken


def decode(raw: bytes, shown: str) -> tuple[str, str]:
    """Return the encoding found and the text.

    Raises:
        DataError: the bytes are no text in UTF-8, UTF-16 or CP949.
    """
    marked = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp949"):
        try:
            return encoding, raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError("is no text in UTF-8, UTF-16 or CP949.", where=shown, fix="Save it again as UTF-8.")
