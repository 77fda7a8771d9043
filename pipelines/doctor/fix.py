"""The safe mending of a dataset: a new file in UTF-8 beside the old one, which stays as it is.

Mended: encoding, NFC, invisible characters, surrounding blanks. Left out: lines that are no rows, rows with an empty
instruction or answer, exact copies. Nothing that would change what a row says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.doctor.examine import Examination
from pipelines.doctor.text_form import mended


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """The file written, and what became of the rows. rows in = written + left_out."""

    path: Path
    written: int
    changed: int
    left_out: int


def fix(told: Examination) -> Fixed:
    """Write <name>.fixed.json beside the dataset's file; a file of that name from before is replaced."""
    gone = {at for finding in told.findings if finding.safe and finding.name in ("empty_field", "duplicate")
            for at in finding.rows}
    rows, changed = [], 0
    for at, row in enumerate(told.file.rows, start=1):
        if at not in gone:
            new = _mended(row)
            changed += new != row
            rows.append(new)
    path = told.file.path.with_name(f"{told.file.path.stem}.fixed.json")
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(f"[\n{lines}\n]\n" if rows else "[]\n", encoding="utf-8", newline="\n")
    os.replace(temporary, path)
    return Fixed(path=path, written=len(rows), changed=changed, left_out=len(gone) + len(told.file.broken))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, Mapping):
        return {key: _mended(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mended(inner) for inner in value]
    return value
