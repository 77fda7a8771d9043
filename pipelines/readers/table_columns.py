"""What each column of a grid is: a row's name, a figure of a fiscal year, a figure by its own name, or neither.

The header is the THEAD where there is one; otherwise the first row and the rows its spanning cells reach into.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from pipelines.readers.fiscal_year import is_planned
from pipelines.readers.labels import clean_label
from pipelines.readers.numerals import is_nil, parse_numeral
from pipelines.readers.periods import Calendar, Period, is_partial_or_planned, merge, read_period
from pipelines.readers.table_grid import Cell, Grid
from pipelines.readers.units import unit_in_label

Kind = Literal["label", "value", "skip"]

_SKIPPED = re.compile(
    r"^(?:사업[연년]도|회계[연년]도|[연년]도|기수|비고|주석|주|참고|번호|순번|연번|No\.?|NO|코드|종목코드|등급|전화번호|우편번호|내용연수)$|주석번호"
)
DATE_NAME = re.compile(
    r"일자|날짜|[년연]월|[년연]월일|일시|만기|기한|(?:취득|발행|상장|결산|체결|설립|지급|부여|변동|계약|차입|개시|종료|약정)일|(?:계약|투자|행사|재직|임기|사용|차입|전환|청구|수주|납기|공사)\s?기간|^기간$|결산월|납기"
)
PERSON_NAME = re.compile(r"성명|이름|주주명|출생|성\s명|직위|등기임원")
_RATIO_NAME = re.compile(r"^(.+?)\s*\((비율|비중|구성비|점유율|율)\)$")
_GENERIC_MEASURE = frozenset({"금액", "가액", "수치", "내용", "구분", "종류", "주식의종류", "과목", "계정과목"})
_MONTH = re.compile(r"(?:19|20)\d\d\s?[년.]\s?(\d{1,2})\s?월?")
_BARE_YEAR = re.compile(r"(?:19|20)\d\d(?:\.\d{1,2}(?:\.\d{1,2})?)?\s?\.?(?:년도?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. period is what its heading names, None when it names none; its year is None when not sure."""

    kind: Kind
    measure: str = ""
    unit: str = ""
    period: Period | None = None

    @property
    def dated(self) -> bool:
        """Return whether the column's heading names a period."""
        return self.period is not None


@lru_cache(maxsize=65_536)
def is_figure(text: str) -> bool:
    """Return whether a body cell holds a number (a bare year is not one)."""
    return parse_numeral(text) is not None and not _BARE_YEAR.fullmatch(text.strip())


def header_height(grid: Grid) -> int:
    """Return how many rows at the top are headings; 0 when the grid has none."""
    if grid.head_rows:
        return min(grid.head_rows, len(grid.rows))
    height = 0
    for y, row in enumerate(grid.rows[:5]):
        if any(is_figure(cell.text) for cell in row):
            break
        if y and not (row[0].row < y or row[0].tag == "TH" or (not row[0].text and any(cell.text for cell in row))):
            break
        height = y + 1
    return height if height < len(grid.rows) else 0


def read_columns(grid: Grid, height: int, calendar: Calendar) -> list[Column]:
    """Return what each column is, judged by its heading and by the cells below it."""
    body = grid.rows[height:]
    months = _months(grid, height)
    by_month = any((month - calendar.end_month) % 3 for month in months.values())
    columns: list[Column] = []
    labels_go_on = True
    for x, (heading, cells) in enumerate(zip(zip(*grid.rows[:height], strict=True), zip(*body, strict=True), strict=True)):
        column = _heading(heading, calendar)
        if by_month and x in months:
            column = replace(column, period=Period(None))  # "2022년 12월" beside "2022년 11월" is that month
        figures, words = _count(cells)
        name = column.measure.replace(" ", "")
        if labels_go_on and not column.dated and figures <= words // 8 and (figures == 0 or words):
            columns.append(replace(column, kind="label"))
            continue
        labels_go_on = False
        skipped = _SKIPPED.search(name) or DATE_NAME.search(name) or words > figures * 2
        columns.append(replace(column, kind="skip") if skipped else column)
    return _told_apart(columns, body)


def _heading(cells: Sequence[Cell], calendar: Calendar) -> Column:
    rest: list[str] = []
    periods: list[Period] = []
    unit = ""
    seen: set[str] = set()
    for cell in cells:
        if not cell.text or cell.text in seen:
            continue
        seen.add(cell.text)
        text, found = unit_in_label(cell.text)
        unit = found or unit
        period = read_period(text, calendar)
        if period is not None:
            periods.append(period)
            text = period.rest
        if text := clean_label(text):
            rest.append(text)
    measure = " ".join(part for part in rest if part.replace(" ", "") not in _GENERIC_MEASURE)
    merged = merge(periods)
    unsure = is_partial_or_planned if calendar.annual else is_planned
    if merged is not None and unsure(" ".join(seen)):
        merged = Period(None)
    elif merged is not None and merged.rest:
        merged = replace(merged, rest="")
    return Column(kind="value", measure=measure, unit=unit, period=merged)


def _months(grid: Grid, height: int) -> dict[int, int]:
    """Return column -> month for each column headed by a year and month alone."""
    return {x: int(match[1]) for row in grid.rows[:height] for x, cell in enumerate(row)
            if (match := _MONTH.fullmatch(cell.text))}


def _count(cells: Sequence[Cell]) -> tuple[int, int]:
    figures = words = 0
    for cell in cells:
        if not (text := cell.text):
            continue
        if is_figure(text):
            figures += 1
        elif not is_nil(text):
            words += 1
    return figures, words


def _told_apart(columns: list[Column], body: Sequence[Sequence[Cell]]) -> list[Column]:
    """Columns that share one heading: "매출액(비율)" over an amount and a percentage is split, others are skipped."""
    groups: dict[tuple[str, Period | None], list[int]] = {}
    for x, column in enumerate(columns):
        if column.kind == "value":
            groups.setdefault((column.measure, column.period), []).append(x)
    for (measure, _), members in groups.items():
        if len(members) < 2:
            continue
        match = _RATIO_NAME.match(measure)
        if match and len(members) == 2 and _all_percent([row[members[1]] for row in body]):
            columns[members[0]] = replace(columns[members[0]], measure=match[1])
            columns[members[1]] = replace(columns[members[1]], measure=f"{match[1]} {match[2]}", unit="%")
            continue
        for x in members:
            columns[x] = replace(columns[x], kind="skip")
    return columns


def _all_percent(cells: Sequence[Cell]) -> bool:
    numerals = [found for cell in cells if (found := parse_numeral(cell.text))]
    return bool(numerals) and all(found.unit == "%" for found in numerals)
