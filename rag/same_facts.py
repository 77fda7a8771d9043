"""What an answer tells, in a form that can be compared: the same question at another level must tell the same.

    "… 매출액(…)은 1,298,256,780원(약 13억원)입니다. [1]"  and  "… 연결 기준 매출액은 1,298,256,780원입니다. [2]"
    have the same figures; their citations are compared by the document and section they name, not by number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mundap.grounding import Claim, check, figures
from mundap.korean import sentences
from mundap.terms import holds_meaning
from rag.answer import Answer

Figure = tuple[Decimal, str]   # in its base unit: (Decimal(1298256780), "원")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An answer's figures in their base units, the citations as shown, and whether it declines."""

    figures: frozenset[Figure]
    citations: frozenset[str]
    declined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How an answer is worded: words in a sentence on average, and terms explained in it or beside it."""

    words_per_sentence: float
    explained: int


def facts_of(answer: Answer) -> Facts:
    """Return what an answer tells. A figure that only rounds another of the answer, or of its line, is that one."""
    if answer.declined:
        return Facts(figures=frozenset(), citations=frozenset(), declined=True)
    checked = check(answer.text, answer.passages).claims
    exact = [one.claim for one in checked if one.claim.numeric and not one.claim.approximate]
    lines = {passage.number: passage.lines for passage in answer.passages}
    found = set()
    for one in checked:
        if not one.claim.numeric or one.claim.value is None:
            continue
        beside = [claim for support in one.supports for at in support.lines if at >= 0
                  for claim in figures(lines[support.passage][at])]
        meant = next((other for other in (*exact, *beside) if _rounds(one.claim, other)), one.claim)
        found.add((_value(meant), meant.unit))
    return Facts(figures=frozenset(found), citations=frozenset(one.label for one in answer.citations), declined=False)


def wording_of(answer: Answer, terms: Mapping[str, str]) -> Wording:
    """Return how an answer is worded; its citation marks and declining aside."""
    said = sentences(answer.text) if not answer.declined else []
    words = [sum(not word.startswith("[") for word in one.split()) for one in said]
    explained = {term for term in terms if holds_meaning(answer.text, terms[term])} | {term for term, _ in answer.terms}
    return Wording(words_per_sentence=sum(words) / len(words) if words else 0.0, explained=len(explained))


def _value(claim: Claim) -> Decimal:
    return claim.value.normalize() if claim.value is not None else Decimal(0)


def _rounds(rough: Claim, exact: Claim) -> bool:
    """Return whether a rough figure is another one with fewer digits."""
    return (rough.approximate and not exact.approximate and rough.unit == exact.unit
            and abs(_value(rough) - _value(exact)) <= max(rough.precision, rough.rough))
