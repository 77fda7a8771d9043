"""Our own CSV files: UTF-8 with a mark, so that a spreadsheet opens them as they are, and no cell that it would run.

Source: a cell that begins with = + - @, a tab or a line end is a formula to Excel and its kin (OWASP, "CSV Injection");
an apostrophe before it keeps it text. Plain negative numbers are left alone.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?%?|-")


def harmless(cell: object) -> str:
    """Return a cell as text that no spreadsheet takes for a formula; None is an empty cell."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.startswith(_STARTS) and not _NUMBER.fullmatch(text) else text


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV by way of a temporary name; return how many rows it holds below its header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, count = path.with_name(path.name + ".tmp"), 0
    with temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([harmless(name) for name in header])
        for row in rows:
            writer.writerow([harmless(cell) for cell in row])
            count += 1
    os.replace(temporary, path)
    return count
