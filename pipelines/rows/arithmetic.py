"""Exact arithmetic on printed figures: differences, rates and shares in Decimal, each with how it is written.

Rates and shares have one decimal, rounded half up. A rate is told only of two figures without a sign change.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from pipelines.facts import PlacedFact

WON = {"원": 1, "천원": 10**3, "백만원": 10**6, "억원": 10**8, "십억원": 10**9, "조원": 10**12}
_EOK, _JO = 10**8, 10**12
# Units of things that are counted or paid: only of these does one tell a percentage of growth.
_GROWS = frozenset(WON) | frozenset("명 인 주 천주 백만주 건 개 개사 사 곳 대 톤 시간 US$ 천US$ 백만US$ 달러 천달러".split())
_MAX_RATE = 1000   # a change beyond this is told as an amount alone: "12,345.6%" says nothing to a reader
_TENTH = Decimal("0.1")


def number(fact: PlacedFact) -> Decimal:
    """Return a figure's number as printed, sign kept, its unit apart."""
    return Decimal(fact.value.replace(",", ""))


def worth(fact: PlacedFact) -> Decimal:
    """Return a figure's number in won when its unit is money, else in its own unit."""
    return number(fact) * WON.get(fact.unit, 1)


def one_unit(first: PlacedFact, second: PlacedFact) -> bool:
    """Return whether two figures can be set against each other: one unit, or both won."""
    return first.unit == second.unit or (first.unit in WON and second.unit in WON)


def decimals(value: Decimal) -> int:
    """Return how many digits stand after the point."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def printed(value: Decimal, places: int) -> str:
    """Return a number with thousands separators and a fixed number of decimals."""
    return f"{value:,.{places}f}"


def difference(new: PlacedFact, old: PlacedFact) -> str:
    """Return the size of the difference of two figures with its unit, "%p" for per cent.

    Of two different won units it is in the coarser one, "약" before it where that rounds.
    """
    if new.unit == old.unit:
        size = abs(number(new) - number(old))
        unit = "%p" if new.unit == "%" else new.unit
        return printed(size, max(decimals(number(new)), decimals(number(old)))) + unit
    unit = max((new.unit, old.unit), key=WON.__getitem__)
    exact = abs(worth(new) - worth(old)) / WON[unit]
    whole = exact.quantize(Decimal(1), ROUND_HALF_UP)
    return f"{'' if whole == exact else '약 '}{whole:,}{unit}"


def rate(new: PlacedFact, old: PlacedFact) -> str:
    """Return the size of the change in per cent of the old figure, "12.2%"; "" where none should be told.

    None is told of rates themselves, from zero or a negative figure, across a change of sign, or beyond 1,000%.
    """
    first, last = number(old), number(new)
    if new.unit != old.unit or new.unit not in _GROWS or first <= 0 or last < 0:
        return ""
    found = (abs(last - first) / first * 100).quantize(_TENTH, ROUND_HALF_UP)
    return f"{found:,}%" if 0 < found <= _MAX_RATE else ""


def share(part: PlacedFact, whole: PlacedFact) -> str:
    """Return part in per cent of whole, "45.3%"; "" where the two have no share in each other (zero, a negative)."""
    if worth(part) <= 0 or worth(whole) <= 0:
        return ""
    found = (worth(part) / worth(whole) * 100).quantize(_TENTH, ROUND_HALF_UP)
    return f"{found:,}%" if found > 0 else ""


def in_eok(amount: Decimal) -> str:
    """Return won as a reader says it, "약 1조 2,346억원": rounded half up to 억원; "" below 1억원.

    약 stands where that rounds.
    """
    size = abs(amount)
    if size < _EOK:
        return ""
    eok = int((size / _EOK).quantize(Decimal(1), ROUND_HALF_UP))
    jo, rest = divmod(eok, _JO // _EOK)
    words = (f"{jo:,}조 {rest:,}억원" if rest else f"{jo:,}조원") if jo else f"{rest:,}억원"
    return f"{'' if eok * _EOK == size else '약 '}{'-' if amount < 0 else ''}{words}"
