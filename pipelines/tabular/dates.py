"""Dates as Korean offices write them, as ISO text as far as they go: "2024-12-31", "2024-12" or "2024"."""

from __future__ import annotations

import datetime
import re

_YEAR = r"(?:(?P<year>(?:19|20)\d{2})|['’]?(?P<short>\d{2}))"
_FORMS = tuple(re.compile(form) for form in (
    rf"{_YEAR}\s?년(?:\s?(?P<month>\d{{1,2}})\s?월(?:\s?(?P<day>\d{{1,2}})\s?일)?)?(?:\s?말)?",      # 24년 12월 31일
    r"(?P<year>(?:19|20)\d{2})\s?[.\-/]\s?(?P<month>\d{1,2})(?:\s?[.\-/]\s?(?P<day>\d{1,2}))?\.?",   # 2024.12. 2024-12-31
    r"['’](?P<short>\d{2})\s?\.\s?(?P<month>\d{1,2})(?:\s?\.\s?(?P<day>\d{1,2}))?\.?",               # '24.12.31.
    r"(?P<year>(?:19|20)\d{2})-(?P<month>\d{2})-(?P<day>\d{2})[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?",  # a workbook's
))
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})?")
_CENTURY = 50  # '49 is 2049, '50 is 1950


def parse_date(text: str, *, compact: bool = False) -> str | None:
    """Return the date a cell holds, or None; compact allows 20241231 and 202412, which are else numbers."""
    text = text.strip()
    for form in (*_FORMS, *((_COMPACT,) if compact else ())):
        match = form.fullmatch(text)
        if match:
            return _iso(match)
    return None


def _iso(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    short = parts.get("short")
    year = int(parts["year"]) if parts.get("year") else int(short or 0) + (2000 if int(short or 0) < _CENTURY else 1900)
    month, day = parts.get("month"), parts.get("day")
    try:
        datetime.date(year, int(month or 1), int(day or 1))
    except ValueError:
        return None
    return "-".join([str(year), *(f"{int(part):02d}" for part in (month, day) if part)])
