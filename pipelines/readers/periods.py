"""Which fiscal year a heading of a table means: "제 61 기", "당기말", "2021년", "2021.12.31 현재", "제12기(2024년)".

A fiscal year is named by the year it ends in, as DART does ("사업보고서 (2024.03)"). A heading that names an interim
period, a plan or a comparison has no fiscal year; neither has one that says two different things.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_DATE = r"((?:19|20)\d\d)\s?[.년/-]\s?(\d{1,2})\s?[.월/-]?\s?(?:(\d{1,2})\s?[.일]?|말)?"
_DATES = re.compile(_DATE)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)\s?(?:년도|년|사업연도|회계연도)?(?:말)?")
_MONTHS = re.compile(r"((?:19|20)\d\d)\s?[년.]\s?(\d{1,2})\s?월?\s?[~∼-]\s?(\d{1,2})\s?월")
_SHORT_YEAR = re.compile(r"['’‘`´′]\s?(\d\d)(?!\d)\s?(?:년도?)?(?:말)?")
_FY = re.compile(r"FY\s?'?((?:20)?\d\d)(?!\d)", re.IGNORECASE)
_TERM = re.compile(r"제?\s?(\d{1,3})\s?(?:\(\s?(당|전|전전)\s?\)\s?)?\s?기(?!간|타|관|술|업)(?:말)?")
_RELATIVE = re.compile(
    r"(?<![가-힣])(당|전전|전)\s?(?:기|년도|년|연도)(?:\s?말)?(?![가-힣])|(?<![가-힣])당해\s?(?:연도|년도)"
)
_INTERIM = re.compile(r"분기|반기|개월|누적|누계|\dQ|[상하]반기|중간|YTD|월평균", re.IGNORECASE)
_OTHER = re.compile(
    r"대비|증감|증가|감소|변동|예상|전망|계획|목표|추정|예정|이후|이내|초과|미만|기초|기말잔액|평균|향후|가정|전기초|최근|\(E\)|\d년간|이상|이하|까지의|~\s*$"
)
_TERM_DATES = re.compile(
    r"제?\s{0,2}(\d{1,3})\s{0,2}(?:\(\s?(?:당|전|전전)\s?\)\s?)?기\s{0,4}(?:말\s?)?[:(]?\s{0,4}(?:"
    + _DATE
    + r"\s{0,3}(?:부터|~|-|∼)\s{0,3})?"
    + _DATE
)
_HINT = re.compile(r"[0-9당전]")
_RELATIVE_YEARS = {"당": 0, "전": -1, "전전": -2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a document says about its years. annual is False for interim reports and filings without a period.

    latest is the year of filing: nothing later has happened yet. terms maps 기수 to fiscal years as captions of the
    document date them; term is the document's own 기수.
    """

    fiscal_year: int | None = None
    end_month: int = 12
    latest: int | None = None
    annual: bool = False
    term: int | None = None
    terms: Mapping[int, int] = field(default_factory=dict)

    def year_of_term(self, term: int) -> int | None:
        """Return the fiscal year of the 기수, counted on from dated ones while they all agree."""
        if term in self.terms:
            return self.terms[term]
        offsets = {year - number for number, year in self.terms.items()}
        if self.term is not None and self.fiscal_year is not None and self.annual:
            offsets.add(self.fiscal_year - self.term)
        return term + offsets.pop() if len(offsets) == 1 else None


@dataclass(frozen=True, slots=True)
class Period:
    """A heading read as a period: year is None when its fiscal year is not sure; rest is what else it says."""

    year: int | None
    rest: str = ""


def read_period(text: str, calendar: Calendar) -> Period | None:
    """Return the period a heading names, or None when it names none at all."""
    if not text or len(text) > 120 or not _HINT.search(text):
        return None
    flat = " ".join(text.split())
    rest = flat
    years: set[int | None] = set()
    for pattern, reader in _READERS:
        matches = list(pattern.finditer(rest))
        if pattern is _YEAR and not all(_is_year_heading(match, rest) for match in matches):
            matches = []
        if matches:
            years |= reader(matches, calendar)
            rest = pattern.sub(" ", rest)
    if not years:
        return None
    rest = _tidy(rest)
    year = years.pop() if len(years) == 1 else None
    if is_partial_or_planned(flat) or (year is not None and calendar.latest is not None and year > calendar.latest):
        return Period(None, rest)
    return Period(year, rest)


def is_partial_or_planned(text: str) -> bool:
    """Return whether a heading speaks of a part of a year, a change, or what is yet to come."""
    return bool(_INTERIM.search(text) or _OTHER.search(text))


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


def _is_year_heading(match: re.Match[str], text: str) -> bool:
    """A bare "2021" counts only alone; "2021년" counts anywhere."""
    return not match[0].strip().isdigit() or text.strip() == match[0].strip()


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


def _from_years(matches: list[re.Match[str]], _calendar: Calendar) -> set[int | None]:
    return {int(match[1]) for match in matches}


def _from_fy(matches: list[re.Match[str]], _calendar: Calendar) -> set[int | None]:
    return {int(match[1]) if len(match[1]) == 4 else 2000 + int(match[1]) for match in matches}


def _from_terms(matches: list[re.Match[str]], calendar: Calendar) -> set[int | None]:
    return {calendar.year_of_term(int(match[1])) for match in matches}


def _from_relative(matches: list[re.Match[str]], calendar: Calendar) -> set[int | None]:
    if not calendar.annual or calendar.fiscal_year is None:
        return {None}
    return {calendar.fiscal_year + _RELATIVE_YEARS[match[1] or "당"] for match in matches}


def _tidy(rest: str) -> str:
    rest = re.sub(r"\b현재\b|부터|까지|[~∼]|^\s*말\s*$|\(\s*\)|\[\s*\]|<\s*>|\(\s*(?:당|전|전전)\s*\)", " ", rest)
    return " ".join(rest.split()).strip(" .,()[]:-/")


_READERS = (
    (_MONTHS, _from_months),
    (_DATES, _from_dates),
    (_FY, _from_fy),
    (_SHORT_YEAR, _from_fy),
    (_TERM, _from_terms),
    (_RELATIVE, _from_relative),
    (_YEAR, _from_years),
)
