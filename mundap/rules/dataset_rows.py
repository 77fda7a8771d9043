"""The rows of a dataset file as the trainer's reader would see them, or why it would refuse the file.

Only JSON and JSON Lines, which the Hugging Face reader takes as UTF-8 without a mark, and only files small enough to be
read at every check; `mundap check --data` looks at the others.
"""

from __future__ import annotations

import codecs
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from mundap.errors import DataError

MAX_BYTES = 16 * 2**20
# Source: llamafactory/data/parser.py DatasetAttr (0.9.5): the columns taken when an entry names none.
DEFAULTS = {"alpaca": {"prompt": "instruction", "query": "input", "response": "output"},
            "sharegpt": {"messages": "conversations"}, "openai": {"messages": "conversations"}}


def read(path: Path) -> list[dict[str, Any]]:
    """Return a file's rows; empty for other formats and for files over MAX_BYTES.

    Raises:
        DataError: the trainer's reader would stop at this file, or find no rows in it.
    """
    state = path.stat()
    if path.suffix not in (".json", ".jsonl") or state.st_size > MAX_BYTES:
        return []
    return _read(path, state.st_mtime_ns)


def count(path: Path) -> int | None:
    """Return how many rows a file holds, or None when that cannot be told cheaply."""
    try:
        return len(read(path)) or None
    except DataError:
        return None


@lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int) -> list[dict[str, Any]]:
    raw = path.read_bytes()
    if raw.startswith(codecs.BOM_UTF8):
        raise DataError("begins with a byte order mark, which stops the trainer's reader.",
                        fix="Save it as UTF-8 without a mark.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 (byte {error.start}); the trainer reads nothing else.",
                        fix="Save it as UTF-8; Korean Windows programs write cp949.") from error
    try:
        rows = json.loads(text) if path.suffix == ".json" and text.lstrip().startswith("[") else _lines(text)
    except ValueError as error:
        whole = _whole(text)
        if isinstance(whole, dict):
            raise DataError("is one object with the rows inside it; the trainer wants the list alone.",
                            fix="Keep only the list: [{…}, {…}].") from error
        raise DataError(f"is not JSON: {error}.", fix="Check commas and quotes; in .jsonl each line is an object."
                        ) from error
    wrong = next((at + 1 for at, row in enumerate(rows) if not isinstance(row, dict)), None)
    if wrong is not None:
        raise DataError(f"row {wrong} is not an object.", fix='Write each row as {"instruction": …, "output": …}.')
    if len(rows) == 1 and not {*DEFAULTS["alpaca"].values(), "messages", "conversations"} & set(rows[0]) \
            and any(isinstance(value, list) for value in rows[0].values()):
        raise DataError("is one object with the rows inside it; the trainer wants the list alone.",
                        fix="Keep only the list: [{…}, {…}].")
    return list(rows)


def _lines(text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
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
