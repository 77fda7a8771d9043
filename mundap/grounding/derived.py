"""Claims computed from two cited figures: a change rate, a share, a multiple, a difference, a sum.

With many figures nearly every percentage is the ratio of some two, so only pairs that belong together are tried:
figures that the answer itself states and that are supported, and figures of one item in two periods (lines equal but
for their figures and dates). The sentence must say what was computed ("증가", "비중", "합계" ...).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from mundap.grounding.claim import Claim
from mundap.grounding.evidence import ANY, Figure
from mundap.grounding.items import Items, Point, point_of
from mundap.grounding.support import Support, gather, rounds_to
from mundap.grounding.tone import Tone

_CHANGE = re.compile(r"증가|감소|증감|차이|늘|줄|변동|하락|상승|격차|성장|확대|축소"
                     r"|인상|인하|올랐|내렸|떨어|급증|급감|대비|많|적[다었은]|개선|악화"
                     r"|더\s?(?:크|큽|큰|높|낮|작|길|긴|깁|짧|적)")
# "한빛이 가온보다 12백만원 더 많습니다": 가온's figure must be the smaller one.
_ORDER = re.compile(r"(?P<than>\S+)보다\s[^.]{0,60}?더\s?(?:(?P<up>많|크|큽|큰|높|길|긴|깁)|적|작|낮|짧)")
_LARGER = re.compile(r"(?P<subject>(?:[^\s\d,.]+ ){0,3}[^\s\d,.]+?)(?:이|가) [\d,.]+[^\s\d]{1,6} 더\s?"
                     r"(?:(?P<up>많|크|큽|큰|높|길|긴|깁)|적|작|낮|짧)")
_LOSS, _GAIN = re.compile(r"손실|적자|결손"), re.compile(r"이익|흑자")
_SUM = re.compile(r"합계|합[은이한하을]|합산|합치|더[한하해]|총|모두|전체")
_SHARE = re.compile(r"비중|비율|차지|구성비|점유|[율률]|해당|수준")
_YEAR_BEFORE = re.compile(r"전년|지난해|작년|직전\s?연도")
_BASE_YEAR = re.compile(r"(\d{4})\s?년(?:도|말)?\s?(?:보다|과의|\s?대비|에\s?(?:비해|견주))")
_MAX_STATED, _MAX_ITEM = 12, 12


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the answer: its text, the years it names, and the figures of the passages stated up to its end."""

    text: str
    years: frozenset[str]
    stated: Sequence[Figure]


def derive(claim: Claim, words: Tone, said: Said, items: Items, allowed: Collection[int]) -> tuple[Support, ...]:
    """Return the passages of two figures that a claim follows from by computation; empty when there are none such."""
    if claim.value is None or claim.kind not in ("percent", "amount", "count"):
        return ()
    change, total, share = (bool(pattern.search(said.text)) for pattern in (_CHANGE, _SUM, _SHARE))
    if not (change or total or share or claim.unit == "배"):
        return ()
    loss = bool(_LOSS.search(said.text)) and not _GAIN.search(said.text)
    wanted = _Wanted(claim, abs(claim.value), -1 if claim.value < 0 else words.trend, change, total, share, loss)
    for first, second, together in _pairs(claim, said.stated, items, allowed):
        for new, old in _orders(first, second):
            if _fits_years(new, old, said) and _in_order(said, new.figure, old.figure) \
                    and _follows(wanted, new.figure, old.figure, together):
                places = [(point.figure.passage, point.figure.line) for point in (new, old)]
                return gather(places, derived=True)
    return ()


def _fits_years(new: Point, old: Point, said: Said) -> bool:
    """Return whether a pair is of the years a sentence names; "2023년 전년 대비" names 2023 and the year before."""
    if len(said.years) not in (1, 2) or new.time is None or old.time is None or min(new.time, old.time) < 1000:
        return True
    base = _BASE_YEAR.search(said.text)
    if len(said.years) == 1 and base and base[1] == str(new.time):
        return False   # "2023년보다 증가" of 2023 and 2022
    if len(said.years) == 1 and _YEAR_BEFORE.search(said.text):
        return said.years == {str(new.time)} and old.time == new.time - 1
    return said.years <= {str(new.time), str(old.time)}


def _in_order(said: Said, one: Figure, other: Figure) -> bool:
    """Return False for a sentence that says "A가 B보다 더 많다" of a larger figure of B, or of a pair that B is not of.

    B is known when its name stands in the line of a figure that the answer states.
    """
    order = _ORDER.search(said.text)
    if order is None and (larger := _LARGER.search(said.text)):
        return _subject_is_larger(larger, one, other)
    if order is None or not any(order["than"] in figure.text for figure in said.stated):
        return True
    than = [order["than"] in figure.text for figure in (one, other)]
    if than[0] == than[1]:
        return False
    base, against = (one, other) if than[0] else (other, one)
    return against.value > base.value if order["up"] else against.value < base.value


def _subject_is_larger(order: re.Match[str], one: Figure, other: Figure) -> bool:
    """Return False for "남성 입원이 … 더 적습니다" of the larger figure; the subject's last words tell the lines apart."""
    words = order["subject"].split()
    for at in range(len(words)):
        name = "".join(words[at:])
        held = [name in figure.text.replace(" ", "") for figure in (one, other)]
        if held[0] != held[1]:
            named, against = (one, other) if held[0] else (other, one)
            return named.value > against.value if order["up"] else named.value < against.value
    return True


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A claim to compute: its size, direction (1 up, -1 down, 0 unsaid), and what its sentence says was computed.

    loss: the sentence speaks of a loss, so that of two negative figures the larger loss is the larger one.
    """

    claim: Claim
    size: Decimal
    direction: int
    change: bool
    total: bool
    share: bool
    loss: bool = False


def _follows(wanted: _Wanted, new: Figure, old: Figure, together: bool) -> bool:
    """Return whether the claim is what the sentence says it computed from new and old; a share needs both stated."""
    claim, size, change = wanted.claim, wanted.size, wanted.change
    difference = new.value - old.value
    if wanted.loss and new.value < 0 and old.value < 0:
        difference = -difference
    way = wanted.direction == 0 or difference == 0 or (difference > 0) == (wanted.direction > 0)
    if claim.unit == "%":
        if not old.value:
            return False
        if change and new.value * old.value < 0:
            return False  # from a loss to a profit there is no rate
        if change and way and new.unit != "%" and _rounded(difference / abs(old.value) * 100, size, claim):
            return wanted.direction != 0 or difference > 0
        ratio = new.value / old.value * 100
        positive = claim.value is not None and claim.value > 0
        return wanted.share and together and new.unit != "%" and ratio > 0 and positive and _rounded(ratio, size, claim)
    if claim.unit == "배":
        return bool(old.value) and new.value / old.value > 0 and _rounded(new.value / old.value, size, claim)
    if claim.unit != {"%": "%p"}.get(new.unit, new.unit):
        return False
    if change and way and _near(difference, size, claim, new, old):
        return True
    return wanted.total and claim.unit != "%p" and _near(new.value + old.value, size, claim, new, old)


def _rounded(computed: Decimal, size: Decimal, claim: Claim) -> bool:
    return rounds_to(abs(computed), size, claim.rough if claim.approximate else claim.precision)


def _near(computed: Decimal, size: Decimal, claim: Claim, new: Figure, old: Figure) -> bool:
    """Return whether a sum or difference is the claim's, exactly or once rounded to the claim's coarser precision."""
    if abs(computed) == size:
        return True
    coarser = claim.precision > max(new.precision, old.precision)
    return (coarser or claim.approximate) and bool(computed) and _rounded(computed, size, claim)


def _orders(first: Point, second: Point) -> Iterator[tuple[Point, Point]]:
    """Yield the pair as (newer, older); both ways when the time is not known."""
    if first.time is None or second.time is None or first.time == second.time:
        yield first, second
        yield second, first
    else:
        yield (first, second) if first.time > second.time else (second, first)


def _pairs(claim: Claim, stated: Sequence[Figure], items: Items,
           allowed: Collection[int]) -> Iterator[tuple[Point, Point, bool]]:
    """Yield the pairs of figures of one unit to try; the flag says that the answer states both."""
    wanted = {"%p": "%"}.get(claim.unit, claim.unit)
    own = [point_of(figure) for figure in dict.fromkeys(stated) if figure.passage in allowed
           and figure.unit not in (ANY,) and (claim.unit in ("%", "배") or figure.unit == wanted)]
    for first, second in combinations(own[:_MAX_STATED], 2):
        one, other = first.figure, second.figure
        if one.unit == other.unit and (one.text, one.span) != (other.text, other.span):
            yield first, second, True
    for unit, groups in items.groups().items():
        if not (unit == wanted or (claim.unit in ("%", "배") and unit not in ("%", "분수"))):
            continue
        for members in groups:
            here = [point for point in members if point.figure.passage in allowed]
            for first, second in combinations(here[:_MAX_ITEM], 2):
                if first.time != second.time:
                    yield first, second, False
