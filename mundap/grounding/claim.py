"""A claim: one figure, date or article reference in a text, with what it says in normal form."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from mundap.grounding.units import NUMERIC, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a text asserts in one place.

    span counts characters of the text in NFC. value is exact, in the base unit (원, 명, %), signed; None for a date,
    an article or a code. precision is the size of the last digit written, in the same unit: 1억 for "1조 2,345억원".
    parts: date (year, month, day, quarter), article (조, 의, 항, 호, 호의, 목), fraction (numerator, denominator),
    code (the text compared); "" where nothing is said. law is the law named just before an article, or "", and noun
    the noun just before that one's name.
    """

    kind: Kind
    span: tuple[int, int]
    text: str
    value: Decimal | None = None
    unit: str = ""
    precision: Decimal = Decimal(1)
    rough: Decimal = Decimal(1)   # the same when trailing zeros count as rounding: 100억 for "약 1,200억원"
    approximate: bool = False     # 약, 대략, 가량, 정도, 내외, 여
    at_least: bool = False        # 100여 명: not less than
    printed: Decimal | None = None   # the number as printed, without scale and unit: 1234 for "1,234백만원"
    parts: tuple[str, ...] = ()
    law: str = ""
    noun: str = ""

    @property
    def numeric(self) -> bool:
        """Return whether this is a figure, not a date, period, article or code."""
        return self.kind in NUMERIC


_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLD |= dict.fromkeys([0xA0, 0x3000, 0x202F, *range(0x2000, 0x200B)], ord(" "))
_FOLD |= dict.fromkeys([0x2212, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0xFE63], ord("-"))
_FOLD |= dict.fromkeys([0x223C, 0x301C, 0xFF5E], ord("~"))
_FOLD |= dict.fromkeys([0x2018, 0x2019, 0x2032, 0x02BC], ord("'"))
_FOLD |= dict.fromkeys([0x25B5, 0x2206, 0x0394], ord("△"))
_FOLD |= {0xFE6A: ord("%"), 0xFF05: ord("%"), ord("｢"): ord("「"), ord("｣"): ord("」"), ord("ㆍ"): ord("·")}


def nfc(text: str) -> str:
    """Return text in NFC: what every span here counts in."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Return text with full-width characters, dashes, blanks and quotes in their plain form; length is unchanged."""
    return text if text.isascii() else text.translate(_FOLD)


def blank(text: str, spans: list[tuple[int, int]]) -> str:
    """Return text with the spans replaced by NUL characters, so that a later pattern neither reads nor joins them."""
    if not spans:
        return text
    pieces, at = [], 0
    for start, end in sorted(spans):
        if end > at:
            start = max(start, at)
            pieces += [text[at:start], "\0" * (end - start)]
            at = end
    return "".join(pieces) + text[at:]
