"""Which fiscal year a heading of a table means: "제 61 기", "당기말", "2021년", "2021.12.31 현재", "제12기(2024년)".

A fiscal year is named by the year it ends in, as DART does ("사업보고서 (2024.03)"). A heading that names a plan or a
comparison has no fiscal year; neither has one that says two different things, nor, in an annual report, one that names a
part of a year. Such parts are read in other documents by interim.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.readers.fiscal_year import (
    DATE,
    DATES,
    MONTHS,
    Calendar,
    Period,
    is_planned,
    tidy,
    years_in,
)
from pipelines.readers.interim import read_interim

__all__ = ["Calendar", "Period", "dated_terms", "is_partial_or_planned", "merge", "read_period"]

_RELATIVE = re.compile(
    r"(?<![가-힣])(당|전전|전)\s?(?:기|년도|년|연도)(?:\s?말)?(?![가-힣])|(?<![가-힣])당해\s?(?:연도|년도)"
)
_PART = re.compile(r"분기|반기|개월|누적|누계|\dQ|[상하]반기|중간|YTD|월평균", re.IGNORECASE)
_TERM_DATES = re.compile(
    r"제?\s{0,2}(\d{1,3})\s{0,2}(?:\(\s?(?:당|전|전전)\s?\)\s?)?기\s{0,4}(?:말\s?)?[:(]?\s{0,4}(?:"
    + DATE
    + r"\s{0,3}(?:부터|~|-|∼)\s{0,3})?"
    + DATE
)
_HINT = re.compile(r"[0-9당전반분누]")
_RELATIVE_YEARS = {"당": 0, "전": -1, "전전": -2}
_MAX_HEADING_CHARS = 120


def read_period(text: str, calendar: Calendar) -> Period | None:
    """Return the period a heading names, or None when it names none at all."""
    if not text or len(text) > _MAX_HEADING_CHARS:
        return None
    read = calendar.read
    if text not in read:
        read[text] = _read(text, calendar) if _HINT.search(text) else None
    return read[text]


def merge(periods: Sequence[Period]) -> Period | None:
    """Return the period that headings one above the other name together, None when there are none.

    "제 48 기 반기" over "누적" is the half-year from its first day; headings that contradict each other have no year.
    """
    if len(periods) < 2:
        return periods[0] if periods else None
    years = {period.year for period in periods if period.named}
    stages = {period.stage for period in periods if period.stage}
    spans = {period.span for period in periods if period.span}
    if len(spans) > 1:
        spans.discard("반기")
    if len(years) > 1 or len(stages) > 1 or len(spans) > 1:
        return Period(None)
    return Period(years.pop() if years else None, "", max(stages, default=0), max(spans, default=""), bool(years))


def is_partial_or_planned(text: str) -> bool:
    """Return whether a heading speaks of a part of a year, a change, or what is yet to come."""
    return bool(_PART.search(text)) or is_planned(text)


def dated_terms(text: str, end_month: int | None) -> dict[int, int]:
    """Return 기수 -> fiscal year for every dated caption ("제 61 기 2021.01.01 부터 2021.12.31 까지") in a text.

    A 기수 that the text dates in two ways is left out.
    """
    found: dict[int, set[int]] = {}
    for match in _TERM_DATES.finditer(text):
        month = int(match[6])
        if end_month is not None and month != end_month:
            continue
        if match[2] and (int(match[5]) * 12 + month) - (int(match[2]) * 12 + int(match[3])) < 8:
            continue  # an interim period, unless the company was founded in it
        found.setdefault(int(match[1]), set()).add(int(match[5]))
    return {term: years.pop() for term, years in found.items() if len(years) == 1}


def _read(text: str, calendar: Calendar) -> Period | None:
    flat = " ".join(text.split())
    if not calendar.annual:
        return read_interim(flat, calendar)
    rest = flat
    years: set[int | None] = set()
    if matches := list(MONTHS.finditer(rest)):
        years |= _from_months(matches, calendar)
        rest = MONTHS.sub(" ", rest)
    if matches := list(DATES.finditer(rest)):
        years |= _from_dates(matches, calendar)
        rest = DATES.sub(" ", rest)
    if matches := list(_RELATIVE.finditer(rest)):
        years |= _from_relative(matches, calendar)
        rest = _RELATIVE.sub(" ", rest)
    named, rest = years_in(rest, calendar)
    years |= named
    if not years:
        return None
    rest = tidy(rest)
    year = years.pop() if len(years) == 1 else None
    if is_partial_or_planned(flat) or (year is not None and calendar.latest is not None and year > calendar.latest):
        return Period(None, rest)
    return Period(year, rest)


def _from_dates(matches: list[re.Match[str]], calendar: Calendar) -> set[int | None]:
    last = matches[-1]
    year, month = int(last[1]), int(last[2])
    if month != calendar.end_month or len(matches) > 2:
        return {None}
    if len(matches) == 2:
        months = year * 12 + month - int(matches[0][1]) * 12 - int(matches[0][2]) + 1
        return {year if months == 12 else None}
    return {year}


def _from_months(matches: list[re.Match[str]], calendar: Calendar) -> set[int | None]:
    whole = {int(match[1]) if (int(match[2]), int(match[3])) == (1, 12) else None for match in matches}
    return whole if calendar.end_month == 12 else {None}


def _from_relative(matches: list[re.Match[str]], calendar: Calendar) -> set[int | None]:
    if calendar.fiscal_year is None:
        return {None}
    return {calendar.fiscal_year + _RELATIVE_YEARS[match[1] or "당"] for match in matches}
