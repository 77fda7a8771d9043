"""The figures of a grid as candidates for facts: whose year, which item, which value, which unit.

Two kinds of table are read. In one the columns are periods (statements, summaries, dividends); in the other each row
is an item and each column a measure, for the document's own year (products, employees). A figure whose year, unit or
meaning is not sure is left out: a wrong fact is worse than none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pipelines.readers.labels import (
    clean_label,
    closes_group,
    is_generic,
    is_total,
    level,
    split_basis,
)
from pipelines.readers.numerals import is_nil, parse_numeral
from pipelines.readers.periods import Calendar, read_period
from pipelines.readers.table_columns import (
    DATE_NAME,
    PERSON_NAME,
    Column,
    header_height,
    is_figure,
    read_columns,
)
from pipelines.readers.table_grid import Cell, Grid
from pipelines.readers.units import counts_a_price, unit_for, unit_in_label

STATEMENT, SUMMARY, CASH_FLOW, FORM, OTHER, NOTE = range(
    6
)  # how much a table's plain item names can be trusted, best first

_DITTO = frozenset({"〃", "″", '"', "''", "”", "상동"})
_ACONTEXT = re.compile(r"^(?:C|P|BP|BBP)FY(\d{4})([de])([A-Z0-9]+)(?:_(.*))?$")
_STATEMENT_AXIS = "ConsolidatedAndSeparateFinancialStatementsAxis"
_DECIMALS = {"-6": "백만원", "-3": "천원", "0": "원", "-8": "억원", "-9": "십억원"}
_CHANGES = re.compile(r"자본변동표")
_PLANS = re.compile(r"계획|예정|전망|예상|추정손익|목표")
_MAX_ITEM_CHARS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class TableContext:
    """What stands around a table: kind (STATEMENT … NOTE), topic (nearest heading), units, basis, and a dated caption.

    about_others says that the text around it speaks of subsidiaries or other companies. dated_caption says that the
    caption names a period; year is its fiscal year, None when not sure. section is the section's own title.
    """

    kind: int
    number: int
    topic: str = ""
    title: str = ""
    basis: str = ""
    units: tuple[str, ...] = ()
    dated_caption: bool = False
    year: int | None = None
    about_others: bool = False
    section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A figure read from a table, before figures of the whole document are compared.

    parts are the labels and the measure that make up item; parent (the heading row) and topic qualify it if need be.
    """

    kind: int
    fiscal_year: int
    item: str
    parts: tuple[str, ...]
    parent: str
    topic: str
    value: str
    unit: str
    basis: str
    locator: str
    section: str = ""
    about_others: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A body row: its labels as printed and cleaned, its depth in the table's outline, and what its labels tell."""

    y: int
    cells: Sequence[Cell]
    labels: tuple[str, ...]
    depth: tuple[int, int]
    basis: str = ""
    unit: str = ""
    dated: bool = False
    year: int | None = None


@dataclass(slots=True)
class _Outline:
    """The rows above the current one that may be its heading: (depth, label, unit)."""

    stack: list[tuple[tuple[int, int, int], str, str]] = field(default_factory=list)

    def enter(self, row: _Row, heading: bool) -> tuple[str, str]:
        """Return the label and unit of the row's heading ("" when it has none), and put the row on the stack."""
        depth = (*row.depth, 0 if heading else 1)
        while self.stack and self.stack[-1][0] >= depth:
            self.stack.pop()
        parent = (
            (self.stack[-1][1], next((unit for _, _, unit in reversed(self.stack) if unit), ""))
            if self.stack
            else ("", "")
        )
        label = " ".join(row.labels)
        if not closes_group(label):
            self.stack.append((depth, label, row.unit))
        return parent


def read_facts(grid: Grid, context: TableContext, calendar: Calendar) -> list[Candidate]:
    """Return the table's figures, in reading order; empty when the table is not one of the two kinds."""
    height = header_height(grid)
    around = f"{context.title} {context.topic}".replace(" ", "")
    if height == 0 or grid.width < 2 or _CHANGES.search(around) or _PLANS.search(around):
        return []
    columns = read_columns(grid, height, calendar)
    by_period = any(column.kind == "value" and column.dated for column in columns)
    if not (by_period or _by_measure_allowed(grid, height, columns, context, calendar)):
        return []
    if context.about_others and (context.kind == NOTE or not by_period):
        return []
    return _qualified_duplicates(list(_candidates(grid, height, columns, context, calendar, by_period)))


def _by_measure_allowed(
    grid: Grid, height: int, columns: Sequence[Column], context: TableContext, calendar: Calendar
) -> bool:
    """A table without periods speaks of the document's year only where nothing in it is dated otherwise."""
    if context.kind in (STATEMENT, SUMMARY, CASH_FLOW, NOTE) or not calendar.annual:
        return False
    names = [cell.text.replace(" ", "").replace("\n", "") for row in grid.rows[:height] for cell in row]
    if any(DATE_NAME.search(name) or PERSON_NAME.search(name) for name in names):
        return False
    return any(column.kind == "label" for column in columns) or len(grid.rows) == height + 1


def _candidates(
    grid: Grid, height: int, columns: list[Column], context: TableContext, calendar: Calendar, by_period: bool
) -> Iterator[Candidate]:
    outline = _Outline()
    label_columns = [x for x, column in enumerate(columns) if column.kind == "label"]
    above: dict[int, str] = {}
    caption = (context.dated_caption, context.year)
    for y in range(height, len(grid.rows)):
        cells = grid.rows[y]
        if (moved := _moved_periods(cells, columns, calendar)) is not None:
            columns = moved
            continue
        row = _read_row(y, cells, label_columns, above, calendar)
        figures = [x for x, column in enumerate(columns) if column.kind == "value" and is_figure(cells[x].text)]
        heading = not figures
        parent, parent_unit = outline.enter(row, heading)
        if heading:
            if row.dated and not row.labels:  # a row "<당기>" across the table dates the rows below it
                caption = (True, row.year)
            continue
        if not row.labels and (label_columns or row.dated) and not any(columns[x].measure for x in figures):
            continue
        for x in figures:
            year = _year(columns[x], row, caption, calendar, by_period)
            if year is None or _spans(grid, columns, x, y):
                continue
            candidate = _candidate(cells[x], columns[x], row, (parent, parent_unit), year, context)
            if candidate is not None:
                yield candidate


def _read_row(
    y: int, cells: Sequence[Cell], label_columns: Sequence[int], above: dict[int, str], calendar: Calendar
) -> _Row:
    labels: list[str] = []
    basis = unit = ""
    dated, years = False, set()
    seen: list[Cell] = []
    for x in label_columns:
        cell = cells[x]
        text = above.get(x, "") if cell.text.strip() in _DITTO else cell.text
        above[x] = text
        if is_nil(text) or any(cell is other for other in seen):
            continue
        seen.append(cell)
        text, found_unit = unit_in_label(" ".join(text.split()))
        unit = found_unit or unit
        period = read_period(text, calendar)
        if period is not None and (period.year is not None or not period.rest):
            dated = True
            years.add(period.year)
            text = period.rest
        text, found_basis = split_basis(clean_label(text))
        basis = found_basis or basis
        if text and text not in labels:
            labels.append(text)
    first = next((cells[x] for x in label_columns if cells[x].text), None)
    depth = (first.indent, level(first.text)) if first else (0, 0)
    return _Row(y, cells, tuple(labels), depth, basis, unit, dated, years.pop() if len(years) == 1 else None)


def _moved_periods(cells: Sequence[Cell], columns: list[Column], calendar: Calendar) -> list[Column] | None:
    """Return the columns with the periods of a row of nothing but periods ("| 2018년 1월~12월 | …"), else None."""
    values = [x for x, column in enumerate(columns) if column.kind == "value" and cells[x].text]
    if len(values) < 2 or any(columns[x].kind == "label" and is_figure(cells[x].text) for x in range(len(columns))):
        return None
    periods = {x: read_period(cells[x].text, calendar) for x in values}
    if any(period is None or period.rest for period in periods.values()) or len({cells[x].text for x in values}) < 2:
        return None
    if any(
        columns[x].kind == "label"
        and cells[x].text
        and read_period(cells[x].text, calendar) is None
        and clean_label(cells[x].text) not in ("구분", "과목")
        for x in range(len(columns))
    ):
        return None
    return [
        replace(column, dated=True, year=found.year if (found := periods.get(x)) is not None else column.year)
        if x in periods
        else column
        for x, column in enumerate(columns)
    ]


def _year(
    column: Column, row: _Row, caption: tuple[bool, int | None], calendar: Calendar, by_period: bool
) -> int | None:
    """Return the one year that column, row and caption agree on; a table by measure falls back to the document's."""
    if by_period and not column.dated:
        return None
    said = [year for dated, year in ((column.dated, column.year), (row.dated, row.year)) if dated]
    if not said and caption[0]:
        said = [caption[1]]
    if not said:
        return calendar.fiscal_year
    return said[0] if len(set(said)) == 1 else None


def _spans(grid: Grid, columns: Sequence[Column], x: int, y: int) -> bool:
    """Whether the cell covers several rows or figures: then it is not this row's and this column's alone."""
    cell = grid.rows[y][x]
    if cell.row != y or (y + 1 < len(grid.rows) and grid.rows[y + 1][x] is cell):
        return True
    return any(other is cell and z != x and columns[z].kind != "skip" for z, other in enumerate(grid.rows[y]))


def _candidate(
    cell: Cell, column: Column, row: _Row, parent: tuple[str, str], year: int, context: TableContext
) -> Candidate | None:
    numeral = parse_numeral(cell.text)
    parts = tuple(part for part in (*row.labels, column.measure) if part)
    if len(parts) > 1 and is_total(parts[0]):
        parts = (*parts[1:], parts[0])  # "합계 직원수" reads "직원수 합계"
    item = " ".join(parts)
    if is_generic(item) and parent[0]:
        parts = (parent[0], *parts)
        item = " ".join(parts)
    if numeral is None or not item or len(item) > _MAX_ITEM_CHARS or not re.search(r"[가-힣]|[A-Za-z]{2}", item):
        return None
    basis = row.basis or context.basis
    if cell.acontext:
        said = _from_acontext(cell.acontext)
        if said is None or said[0] != year:
            return None
        basis = said[1] or basis
    unit = _unit(numeral.unit, cell, column, row, parent[1], context)
    if not unit:
        return None
    return Candidate(
        kind=context.kind, fiscal_year=year, item=item, parts=parts, parent=parent[0], topic=context.topic,
        value=numeral.value, unit=unit, basis=basis,
        locator=f"table {context.number}, row {row.y + 1}, column {cell.column + 1}", section=context.section,
        about_others=context.about_others,
    )  # fmt: skip


def _unit(own: str, cell: Cell, column: Column, row: _Row, parent_unit: str, context: TableContext) -> str:
    stated = {unit for unit in (row.unit, column.unit) if unit}
    if row.unit and row.unit != column.unit and counts_a_price(row.unit, context.units):
        return ""
    if own:
        return own if not stated or own in stated else ""
    if stated:
        return stated.pop() if len(stated) == 1 else ""
    if parent_unit:
        return parent_unit
    units = context.units
    if not units and cell.adecimal in _DECIMALS and "주당" not in " ".join(row.labels):
        units = (_DECIMALS[cell.adecimal],)
    return unit_for(column.measure, " ".join(row.labels), units)


def _from_acontext(acontext: str) -> tuple[int, str] | None:
    """Return the fiscal year and basis of an XBRL context of a whole year's company total, or None for any other."""
    match = _ACONTEXT.match(acontext)
    if not match or match[3] != "FY":
        return None
    axes = match[4] or ""
    if axes.count("Axis") > 1 or ("Axis" in axes and _STATEMENT_AXIS not in axes):
        return None
    basis = "연결" if "ConsolidatedMember" in axes else "별도" if "SeparateMember" in axes else ""
    return int(match[1]), basis


def _qualified_duplicates(found: list[Candidate]) -> list[Candidate]:
    """Return the candidates; where one item names several figures of a year, each with its heading row before it.

    Figures that still share a name are left out: the table alone does not say which is which.
    """
    plain = _counted(found)
    renamed = [with_parent(candidate) if plain[_name(candidate)] > 1 else candidate for candidate in found]
    again = _counted(renamed)
    return [candidate for candidate in renamed if again[_name(candidate)] == 1]


def with_parent(candidate: Candidate) -> Candidate:
    """Return the candidate with its heading row's label before its item, when it has one and the name stays short."""
    parent, item = candidate.parent, candidate.item
    if not parent or parent in item or len(parent) + len(item) >= _MAX_ITEM_CHARS:
        return candidate
    return replace(candidate, item=f"{parent} {item}", parts=(parent, *candidate.parts))


def _name(candidate: Candidate) -> tuple[int, str, str]:
    return candidate.fiscal_year, candidate.basis, candidate.item


def _counted(candidates: Sequence[Candidate]) -> Counter[tuple[int, str, str]]:
    return Counter(map(_name, candidates))
