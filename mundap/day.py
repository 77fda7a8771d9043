"""A day as a person types it, as the number YYYYMMDD that chunks are dated by, and back as 2023-06-30."""

from __future__ import annotations

import datetime
import re

from mundap.errors import DataError

_FORMS = (re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
          re.compile(r"([0-9]{4})\s?[-./]\s?([0-9]{1,2})\s?[-./]\s?([0-9]{1,2})\.?"),
          re.compile(r"([0-9]{4})\s?년\s?([0-9]{1,2})\s?월\s?([0-9]{1,2})\s?일"))
_YEARS = range(1900, 2101)   # "0203-06-30" is a slip of the hand, and would silently leave no document


def read_day(text: str, *, where: str) -> int:
    """Return a day such as 2023-06-30, 20230630 or 2023.6.30. as YYYYMMDD; where names what held it.

    Raises:
        DataError: the text is no whole date, or no day of the calendar.
    """
    given = text.strip()
    match = next((found for form in _FORMS if (found := form.fullmatch(given))), None)
    fix = "Write year, month and day, for example 2023-06-30."
    if match is None:
        raise DataError(f"{text!r} is not a day.", where=where, fix=fix)
    year, month, day = (int(part) for part in match.groups())
    try:
        datetime.date(year, month, day)
    except ValueError as error:
        raise DataError(f"there is no day {text!r}: {error}.", where=where, fix=fix) from error
    if year not in _YEARS:
        raise DataError(f"the year {year} is not between {_YEARS[0]} and {_YEARS[-1]}.", where=where, fix=fix)
    return year * 10_000 + month * 100 + day


def iso(day: int | None) -> str | None:
    """Return 20230630 as "2023-06-30"; None for no day (0 or None)."""
    return f"{day // 10_000:04}-{day // 100 % 100:02}-{day % 100:02}" if day else None
