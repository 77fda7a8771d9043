"""Does a reply name the article that the reference names? 제24조 제2항 is told by 제24조 too, not by 제24조 제1항."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mundap.grounding import Claim, claims
from mundap.korean import morphemes, sentences
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.standing import bare, texts_of

_SOURCE = re.compile(r"\s?에\s?(?:따르면|따라|의하면|의하여)")
_MOST = 0.8   # of a sentence's content words


def articles_right(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where every article of the reference is named and none of another number; None where it names none."""
    wanted = _articles(gold.reference) if gold.answerable else []
    if not wanted:
        return None
    said = [] if reply.declined else _articles(reply.text)
    named = all(any(_agree(one, other) for other in said) for one in wanted)
    return float(named and all(any(_agree(one, other) for one in wanted) for other in said))


def misattributed(gold: Gold, reply: Reply) -> tuple[str, ...]:
    """Return the articles a reply gives as the source of what it says ("제21조에 따르면") where the answer stands in another.

    An article that says what the sentence says is left alone, though it is not the one that answers: it is beside the
    question, not invented. A question may name an article itself, and a reference that names none says nothing of which
    is right; where the documents hold no answer, none can be its source.
    """
    if reply.declined:
        return ()
    right = [*_articles(gold.reference), *_articles(gold.question)] if gold.answerable else _articles(gold.question)
    if gold.answerable and not _articles(gold.reference):
        return ()
    return tuple(dict.fromkeys(
        one.text for sentence in sentences(bare(reply.text)) for one in _articles(sentence)
        if _SOURCE.match(sentence, one.span[1]) and not any(_agree(one, other) for other in right)
        and not _says(one, sentence[one.span[1]:], texts_of(reply))))


def _says(article: Claim, said: str, sources: Sequence[str]) -> bool:
    """Return whether a source that names the article holds most of what is said to stand in it."""
    wanted = set(morphemes(_SOURCE.sub("", said, count=1)))
    return any(len(wanted & set(morphemes(text))) >= _MOST * len(wanted) for text in sources
               if any(article.parts[:2] == other.parts[:2] for other in _articles(text)))


def _articles(text: str) -> list[Claim]:
    return [one for one in claims(bare(text)) if one.kind == "article" and one.parts[0]]


def _agree(one: Claim, other: Claim) -> bool:
    """Return whether two references may be one: the same 조 and 의, and below them nothing that differs where both say it."""
    return one.parts[:2] == other.parts[:2] and all(
        not mine or not theirs or mine == theirs for mine, theirs in zip(one.parts[2:], other.parts[2:], strict=True))
