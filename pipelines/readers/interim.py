"""Parts of a fiscal year as headings of half-year and quarterly reports name them: "제 55 기 반기", "당분기말", "누적".

What a heading leaves open, a part of the year or its end, three months or the time from the year's first day, is settled
by what the figure is (a balance or a flow); what stays open gives no period.
"""

from __future__ import annotations

import re
from typing import Literal

from pipelines.readers.fiscal_year import DATES, MONTHS, Calendar, Period, is_planned, tidy, years_in

Nature = Literal["balance", "flow", "cumulative", ""]

_LENGTH = re.compile(r"(?<!\d)3\s?개월(?:간)?|삼개월(?:간)?|누적|누계(?!액)")
_STAGE = re.compile(
    r"(?<![가-힣])(?P<whose>당|전)\s?(?P<what>분기|반기)|(?P<half>상|하)?\s?반기|(?<!\d)(?P<quarter>[1-4])\s?(?:/\s?4\s?)?분기"
    r"|(?<![0-9A-Za-z])(?P<letter>[1-4])Q(?![A-Za-z])|전년\s?동(?P<same>기)"
)
_END = re.compile(r"말(?![가-힣])|현재|기준일")
_YEAR_END = re.compile(r"(?<![가-힣])전\s?(?:기|연도|년도)\s?말(?![가-힣])")
_RELATIVE = re.compile(r"(?<![가-힣])(?:당|전전|전)\s?(?:기|년도|년|연도)(?:\s?말)?(?![가-힣])|당해\s?(?:연도|년도)")
_BARE_TERM = re.compile(r"제\s?(\d{1,3})\s?(?:\(\s?(?:당|전|전전)\s?\))?(?=\s|$|말)")
_ENDS = {1: "1분기말", 2: "반기말", 3: "3분기말", 4: ""}
_FROM_FIRST_DAY = {2: "상반기", 3: "3분기 누적"}
_QUARTER = 3  # months


def read_interim(flat: str, calendar: Calendar) -> Period | None:
    """Return the period a heading of one line names in a document that is no annual report, None when it names none."""
    years: set[int | None] = set()
    stages: set[int] = set()
    rest, spans = _without_lengths(flat)
    rest = _take_stages(rest, calendar, years, stages, spans)
    rest = _take_dates(rest, calendar, years, stages, spans)
    if _YEAR_END.search(rest):
        years.add(calendar.fiscal_year - 1 if calendar.fiscal_year is not None and calendar.stage else None)
        rest = _YEAR_END.sub(" ", rest)
    if _RELATIVE.search(rest):  # "당기" is a sloppy word for the part that has passed, "전기" for one that matches it
        years.add(None)
        rest = _RELATIVE.sub(" ", rest)
    named, rest = years_in(rest, calendar)
    years |= named
    if stages:
        years |= {calendar.year_of_term(int(match[1])) for match in _BARE_TERM.finditer(rest)}
        rest = _BARE_TERM.sub(" ", rest)
    if not (years or stages or spans):
        return None
    if stages and _END.search(flat):
        spans = (spans - {"반기"}) | {"말"}
    if len(spans) > 1:
        spans.discard("반기")
    rest = re.sub(r"^말(?![가-힣])", "", tidy(rest)).strip()
    if is_planned(flat) or len(years) > 1 or len(stages) > 1 or len(spans) > 1:
        return Period(None, rest)
    year, stage = next(iter(years), None), max(stages, default=0)
    if year is not None and calendar.latest is not None and year > calendar.latest + (stage > 0):
        return Period(None, rest)
    return Period(year, rest, stage, max(spans, default=""), bool(years))


def part_of_year(period: Period, nature: Nature, calendar: Calendar, *, half_is_cumulative: bool) -> str | None:
    """Return the period as a Fact names it ("" is the whole year or its end), or None while it stays open.

    half_is_cumulative: in this table "반기" alone means the six months ("제 48 기 반기" beside whole years), not the
    second quarter that an income statement may print first.
    """
    stage, span = period.stage, period.span
    if stage == 0:
        passed = not calendar.stage or (period.year is not None and period.year < (calendar.fiscal_year or 0))
        return "" if passed and not span else None
    if span == "말":
        return _ENDS[stage] if nature in ("balance", "") else None
    if nature == "balance":
        return _ENDS[stage] if span in ("", "반기") else None
    if stage == 1:
        return "1분기" if nature or span else None
    if span == "3개월":
        return f"{stage}분기"
    if span == "누적" or nature == "cumulative" or (span == "반기" and half_is_cumulative and nature == "flow"):
        return _FROM_FIRST_DAY.get(stage)
    return None


def _without_lengths(text: str) -> tuple[str, set[str]]:
    spans = {"3개월" if "개월" in match[0] else "누적" for match in _LENGTH.finditer(text)}
    return (_LENGTH.sub(" ", text), spans) if spans else (text, spans)


def _take_stages(
    text: str, calendar: Calendar, years: set[int | None], stages: set[int], spans: set[str]
) -> str:
    """Note the quarters and halves that a heading names, and return it without them."""
    for match in _STAGE.finditer(text):
        if match["whose"] or match["same"]:
            stage = calendar.stage
            fits = bool(match["same"]) or (stage == 2) == (match["what"] == "반기")
            year = calendar.fiscal_year if stage and fits else None
            if match["whose"] == "전" and match["what"] == "분기" and _END.search(text):
                year = None  # of last year, or the quarter before?
            years.add(year - (match["whose"] != "당") if year is not None else None)
            stages.add(stage or 2)
        elif match["quarter"] or match["letter"]:
            stages.add(int(match["quarter"] or match["letter"]))
        elif match["half"] == "하":
            years.add(None)
        else:
            stages.add(2)
            spans.add("누적" if match["half"] and not _END.search(text) else "반기")
        if match["what"] == "반기":
            spans.add("반기")
    return _STAGE.sub(" ", text)


def _take_dates(text: str, calendar: Calendar, years: set[int | None], stages: set[int], spans: set[str]) -> str:
    """Note the part of a year that a heading's dates enclose, and return it without them."""
    for match in MONTHS.finditer(text):
        first, last = ((int(match[1]), int(month)) for month in (match[2], match[3]))
        _note_dates([first, last], calendar, years, stages, spans)
    text = MONTHS.sub(" ", text)
    found = [(int(match[1]), int(match[2])) for match in DATES.finditer(text)]
    if found:
        ends = [match[3] for match in DATES.finditer(text)][-1]
        if len(found) > 2 or (ends and int(ends) < 28):
            years.add(None)
        else:
            _note_dates(found, calendar, years, stages, spans)
        text = DATES.sub(" ", text)
    return text


def _note_dates(
    found: list[tuple[int, int]], calendar: Calendar, years: set[int | None], stages: set[int], spans: set[str]
) -> None:
    year, month = found[-1]
    passed = (month - calendar.end_month) % 12 or 12  # months of the fiscal year that have passed
    fiscal_year = year + (month > calendar.end_month)
    if not 1 <= month <= 12 or passed % _QUARTER:
        years.add(None)
        return
    stage = passed // _QUARTER
    if len(found) == 1:
        years.add(fiscal_year)
        if stage < 4:
            stages.add(stage)
            spans.add("말")
        return
    months = (year - found[0][0]) * 12 + month - found[0][1] + 1
    if months == 12 and stage == 4:
        years.add(fiscal_year)
    elif stage < 4 and months in (_QUARTER, passed):
        years.add(fiscal_year)
        stages.add(stage)
        spans.add("누적" if months == passed else "3개월")
    else:
        years.add(None)
