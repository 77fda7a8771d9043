"""What a document says about its fiscal years, and the ways a heading names one: "제 61 기", "FY2021", "'21년", "2021년".

periods.py and interim.py put these together; nothing here knows of quarters or dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

DATE = r"((?:19|20)\d\d)\s?[.년/-]\s?(\d{1,2})\s?[.월/-]?\s?(?:(\d{1,2})\s?[.일]?|말)?"
DATES = re.compile(DATE)
MONTHS = re.compile(r"((?:19|20)\d\d)\s?[년.]\s?(\d{1,2})\s?월?\s?[~∼-]\s?(\d{1,2})\s?월")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)\s?(?:년도|년|사업연도|회계연도)?(?:말)?")
_SHORT_YEAR = re.compile(r"['’‘`´′]\s?(\d\d)(?!\d)\s?(?:년도?)?(?:말)?")
_FY = re.compile(r"FY\s?'?((?:20)?\d\d)(?!\d)", re.IGNORECASE)
_TERM = re.compile(r"제?\s?(\d{1,3})\s?(?:\(\s?(당|전|전전)\s?\)\s?)?\s?기(?!간|타|관|술|업)(?:말)?")
_PLANNED = re.compile(
    r"대비|증감|증가|감소|변동|예상|전망|계획|목표|추정|예정|이후|이내|초과|미만|기초|기말잔액|평균|향후|가정|전기초|최근|\(E\)|\d년간|이상|이하|까지의|~\s*$"
)
_REST = re.compile(r"\b현재\b|부터|까지|[~∼]|^\s*말\s*$|\(\s*\)|\[\s*\]|<\s*>|\(\s*(?:당|전|전전)\s*\)")


@dataclass(frozen=True, slots=True)
class Period:
    """A heading read as a period: year is None when its fiscal year is not sure; rest is what else it says.

    stage is the quarter that the period ends with (0: the year's end), span what the heading says of its length: "말" (a
    balance), "3개월", "누적" (from the year's first day), "반기" (the half-year by name) or "". named is False for a
    heading that gives a length or stage and no year ("3개월"): it adds to the heading above it.
    """

    year: int | None
    rest: str = ""
    stage: int = 0
    span: str = ""
    named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a document says about its years. annual is False for interim reports and filings without a period.

    latest is the year of filing: nothing later has happened yet. terms maps 기수 to fiscal years as captions of the
    document date them; term is the document's own 기수. stage is how many quarters of fiscal_year an interim report
    covers (1 to 3), 0 for every other document. read holds headings already read.
    """

    fiscal_year: int | None = None
    end_month: int = 12
    latest: int | None = None
    annual: bool = False
    term: int | None = None
    terms: Mapping[int, int] = field(default_factory=dict)
    stage: int = 0
    read: dict[str, Period | None] = field(init=False, default_factory=dict, compare=False, repr=False)

    def year_of_term(self, term: int) -> int | None:
        """Return the fiscal year of the 기수, counted on from dated ones while they all agree."""
        if term in self.terms:
            return self.terms[term]
        offsets = {year - number for number, year in self.terms.items()}
        if self.term is not None and self.fiscal_year is not None and (self.annual or self.stage):
            offsets.add(self.fiscal_year - self.term)
        return term + offsets.pop() if len(offsets) == 1 else None


def years_in(text: str, calendar: Calendar) -> tuple[set[int | None], str]:
    """Return the fiscal years that a heading without its dates names, and the heading without them."""
    years: set[int | None] = set()
    for pattern, reader in _READERS:
        matches = list(pattern.finditer(text))
        if pattern is YEAR and not all(_is_year_heading(match, text) for match in matches):
            continue
        if matches:
            years |= reader(matches, calendar)
            text = pattern.sub(" ", text)
    return years, text


def is_planned(text: str) -> bool:
    """Return whether a heading speaks of a change, a comparison or what is yet to come."""
    return bool(_PLANNED.search(text))


def tidy(rest: str) -> str:
    """Return what is left of a heading without the words and brackets that belonged to its period."""
    rest = " ".join(_REST.sub(" ", rest).split()).strip(" .,()[]:-/")
    return f"{rest})" if rest.rfind("(") > rest.rfind(")") else rest


def _is_year_heading(match: re.Match[str], text: str) -> bool:
    """A bare "2021" counts only alone; "2021년" counts anywhere."""
    return not match[0].strip().isdigit() or text.strip() == match[0].strip()


def _from_years(matches: list[re.Match[str]], _calendar: Calendar) -> set[int | None]:
    return {int(match[1]) for match in matches}


def _from_fy(matches: list[re.Match[str]], _calendar: Calendar) -> set[int | None]:
    return {int(match[1]) if len(match[1]) == 4 else 2000 + int(match[1]) for match in matches}


def _from_terms(matches: list[re.Match[str]], calendar: Calendar) -> set[int | None]:
    return {calendar.year_of_term(int(match[1])) for match in matches}


_Reader = Callable[[list[re.Match[str]], Calendar], set[int | None]]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_FY, _from_fy),
    (_SHORT_YEAR, _from_fy),
    (_TERM, _from_terms),
    (YEAR, _from_years),
)
