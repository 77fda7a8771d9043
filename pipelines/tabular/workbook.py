"""XLSX: a sheet's cells as text, merged cells filled, formulas as the values Excel last computed. Runs no formula.

python-calamine was measured beside openpyxl and is the engine (extra `tables`); benchmarks/tables.py repeats it.
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import DataError, MissingExtra, closest

_MAX_UNPACKED = 2 * 2**30
_MAX_RATIO = 200     # a sheet of one repeated cell packs about 1:100
_FREE_BYTES = 50 * 2**20
_FORMULA = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*>\s*<f[^>]*(?:/>|>[^<]*</f>)\s*(<v\s*/>|<v></v>|</c>)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its name, its rows from row 1 on as text, and what was done to read it."""

    name: str
    rows: list[list[str]]
    warnings: tuple[str, ...]


def read_sheet(path: Path, where: str, wanted: str | None = None) -> Sheet:
    """Return a sheet of a workbook: the one named, or the first that holds cells.

    Raises:
        DataError: the file is no workbook, unpacks to far too much, or has no such sheet or only empty ones.
        MissingExtra: python-calamine is not installed.
    """
    _guard(path, where)
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise MissingExtra("reading a workbook", "tables", "python-calamine") from error
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        if wanted is not None and wanted not in names:
            raise DataError(f"there is no sheet {wanted!r}.", where=where,
                            fix=f"{closest(wanted, names)}Sheets: {', '.join(names)}.")
        for name in [wanted] if wanted is not None else names:
            found = book.get_sheet_by_name(name)
            rows = [[_text(cell) for cell in row] for row in found.to_python(skip_empty_area=False)]
            if any(cell for row in rows for cell in row):
                passed = [other for other in names if other != name]
                told = [f"read sheet {name!r}; not read: {', '.join(passed)}"] if wanted is None and passed else []
                told += _merged(rows, found.merged_cell_ranges or ())
                return Sheet(name=name, rows=rows, warnings=tuple(told + _uncomputed(path)))
    except CalamineError as error:
        raise DataError(f"the workbook cannot be read: {error}.", where=where,
                        fix="Open it in a spreadsheet and save it again as .xlsx, without a password.") from error
    raise DataError("the sheet is empty." if wanted else "every sheet is empty.", where=where,
                    fix="Name the sheet that holds the table in data.yaml: sheet: …")


def _guard(path: Path, where: str) -> None:
    """Look at the archive's own list before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError("the file is no .xlsx workbook.", where=where,
                        fix="A .xls of Excel 97 or a file with a password must be saved again as .xlsx or CSV UTF-8."
                        ) from error
    unpacked, packed = sum(info.file_size for info in infos), max(1, sum(info.compress_size for info in infos))
    if unpacked > _MAX_UNPACKED or (unpacked > _FREE_BYTES and unpacked > packed * _MAX_RATIO):
        raise DataError(f"the workbook unpacks from {packed:,} to {unpacked:,} bytes, so it is not opened.",
                        where=where, fix="Save the table as CSV UTF-8.")


def _text(cell: Any) -> str:
    """Return a cell as it would be typed: 23 rather than 23.0, dates in ISO form."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) and abs(cell) < 2**53 else format(cell, ".15g")
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, datetime.date | datetime.time) else str(cell)


def _merged(rows: list[list[str]], ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> list[str]:
    """Fill every cell of a merged range with the range's value, in place, but leave a title line as it is."""
    filled = 0
    for (top, left), (bottom, right) in ranges:
        if top >= len(rows) or left >= len(rows[top]) or not rows[top][left]:
            continue
        alone = sum(1 for cell in rows[top] if cell) == 1 and top == bottom
        if alone:
            continue
        filled += 1
        for row in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, len(rows[row]))):
                rows[row][column] = rows[top][left]
    return [f"{filled} merged ranges: each of their cells was given the value"] if filled else []


def _uncomputed(path: Path) -> list[str]:
    """Return a warning for formulas that were saved without a value: their cells are empty to every reader."""
    found: list[str] = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                found += [cell.decode() for cell, _ in _FORMULA.findall(archive.read(name))]
    told = f"{', '.join(found[:5])}{' …' if len(found) > 5 else ''}"
    return [f"{len(found)} formulas were saved without a value, so their cells are empty: {told}"] if found else []
