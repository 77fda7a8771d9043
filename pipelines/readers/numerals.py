"""A number as a table prints it: sign by '-', △ or parentheses, thousands separators, a unit behind it, a note mark.

"△264,230" -> -264,230 · "(1,098)" -> -1,098 · "99.0%" -> 99.0 and "%" · "3.2년" -> 3.2 and "년"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

MONEY = {"원": 1, "천원": 10**3, "만원": 10**4, "십만원": 10**5, "백만원": 10**6, "천만원": 10**7, "억원": 10**8,
         "십억원": 10**9, "백억원": 10**10, "천억원": 10**11, "조원": 10**12}  # fmt: skip
_COUNTERS = tuple(
    (
        "% %p 명 인 주 년 개월 일 시간 개 개사 사 건 회 배 대 톤 매 호 점 필지 ㎡ kg ㎏ km kWh MWh GWh MW "
        "USD 천USD 천달러 달러 백만달러"
    ).split()
)
_UNITS = "|".join(re.escape(unit) for unit in sorted((*MONEY, *_COUNTERS), key=len, reverse=True))
_NOTE = re.compile(
    r"\s*(?:\(\s*\*\s*\d{0,2}(?:\s*,\s*\*?\s*\d{1,2})*\s*\)|\(\s*주\s*\d{1,2}\s*\)|주\s*\d{1,2}\s*\)|\*\d?)$"
)
_DIGIT = re.compile(r"[0-9]")
_NUMBER = re.compile(
    rf"(?P<open>\()?\s?(?P<sign>[-−–△▲Δ▽+])?\s?(?P<open2>\()?(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"\s?(?P<unit>{_UNITS})?\s?(?P<close>\))?(?P<outside>{_UNITS})?"
)
NIL = frozenset({"", "-", "－", "–", "—", "―", "ㅡ", "_", "- ", "해당없음", "해당사항없음", "N/A"})


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as printed, its sign a leading '-', and the unit that stood beside it ("" when none did)."""

    value: str
    unit: str = ""

    @property
    def amount(self) -> Decimal:
        """Return the number itself."""
        return Decimal(self.value.replace(",", ""))


@lru_cache(maxsize=65_536)
def parse_numeral(text: str) -> Numeral | None:
    """Return the number a cell holds, or None when it holds anything else (a nil '-', a date, words, two numbers)."""
    if not text or len(text) > 48 or not _DIGIT.search(text):
        return None
    flat = text.strip()
    match = _NUMBER.fullmatch(_NOTE.sub("", flat) if "*" in flat or "주" in flat else flat)
    if not match:
        return None
    opened = bool(match["open"]) + bool(match["open2"])
    if opened != bool(match["close"]) or (match["unit"] and match["outside"]):
        return None
    negative = bool(opened) or (match["sign"] is not None and match["sign"] != "+")
    return Numeral("-" * negative + match["digits"], match["unit"] or match["outside"] or "")


@lru_cache(maxsize=65_536)
def is_nil(text: str) -> bool:
    """Return whether a cell says "none"."""
    return text.replace(" ", "").replace("(", "").replace(")", "") in NIL
