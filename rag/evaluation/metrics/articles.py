"""Does a reply name the article that the reference names? 제24조 제2항 is told by 제24조 too, not by 제24조 제1항."""

from __future__ import annotations

from mundap.grounding import Claim, claims
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.standing import bare


def articles_right(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where every article of the reference is named and none of another number; None where it names none."""
    wanted = _articles(gold.reference) if gold.answerable else []
    if not wanted:
        return None
    said = [] if reply.declined else _articles(reply.text)
    named = all(any(_agree(one, other) for other in said) for one in wanted)
    return float(named and all(any(_agree(one, other) for one in wanted) for other in said))


def _articles(text: str) -> list[Claim]:
    return [one for one in claims(bare(text)) if one.kind == "article" and one.parts[0]]


def _agree(one: Claim, other: Claim) -> bool:
    """Return whether two references may be one: the same 조 and 의, and below them nothing that differs where both say it."""
    return one.parts[:2] == other.parts[:2] and all(
        not mine or not theirs or mine == theirs for mine, theirs in zip(one.parts[2:], other.parts[2:], strict=True))
