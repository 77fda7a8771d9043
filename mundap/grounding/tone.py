"""Whether the words beside a figure say up or down, profit or loss: what a sign may be written as instead.

A loss of 1,234 and -1,234 are one figure; "12% 증가" and "12% 감소" are two. Only words between the neighbouring
figures and at most REACH characters away are read; words of both directions ("영업이익(손실)") say nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mundap.grounding.claim import Claim

REACH = 20
_UP = re.compile(r"증가|상승|늘[었어]|늘며|확대|증대|급증|인상|올랐|성장|증액")
_DOWN = re.compile(r"감소|하락|줄[었어]|줄며|축소|급감|인하|내렸|떨어|역성장|감액|내려")
_PROFIT = re.compile(r"이익|흑자|차익")
_LOSS = re.compile(r"손실|적자|결손|차손|손상")
_NEGATIVE = re.compile(r"유출|차감(?!\s?전)|마이너스|음\(-\)|부\(-\)")   # 법인세비용차감전순이익 is a profit
_EITHER = re.compile(r"이익\s?\((?:순)?(?:손실|결손)\)|손실\s?\((?:순)?이익\)|손익")   # a label that leaves the sign to the figure

_FROM = re.compile(r"\s?(?:에서|이던|이었던)")
_TO = re.compile(r"\s?(?:으로|로)")


@dataclass(frozen=True, slots=True)
class Tone:
    """trend: 1 up, -1 down. nature: 1 profit, -1 loss. 0: nothing said, or both. minus: words standing for a minus.

    either: an item named by both words, 손익 or 이익(손실), whose sign the figure itself gives.
    """

    trend: int
    nature: int
    minus: bool
    either: bool = False


def _say(text: str, plus: re.Pattern[str], minus: re.Pattern[str]) -> int:
    return bool(plus.search(text)) - bool(minus.search(text))


def tone(text: str, span: tuple[int, int], before: int, after: int) -> Tone:
    """Return what the words beside a figure say; before and after are where the neighbouring claims end and start."""
    start, end = span
    left, right = text[max(before, start - REACH):start], text[end:min(after, end + REACH)]
    right = re.split(r"[.!?]\s|\n|;", right, maxsplit=1)[0]
    trend = _say(right, _UP, _DOWN) or _say(left, _UP, _DOWN)
    both = _EITHER.sub("", left) + "\n" + _EITHER.sub("", right)
    nature = _say(both, _PROFIT, _LOSS)
    return Tone(trend, nature, trend < 0 or bool(_LOSS.search(both) or _DOWN.search(both) or _NEGATIVE.search(both)),
                bool(_EITHER.search(left) or _EITHER.search(right)))


def contradicts(text: str, first: Claim, second: Claim, words: Tone) -> bool:
    """Return whether a sentence says "100에서 200으로 감소": its own two figures against the word after them."""
    if first.value is None or second.value is None or first.unit != second.unit or not words.trend:
        return False
    if not _FROM.match(text, first.span[1]) or not _TO.match(text, second.span[1]):
        return False
    return (second.value - first.value) * words.trend < 0


def agrees(said: Tone, negative: bool, source: Tone, source_negative: bool) -> bool:
    """Return whether a figure of an answer may stand for one of a passage, given their signs and words.

    Opposite words never agree. A minus in one only is allowed when the other has a word that says it, and not where both
    speak of a loss: a loss of -1,234 is no loss of 1,234. A minus of the answer's own stands for 손실 only beside 이익 or 손익.
    """
    if said.trend * source.trend < 0:
        return False
    if negative == source_negative:
        return said.nature * source.nature >= 0
    if said.nature < 0 and source.nature < 0:
        return False
    if source_negative:
        return said.minus
    return source.minus and (source.nature >= 0 or said.nature > 0 or said.either)
