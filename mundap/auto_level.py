"""Which level a question is asked at, from its own words and the talk before, with the reason in words.

Each cue of mundap.level_cues that the question holds adds its weight; an earlier question counts half of the one after
it. A wish said outright ("쉽게 설명해 주세요") decides alone and holds until another. No model, no dictionary but the cues
and the terms given: the same words give the same level, in well under a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mundap.korean import josa, nfc
from mundap.level_cues import BEGINNER_TO, CUES, EXPERT_FROM, FADING, NOT_WISHED, WISHES, Cue

EASY, MIDDLE, EXPERT = "초급", "중급", "고급"
_TERM_WEIGHT, _TERMS_MOST = 0.25, 0.5   # a word of the domain's glossary: every question about a figure holds one
_SHOWN, _TOLD = 3, 2                    # words that a reason quotes of one hit, and hits it tells
_LOOKED_BACK = 8                       # earlier questions that count; the ninth would weigh under a hundredth


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A level's name, why in words, and the sum it was chosen by (0 where a wish decided)."""

    name: str
    reason: str
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    said: str
    also: str
    words: tuple[str, ...]
    points: float

    def told(self, *, before_another: bool) -> str:
        """Return the hit in words: "'연결', 'EBITDA' 같은 전문 용어가 2개라서", before another "… 2개이고"."""
        return (self.also if before_another else self.said).format(words=_quoted(self.words), count=len(self.words))


def guess(questions: Sequence[str], terms: Iterable[str] = ()) -> Guess:
    """Return the level of the last of a conversation's questions (oldest first). terms are the domain's own, if any."""
    texts = [" ".join(nfc(text).split()) for text in questions]
    wished = next((found for text in reversed(texts) if (found := _wish(text))), None)
    if wished:
        name, words = wished
        said = josa(f"'{words}'", "이라/라")
        return Guess(name=name, reason=f"{said}고 하셔서 {name}")
    glossary = tuple(sorted(("".join(nfc(term).split()) for term in terms), key=len, reverse=True))
    hits: list[_Hit] = []
    for back, text in enumerate(reversed(texts[-_LOOKED_BACK - 1:])):
        hits += [_faded(hit, back) for hit in _hits(text, glossary)]
    score = sum(hit.points for hit in hits)
    name = EXPERT if score >= EXPERT_FROM else EASY if score <= BEGINNER_TO else MIDDLE
    return Guess(name=name, reason=_reason(name, hits), score=score)


def _wish(text: str) -> tuple[str, str] | None:
    """Return the level wished for outright and the words that say so: the last such words that are not taken back."""
    found = [(match.end(), name, match[0]) for name, pattern in WISHES for match in pattern.finditer(text)
             if not NOT_WISHED.match(text, match.end())]
    return max(found)[1:] if found else None


def _hits(text: str, glossary: Sequence[str]) -> list[_Hit]:
    found = [hit for cue in CUES if (hit := _hit(cue, text))]
    special = {word for hit in found for word in hit.words}
    known, rest = list[str](), text.replace(" ", "")
    for term in glossary:
        if term and term in rest:
            rest = rest.replace(term, "\0")   # 이익 is not also found inside 영업이익
            if not any(word in term or term in word for word in special):
                known.append(term)
    if known:
        found.append(_Hit(said="{words} 같은 용어를 써서", also="{words} 같은 용어를 쓰고", words=tuple(known),
                          points=min(_TERMS_MOST, _TERM_WEIGHT * len(known))))
    return found


def _hit(cue: Cue, text: str) -> _Hit | None:
    words = tuple(dict.fromkeys(match[0].strip("?.!~") for match in cue.pattern.finditer(text)))
    if not words:
        return None
    points = cue.weight * len(words)
    points = min(points, cue.most) if cue.weight > 0 else max(points, cue.most)
    return _Hit(said=cue.said, also=cue.also, words=words, points=points)


def _faded(hit: _Hit, back: int) -> _Hit:
    """Return the hit with what it counts for a question so many places before the last one."""
    where = "앞선 질문에서 " if back else ""
    return _Hit(said=where + hit.said, also=where + hit.also, words=hit.words, points=hit.points * FADING**back)


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words[:_SHOWN])


def _reason(name: str, hits: Sequence[_Hit]) -> str:
    """Return why, in words: the two weightiest hits that speak for the level, or that nothing speaks clearly."""
    if name == MIDDLE:
        if not hits:
            return "쉬운 설명이나 전문 지식을 바라는 표현이 없어서 중급"
        best = max(hits, key=lambda hit: abs(hit.points))
        return f"{josa(_quoted(best.words), '이라/라')}는 단서만으로는 어느 쪽으로도 기울지 않아서 중급"
    sign = 1 if name == EXPERT else -1
    told = sorted((hit for hit in hits if hit.points * sign > 0), key=lambda hit: -abs(hit.points))[:_TOLD]
    return f"{', '.join(hit.told(before_another=hit is not told[-1]) for hit in told)} {name}"
