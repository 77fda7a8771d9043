"""Figures of reports on one event (주요사항보고서, KRX forms): rows of labels and a value, the unit in a label.

"2. 투자내역 | 투자금액(원) | 1,412,820,295,400" gives "신규 시설투자 등 투자내역 투자금액" of the year of filing. Such a
report has no fiscal year, so every item bears the form's name. A row that leaves unit or subject open gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.readers.candidates import FORM, MAX_ITEM_CHARS, Candidate
from pipelines.readers.dart_head import Head
from pipelines.readers.labels import clean_label
from pipelines.readers.numerals import is_nil, parse_numeral
from pipelines.readers.periods import Calendar
from pipelines.readers.table_columns import is_figure
from pipelines.readers.table_grid import Cell, Grid
from pipelines.readers.units import unit_in_label

_MAJOR = "주요사항보고서"
_BRACKETED = re.compile(r"주요사항보고서\s*[(（]\s*(.+?)\s*[)）]\s*$")
_CORRECTION = re.compile(r"^\[[^\[\]]{1,12}\]\s*")
_VALUES = frozenset({"TE", "TU"})
_MAX_LABEL_CHARS = 40
_MAX_COLUMNS = 40  # a form of labels and values is narrow


def event_name(head: Head, path: Sequence[str]) -> str:
    """Return the name of the event that a report is on, "" for every other document."""
    if head.calendar.fiscal_year is not None or head.calendar.latest is None:
        return ""
    if match := _BRACKETED.search(head.name):
        return match[1]
    if head.name.startswith(_MAJOR):
        return clean_label(path[-1]) if path else ""
    return "" if head.acode else _CORRECTION.sub("", head.name)


def read_event_form(grid: Grid, name: str, calendar: Calendar, number: int) -> list[Candidate]:
    """Return the figures of a form whose rows are labels and values; none when its first row heads columns."""
    if not 1 < grid.width <= _MAX_COLUMNS or calendar.latest is None or grid.head_rows or _heads_columns(grid.rows[0]):
        return []
    return [
        Candidate(
            kind=FORM, fiscal_year=calendar.latest, period="", item=item, parts=(item,), parent="", topic="",
            value=value, unit=unit, basis="", locator=f"table {number}, row {y + 1}, column {cell.column + 1}",
            column=cell.column,
        )
        for y, row in enumerate(grid.rows)
        for cell, item, value, unit in _row(row, y, name)
    ]  # fmt: skip


def _heads_columns(row: Sequence[Cell]) -> bool:
    cells = _distinct(row)
    return len(cells) > 2 and not any(cell.tag in _VALUES or is_figure(cell.text) or is_nil(cell.text) for cell in cells)


def _row(row: Sequence[Cell], y: int, name: str) -> list[tuple[Cell, str, str, str]]:
    """Return cell, item, value and unit of each figure; a second figure's labels add to those before the first."""
    found: list[tuple[Cell, str, str, str]] = []
    labels: list[str] = []
    units: list[str] = []
    fresh = False  # whether a label stands between the last value and this cell
    for cell in _distinct(row):
        numeral = parse_numeral(cell.text)
        if numeral is None and cell.tag not in _VALUES and not is_nil(cell.text):
            label, unit = unit_in_label(" ".join(cell.text.split()))
            if len(label) > _MAX_LABEL_CHARS:
                return []
            if not fresh:
                units = []
            fresh = True
            labels.append(clean_label(label))
            units += [unit] if unit else []
            continue
        if numeral is None:
            fresh = False
            continue
        if not fresh or cell.row != y:
            return []  # two figures side by side stand under headings of their own
        fresh = False
        unit = numeral.unit or (units[0] if len(set(units)) == 1 else "")
        item = " ".join([name, *(label for label in labels if label)])
        if unit and (not units or unit in units) and len(item) <= MAX_ITEM_CHARS:
            found.append((cell, item, numeral.value, unit))
    return found


def _distinct(row: Sequence[Cell]) -> list[Cell]:
    return [cell for x, cell in enumerate(row) if x == 0 or cell is not row[x - 1]]
