"""The value of a Korean numeral: "1조 2,345억", "3천 5백만", "1,234백만", "삼천만", and the size of its last digit.

Reads a numeral already cut out of its text; numbers.py does the cutting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from mundap.grounding.units import SCALES

DIGITS = {digit: Decimal(value) for value, digit in enumerate("일이삼사오육칠팔구", start=1)}
NUMBER = r"[0-9]++(?:,[0-9]++)*+(?:\.[0-9]++)?+"
# A run of more digits is an identifier, and 28 digits are all that Decimal's default context keeps.
MAX_DIGITS = 20
_DIGIT = re.compile("[0-9일이삼사오육칠팔구]")
_TOKEN = re.compile(rf"(?P<number>{NUMBER})|(?P<letter>[일이삼사오육칠팔구십백천만억조경])")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A numeral's value, the size of its last written digit, and that size when trailing zeros count as rounding."""

    value: Decimal
    precision: Decimal
    rough: Decimal


def well_grouped(number: str) -> bool:
    """Return whether the commas of a number stand every three digits, or there are none."""
    first, *rest = number.partition(".")[0].split(",")
    return not rest or (1 <= len(first) <= 3 and all(len(group) == 3 for group in rest))


def plain(number: str) -> Numeral:
    """Return what a number in digits is worth: "1,234.50" is 1234.50, to 0.01."""
    digits = number.replace(",", "")
    value = Decimal(digits)
    precision = Decimal(1).scaleb(-len(digits.partition(".")[2]))
    whole = digits.rstrip("0") if "." not in digits else digits
    zeros = len(digits) - len(whole) if whole else 0
    return Numeral(value, precision, precision.scaleb(zeros))


@lru_cache(maxsize=256)
def _power(scale: str) -> int | None:
    """Return the power of ten of a scale with no digits in it: "백만" is 6; None for "만 5천"."""
    value = compound("1" + scale)
    return value.value.adjusted() if value and not _DIGIT.search(scale) else None


def scaled(number: str, scale: str) -> Numeral | None:
    """Return the value of a number and the scale after it ("1,234" and "백만", "3" and "천 5백만")."""
    power = _power(scale) if len(scale) < 6 else None
    if power is None:
        return compound(number + scale)
    base = plain(number)
    return Numeral(base.value.scaleb(power), base.precision.scaleb(power), base.rough.scaleb(power))


def compound(text: str) -> Numeral | None:
    """Return the value of a numeral with scales; None when its parts cannot stand in that order ("삼사", "일이삼")."""
    total = section = Decimal(0)
    pending: Numeral | None = None
    last = Numeral(Decimal(1), Decimal(1), Decimal(1))
    for token in _TOKEN.finditer(text):
        letter = token["letter"]
        if letter is None or letter in DIGITS:
            if pending is not None:
                return None
            number = plain(token["number"]) if letter is None else Numeral(DIGITS[letter], Decimal(1), Decimal(1))
            pending = last = number
            continue
        power = SCALES[letter]
        if power < 4:
            section += (pending.value if pending else Decimal(1)).scaleb(power)
            shifted = pending or Numeral(Decimal(1), Decimal(1), Decimal(1))
            last = Numeral(shifted.value, shifted.precision.scaleb(power), shifted.rough.scaleb(power))
        else:
            section += pending.value if pending else Decimal(0)
            if not section and not total:
                section = Decimal(1)
            # "1만억" multiplies what is already there; "1조 2억" adds to it.
            total = total.scaleb(power) if not section else total + section.scaleb(power)
            section = Decimal(0)
            last = Numeral(last.value, last.precision.scaleb(power), last.rough.scaleb(power))
        pending = None
    value = total + section + (pending.value if pending else Decimal(0))
    return Numeral(value, last.precision, last.rough)
