"""Days as whole numbers YYYYMMDD, which Chroma can compare: read from what people type, and written for them."""

from __future__ import annotations

import re
from datetime import date

from mundap.errors import ConfigError

_TYPED = re.compile(r"\s*(\d{4})\s*[-./년]?\s*(\d{1,2})\s*[-./월]?\s*(\d{1,2})\s*[.일]?\s*")


def written(day: int) -> str:
    """Return 20240309 as 2024-03-09, and an empty text for no day."""
    digits = str(day)
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 else ""


def read(text: str) -> int:
    """Return 20240309 for "2024-03-09", "2024.3.9", "20240309" or "2024년 3월 9일".

    Raises:
        ConfigError: it is not a day of the calendar.
    """
    typed = _TYPED.fullmatch(text)
    try:
        if typed is None or (re.fullmatch(r"\s*\d+\s*", text) and len(text.strip()) != 8):
            raise ValueError(text)
        year, month, day = (int(part) for part in typed.groups())
        date(year, month, day)
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a day of the calendar.", where="as-of",
                          fix="Write year, month and day: 2024-03-09.") from error
    return year * 10_000 + month * 100 + day
