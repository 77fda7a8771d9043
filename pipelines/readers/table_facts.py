"""The figures of a grid as candidates for facts: whose year, which item, which value, which unit.

Two kinds of table are read. In one the columns are periods (statements, summaries, dividends); in the other each row
is an item and each column a measure, for the document's own year (products, employees). A figure whose period, unit or
meaning is not sure is left out: a wrong fact is worse than none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pipelines.readers.account_nature import nature_of_item
from pipelines.readers.candidates import (
    CASH_FLOW,
    FORM,
    MAX_ITEM_CHARS,
    NOTE,
    OTHER,
    STATEMENT,
    SUMMARY,
    Candidate,
    qualified_duplicates,
)
from pipelines.readers.interim import Nature, part_of_year
from pipelines.readers.labels import (
    clean_label,
    closes_group,
    is_generic,
    is_total,
    level,
    split_basis,
)
from pipelines.readers.numerals import is_nil, parse_numeral
from pipelines.readers.periods import Calendar, Period, merge, read_period
from pipelines.readers.table_columns import (
    DATE_NAME,
    PERSON_NAME,
    Column,
    is_figure,
    read_columns,
)
from pipelines.readers.table_grid import Cell, Grid
from pipelines.readers.units import counts_a_price, unit_for, unit_in_label
from pipelines.readers.xbrl_context import XbrlContext, read_context

_DITTO = frozenset({"〃", "″", '"', "''", "”", "상동"})
_DECIMALS = {"-6": "백만원", "-3": "천원", "0": "원", "-8": "억원", "-9": "십억원"}
_CHANGES = re.compile(r"자본변동표")
_PLANS = re.compile(r"계획|예정|전망|예상|추정손익|목표|사용목적|사용시기|사용내역")
_MARKETS = re.compile(
    r"시장(?:의)?(?:규모|현황|동향|추이|점유|환경|상황|성장)|(?:산업|업계)(?:의)?(?:현황|동향|규모|특성)|경쟁(?:현황|업체|사)"
)
_OTHER_SECTIONS = re.compile(r"회사의연혁|계열회사")
_NAME = re.compile(r"[가-힣]|[A-Za-z]{2}")
_ANY_YEAR = Calendar()
DISAGREEMENTS = "XBRL contexts that contradict their column"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableContext:
    """What stands around a table: kind (STATEMENT … NOTE), topic (nearest heading), units, basis, and a dated caption.

    about_others says that the text around it speaks of subsidiaries or other companies. caption is the period that the
    caption gives the whole table, if it gives one. section is the section's own title. nature is what a statement's
    figures are; since_first_day says that its caption dates its part of the year from the first day on.
    """

    kind: int
    number: int
    topic: str = ""
    title: str = ""
    basis: str = ""
    units: tuple[str, ...] = ()
    caption: Period | None = None
    about_others: bool = False
    section: str = ""
    nature: Nature = ""
    since_first_day: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFigures:
    """A table's candidates in reading order, its columns, and how many marked cells contradict their column."""

    columns: Sequence[Column] = ()
    candidates: tuple[Candidate, ...] = ()
    disagreements: int = 0


class _Row(NamedTuple):
    """A body row: its labels as printed and cleaned, its depth in the table's outline, and what its labels tell."""

    y: int
    cells: Sequence[Cell]
    labels: tuple[str, ...]
    depth: tuple[int, int]
    basis: str = ""
    unit: str = ""
    period: Period | None = None

    @property
    def label(self) -> str:
        """Return the row's labels as one."""
        return " ".join(self.labels)


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
        label = row.label
        if not closes_group(label):
            self.stack.append((depth, label, row.unit))
        return parent


def read_facts(grid: Grid, height: int, context: TableContext, calendar: Calendar) -> TableFigures:
    """Return the figures below the table's height heading rows; none when it is not one of the two kinds."""
    around = f"{context.title} {context.topic}".replace(" ", "")
    if not 0 < height < len(grid.rows) or grid.width < 2:
        return TableFigures()
    columns = read_columns(grid, height, calendar)
    if _CHANGES.search(around) or _PLANS.search(around) or _of_something_else(context, around):
        return TableFigures(columns=columns)
    by_period = any(column.kind == "value" and column.dated for column in columns)
    if not (by_period or _by_measure_allowed(grid, height, columns, context, calendar)):
        return TableFigures(columns=columns)
    if context.about_others and (context.kind == NOTE or not by_period):
        return TableFigures(columns=columns)
    reader = _TableReader(grid, height, columns, context, calendar, by_period)
    found = qualified_duplicates(list(reader.candidates()), reader.labels)
    return TableFigures(columns=columns, candidates=tuple(found), disagreements=reader.disagreements)


def _of_something_else(context: TableContext, around: str) -> bool:
    """Whether a table tells of a market or of other companies, or of events of any year."""
    if context.kind not in (FORM, OTHER):
        return False
    return bool(_MARKETS.search(around) or _OTHER_SECTIONS.search(context.section.replace(" ", "")))


def _by_measure_allowed(
    grid: Grid, height: int, columns: Sequence[Column], context: TableContext, calendar: Calendar
) -> bool:
    """A table without periods speaks of the document's year only where nothing in it is dated otherwise."""
    if context.kind in (STATEMENT, SUMMARY, CASH_FLOW, NOTE):
        return False
    if not calendar.annual and not (calendar.stage and context.caption is not None):
        return False
    names = [cell.text.replace(" ", "").replace("\n", "") for row in grid.rows[:height] for cell in row]
    if any(DATE_NAME.search(name) or PERSON_NAME.search(name) for name in names):
        return False
    return any(column.kind == "label" for column in columns) or len(grid.rows) == height + 1


class _TableReader:
    """Reads one table row by row; what a row across the table says holds for the rows below it."""

    def __init__(
        self, grid: Grid, height: int, columns: list[Column], context: TableContext, calendar: Calendar, by_period: bool
    ) -> None:
        self.grid, self.height, self.columns, self.context, self.calendar = grid, height, columns, context, calendar
        self.by_period = by_period
        self.caption = context.caption
        self.disagreements = 0
        self.labels = Counter[str]()
        self.decimals = _decimals(grid) if not context.units else ""
        self.spoken = {column.period.span for column in columns if column.period is not None}
        self.half_is_cumulative = not self.spoken & {"3개월", "누적"} and context.kind in (SUMMARY, FORM, OTHER)

    def candidates(self) -> Iterator[Candidate]:
        """Yield the table's figures in reading order."""
        outline, above = _Outline(), dict[int, str]()
        labels = [x for x, column in enumerate(self.columns) if column.kind == "label"]
        values = [x for x, column in enumerate(self.columns) if column.kind == "value"]
        for y in range(self.height, len(self.grid.rows)):
            cells = self.grid.rows[y]
            figures = [x for x in values if is_figure(cells[x].text)]
            if not figures and (moved := _moved_periods(cells, self.columns, self.calendar)) is not None:
                self.columns = moved
                continue
            row = _read_row(y, cells, labels, above, self.calendar)
            parent = outline.enter(row, not figures)
            self.labels[row.label] += 1
            if not figures:
                if row.period is not None and not row.labels:  # "<당기>" across the table dates the rows below it
                    self.caption = row.period
            elif row.labels or not (labels or row.period) or any(self.columns[x].measure for x in figures):
                yield from self._row(row, figures, parent)

    def _row(self, row: _Row, figures: Sequence[int], parent: tuple[str, str]) -> Iterator[Candidate]:
        said: set[tuple[int, str, str, str, str]] = set()
        for x in figures:
            if _spans(self.grid, self.columns, x, row.y):
                continue
            candidate = self._figure(row, x, parent)
            # in a first quarter the three months and the time from the first day are one
            if candidate is not None and (key := (*candidate.name, candidate.value)) not in said:
                said.add(key)
                yield candidate

    def _figure(self, row: _Row, x: int, parent: tuple[str, str]) -> Candidate | None:
        cell, column = row.cells[x], self.columns[x]
        if self.by_period and not column.dated:
            return None
        period = self._period(column, row)
        numeral = parse_numeral(cell.text)
        marked = read_context(cell.acontext) if cell.acontext else None
        if numeral is None or (period is None and marked is None) or (cell.acontext and not (marked and marked.whole)):
            return None
        parts, item = _item(row, column, parent[0])
        if not item or len(item) > MAX_ITEM_CHARS or not _NAME.search(item):
            return None
        when = self._when(period, item)
        basis = row.basis or self.context.basis
        if marked is not None:
            if (when := self._marked(marked, when, basis)) is None:
                return None
            basis = marked.basis or basis
        unit = self._unit(numeral.unit, column, row, parent[1])
        if when is None or not unit:
            return None
        context = self.context
        return Candidate(
            kind=context.kind, fiscal_year=when[0], period=when[1], item=item, parts=parts, parent=parent[0],
            topic=context.topic, value=numeral.value, unit=unit, basis=basis, section=context.section,
            locator=f"table {context.number}, row {row.y + 1}, column {cell.column + 1}", column=x,
            label=row.label, about_others=context.about_others, source="table" if marked is None else "xbrl",
        )  # fmt: skip

    def _period(self, column: Column, row: _Row) -> Period | None:
        """Return the one period that column, row and caption agree on; an annual table by measure has the document's."""
        said = [period for period in (column.period, row.period) if period is not None]
        if not said and self.caption is not None:
            said = [self.caption]
        if not said:
            return Period(self.calendar.fiscal_year) if self.calendar.annual else None
        merged = merge(said)
        return merged if merged is not None and merged.year is not None else None

    def _when(self, period: Period | None, item: str) -> tuple[int, str] | None:
        """Return the fiscal year and the part of it, None where it stays open which part is meant."""
        if period is None or period.year is None:
            return None
        if self.calendar.annual:
            return period.year, ""
        context = self.context
        nature = context.nature or nature_of_item(item)
        if not self.by_period and nature != "balance":
            return None  # an interim table's caption gives a day: it dates what is counted on it, not what was paid
        if period.stage > 1 and context.since_first_day and nature == "flow" and not self.spoken & {"3개월", "누적"}:
            nature = "cumulative"
        part = part_of_year(period, nature, self.calendar, half_is_cumulative=self.half_is_cumulative)
        return None if part is None else (period.year, part)

    def _marked(self, marked: XbrlContext, when: tuple[int, str] | None, basis: str) -> tuple[int, str] | None:
        """Return what the mark says of the period, None where it contradicts the column or the table's basis."""
        year = marked.period.year
        part = part_of_year(marked.period, "", _ANY_YEAR, half_is_cumulative=False)
        if year is None or part is None:
            return None
        if (when is not None and when != (year, part)) or (marked.basis and basis and marked.basis != basis):
            self.disagreements += 1
            return None
        return year, part

    def _unit(self, own: str, column: Column, row: _Row, parent_unit: str) -> str:
        stated = {unit for unit in (row.unit, column.unit) if unit}
        if row.unit and row.unit != column.unit and counts_a_price(row.unit, self.context.units):
            return ""
        if own:
            return own if not stated or own in stated else ""
        if stated:
            return stated.pop() if len(stated) == 1 else ""
        if parent_unit:
            return parent_unit
        names = row.label
        units = self.context.units
        if not units and self.decimals and "주당" not in names:
            units = (self.decimals,)
        return unit_for(column.measure, names, units)


def _read_row(
    y: int, cells: Sequence[Cell], label_columns: Sequence[int], above: dict[int, str], calendar: Calendar
) -> _Row:
    labels: list[str] = []
    basis = unit = ""
    periods: list[Period] = []
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
        if period is not None and period.named and (period.year is not None or not period.rest):
            periods.append(period)
            text = period.rest
        text, found_basis = split_basis(clean_label(text))
        basis = found_basis or basis
        if text and text not in labels:
            labels.append(text)
    first = next((cells[x] for x in label_columns if cells[x].text), None)
    depth = (first.indent, level(first.text)) if first else (0, 0)
    return _Row(y, cells, tuple(labels), depth, basis, unit, merge(periods))


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
        replace(column, period=_moved(column.period, found)) if (found := periods.get(x)) is not None else column
        for x, column in enumerate(columns)
    ]


def _moved(before: Period | None, found: Period) -> Period | None:
    return found if found.named or before is None else merge([before, found])


def _spans(grid: Grid, columns: Sequence[Column], x: int, y: int) -> bool:
    """Whether the cell covers several rows or figures: then it is not this row's and this column's alone."""
    cell = grid.rows[y][x]
    if cell.row != y or (y + 1 < len(grid.rows) and grid.rows[y + 1][x] is cell):
        return True
    row = grid.rows[y]
    if (x == 0 or row[x - 1] is not cell) and (x + 1 == len(row) or row[x + 1] is not cell):
        return False
    return any(other is cell and z != x and columns[z].kind != "skip" for z, other in enumerate(row))


def _item(row: _Row, column: Column, parent: str) -> tuple[tuple[str, ...], str]:
    """Return the parts of a figure's name and the name; a name that means nothing alone gets its heading row's."""
    parts = tuple(part for part in (*row.labels, column.measure) if part)
    if len(parts) > 1 and is_total(parts[0]):
        parts = (*parts[1:], parts[0])  # "합계 직원수" reads "직원수 합계"
    item = " ".join(parts)
    if parent and is_generic(item):
        parts = (parent, *parts)
        item = " ".join(parts)
    return parts, item


def _decimals(grid: Grid) -> str:
    """Return the money unit that all marked cells of a table give; some mark totals otherwise, then none is sure."""
    said = Counter(cell.adecimal for row in grid.rows for cell in row if cell.adecimal)
    return _DECIMALS.get(next(iter(said)), "") if len(said) == 1 else ""
