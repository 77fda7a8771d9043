"""The rows of a dataset file as the trainer's reader would see them, or why it would refuse the file.

JSON, JSON Lines and CSV, and only files small enough to be read at every check; `mundap check --data` reads them all.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from mundap.checking.rules import csv_rows
from mundap.errors import DataError

MAX_BYTES = 16 * 2**20
# Source: llamafactory/extras/constants.py FILEEXT2TYPE (0.9.5).
SUFFIXES = (".json", ".jsonl", ".csv", ".parquet", ".arrow", ".txt")
# Source: llamafactory/data/parser.py DatasetAttr (0.9.5): the columns taken when an entry names none.
DEFAULTS = {"alpaca": {"prompt": "instruction", "query": "input", "response": "output"},
            "sharegpt": {"messages": "conversations"}, "openai": {"messages": "conversations"}}
# A row by one of these names is a row; an object that holds such rows in a list is none.
_USUAL = frozenset((*DEFAULTS["alpaca"].values(), "messages", "conversations", "question", "prompt"))
_KINDS = {str: "text", int: "a number", float: "a number", bool: "true or false", list: "a list", dict: "a mapping"}


def read(path: Path) -> list[dict[str, Any]] | None:
    """Return a file's rows, or None where they are not looked at: parquet, arrow, and files over MAX_BYTES.

    Raises:
        DataError: the trainer's reader would stop at this file, or find no rows in it.
    """
    state = path.stat()
    if path.suffix not in SUFFIXES:
        raise DataError(f"has the ending {path.suffix!r}, which the trainer does not read.",
                        fix=f"Save it as one of {', '.join(one[1:] for one in SUFFIXES)}; mundap data writes JSON.")
    if path.suffix in (".parquet", ".arrow") or state.st_size > MAX_BYTES:
        return None
    return _read(path, state.st_mtime_ns)


def count(path: Path) -> int | None:
    """Return how many rows a file holds, or None when that cannot be told cheaply."""
    try:
        return len(read(path) or ()) or None
    except DataError:
        return None


def mixed(rows: list[dict[str, Any]]) -> tuple[str, int, str, str] | None:
    """Return the first column that holds two kinds of value, the row (from 1), and the two kinds; None without one.

    The trainer's reader gives each column one type, also below lists and mappings, and stops where that fails.
    """
    seen: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        for column, kind in _kinds(row, ""):
            if seen.setdefault(column, kind) != kind:
                return column, number, seen[column], kind
    return None


@lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int) -> list[dict[str, Any]] | None:
    raw = path.read_bytes()
    if raw.startswith(codecs.BOM_UTF8) and path.suffix != ".csv":
        raise DataError("begins with a byte order mark, which stops the trainer's reader.",
                        fix="Save it as UTF-8 without a mark.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 (byte {error.start}); the trainer reads nothing else.",
                        fix="Save it as UTF-8; Korean Windows programs write cp949.") from error
    if path.suffix == ".csv":
        try:
            return csv_rows.parse(text)
        except csv.Error:
            return None   # longer cells than Python's reader takes; the trainer's takes them
    if path.suffix == ".txt":
        return [{"text": line} for line in text.removesuffix("\n").split("\n")] if text else []
    return _objects(text)


def _objects(text: str) -> list[dict[str, Any]]:
    try:
        rows = json.loads(text) if text.lstrip().startswith("[") else _lines(text)
    except ValueError as error:
        if isinstance(_whole(text), dict):
            raise _wrapped() from error
        raise DataError(f"is not JSON: {error}.", fix="Check commas and quotes; in .jsonl each line is an object."
                        ) from error
    if rows and all(isinstance(row, str) for row in rows):
        return [{"text": row} for row in rows]   # as the trainer's reader takes them
    wrong = next((at + 1 for at, row in enumerate(rows) if not isinstance(row, dict)), None)
    if wrong is not None:
        raise DataError(f"row {wrong} is not an object.", fix='Write each row as {"instruction": …, "output": …}.')
    if len(rows) == 1 and not _USUAL & set(rows[0]) and any(
            isinstance(inner, dict) and _USUAL & set(inner) for value in rows[0].values() if isinstance(value, list)
            for inner in value):
        raise _wrapped()
    return list(rows)


def _wrapped() -> DataError:
    return DataError("is one object with the rows inside it; the trainer wants the list alone.",
                     fix="Keep only the list: [{…}, {…}].")


def _lines(text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):   # splitlines would also cut at U+2028 within a text
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
    return rows


def _whole(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _kinds(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the kind of every value in a row with its column's path; null has none."""
    if isinstance(value, dict):
        for key, below in value.items():
            inner = f"{path}.{key}" if path else str(key)
            if below is not None:
                yield inner, _KINDS[type(below)]
                yield from _kinds(below, inner)
    elif isinstance(value, list):
        for below in value:
            if below is not None:
                yield f"{path}[]", _KINDS[type(below)]
                yield from _kinds(below, f"{path}[]")
