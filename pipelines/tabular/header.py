"""Where a table's header stands: title and note lines above it are set apart, several header rows become one.

The header is the text rows directly above the first row of figures; in a table without figures, the first row that
fills the table's width. Names lose their unit: "진료비(천원)" is the column 진료비 in 천원.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mundap.errors import DataError
from mundap.grounding.units import unit_of
from mundap.korean import nfc
from pipelines.readers.numerals import is_nil, parse_numeral
from pipelines.readers.units import caption_units

SAMPLE_ROWS = 400
_MAX_HEADER_ROWS = 5
_NOTE = re.compile(r"^\s*(?:[※*■□◎▶]|주\s?\d?\)|\(?\s*단\s*위|자료\s*[:：]|출처\s*[:：]|작성\s*[:：]|기준\s*[:：])")
_UNIT = re.compile(r"\s*[(（\[]\s*(?:단위\s*[:：]\s*)?([^()（）\[\]]{1,10})\s*[)）\]]\s*$")
_YEAR = re.compile(r"(?:19|20)\d{2}\s*년?")

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """first and last are indexes of the header's rows, data begins after last. units: "" where no unit is told."""

    first: int
    last: int
    names: tuple[str, ...]
    printed: tuple[str, ...]
    units: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def find_header(rows: Rows, where: str, given: int | None = None) -> Header:
    """Return the header of a table whose first rows are given; `given` is its last row, counted from 1, when known.

    Raises:
        DataError: there is no header row, no row at all, or nothing but one cell in each row above figures.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    if not any(filled):
        raise DataError("the table is empty.", where=where, fix="Begin it with a header line, then one row a record.")
    if given is not None:
        if not 1 <= given <= len(rows) or not filled[given - 1]:
            raise DataError(f"header_row: row {given} is empty or not there.", where=where,
                            fix="Count rows from 1, as a spreadsheet shows them.")
        return _named(rows, given - 1, given - 1, _width(rows[given - 1:]), where)
    width = _width(rows)
    start = _first_data(rows, filled, width, where)
    last = start - 1
    while last > 0 and not filled[last]:
        last -= 1
    first = last
    while first > 0 and last - first + 1 < _MAX_HEADER_ROWS and _above(rows, filled, first, width):
        first -= 1
    return _named(rows, first, last, width, where)


def is_note(row: Sequence[str]) -> bool:
    """Return whether a row is a remark and not a record: "※ …", "(단위: 명)", "자료: …"."""
    text = next((cell for cell in row if cell.strip()), "")
    return bool(_NOTE.match(text))


def _width(rows: Rows) -> int:
    """Return how many cells most rows have, empty ones at the end included; of several, the most."""
    counted = Counter(len(row) for row in rows if sum(1 for cell in row if cell.strip()) > 1 and not is_note(row))
    if not counted:
        return max(len(row) for row in rows)
    return max(counted, key=lambda width: (counted[width], width))


def _first_data(rows: Rows, filled: Sequence[int], width: int, where: str) -> int:
    """Return the index of the first record."""
    figures = figure_columns(rows, width)
    if not figures:
        for at, row in enumerate(rows):
            if filled[at] >= max(1, width - width // 4) and len(row) >= width and not is_note(row):
                return at + 1
        at = next(at for at, count in enumerate(filled) if count)
        return at + 1
    for at, row in enumerate(rows):
        if len(row) < width or is_note(row):
            continue
        numbers = [at_column for at_column in figures if parse_numeral(row[at_column].strip())]
        told = [at_column for at_column in figures if row[at_column].strip()]
        if len(numbers) * 2 > len(told) and numbers and not _years_as_names(rows, at, figures):
            if not any(filled[:at]):
                break
            return at
    raise DataError("there is no header row above the figures.", where=where,
                    fix="Add a line with the columns' names above them, or say which it is: header_row: 1")


def figure_columns(rows: Rows, width: int) -> list[int]:
    """Return the columns in which most cells that say anything are numbers, from the first row on that has a number."""
    whole = [row for row in rows if len(row) == width]
    first = next((at for at, row in enumerate(whole) if any(parse_numeral(cell.strip()) for cell in row)), len(whole))
    found = []
    for at in range(width):
        cells = [row[at].strip() for row in whole[first:]]
        told = [cell for cell in cells if not is_nil(cell)]
        numbers = sum(parse_numeral(cell) is not None for cell in told)
        if numbers and numbers * 3 >= len(told) * 2:
            found.append(at)
    return found


def _years_as_names(rows: Rows, at: int, figures: Sequence[int]) -> bool:
    """Return whether a row's figures are years that name the columns: 2022, 2023 above other figures."""
    cells = [rows[at][column].strip() for column in figures if rows[at][column].strip()]
    if len(cells) < 2 or len(set(cells)) < len(cells) or not all(_YEAR.fullmatch(cell) for cell in cells):
        return False
    below = [rows[at + 1][column].strip() for column in figures if at + 1 < len(rows) and column < len(rows[at + 1])]
    return any(parse_numeral(cell) and not _YEAR.fullmatch(cell) for cell in below)


def _above(rows: Rows, filled: Sequence[int], first: int, width: int) -> bool:
    """Return whether the row above a header row belongs to it: a wider heading over some of its columns."""
    above, below = rows[first - 1], rows[first]
    if filled[first - 1] < 2 or is_note(above) or len(above) < width:
        return False
    gaps = sum(1 for cell in below if not cell.strip())
    open_above = sum(1 for cell in above[:width] if not cell.strip())
    repeated = len({cell.strip() for cell in above if cell.strip()}) < filled[first - 1]
    twice = len({cell.strip() for cell in below if cell.strip()}) < filled[first]
    return gaps > 0 or open_above > 0 or repeated or twice


def _named(rows: Rows, first: int, last: int, width: int, where: str) -> Header:
    """Return the header of the rows first to last: names joined from the top down, units taken out, none twice."""
    levels = [[" ".join(nfc(cell).split()) for cell in (*rows[at], *[""] * width)][:width]
              for at in range(first, last + 1)]
    for at, level in enumerate(levels[:-1]):
        for column in range(1, width):
            beneath = any(deeper[column] for deeper in levels[at + 1:])
            if not level[column] and beneath and level[column - 1] and any(d[column - 1] for d in levels[at + 1:]):
                level[column] = level[column - 1]   # a merged heading stands in its first cell only
    notes = [" ".join(cell.strip() for cell in row if cell.strip()) for row in rows[:first]]
    captions = [told for note in notes if (told := caption_units(note))]
    common = captions[-1][0] if captions and len(captions[-1]) == 1 else ""
    printed: list[str] = []
    names: list[str] = []
    units: list[str] = []
    warnings: list[str] = []
    for column in range(width):
        parts = list(dict.fromkeys(level[column] for level in levels if level[column]))
        text = " ".join(parts)
        name, unit = _without_unit(text)
        if not name:
            name = f"열 {column + 1}"
        if name in names:
            again = text if unit and text not in names else f"{name} ({names.count(name) + 1})"
            number = 2
            while again in names:
                number += 1
                again = f"{name} ({number})"
            warnings.append(f"column {column + 1}: another column is named {name!r} too; it is read as {again!r}")
            name = again
        printed.append(text or name)
        names.append(name)
        units.append(unit or common)
    return Header(first=first, last=last, names=tuple(names), printed=tuple(printed), units=tuple(units),
                  notes=tuple(note for note in notes if note), warnings=tuple(warnings))


def _without_unit(text: str) -> tuple[str, str]:
    match = _UNIT.search(text)
    if match and match.start() and unit_of(match[1]) and not match[1].strip().isdigit():
        return text[:match.start()].strip(), match[1].replace(" ", "")
    return text, ""
