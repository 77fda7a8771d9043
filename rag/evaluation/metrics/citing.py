"""Do the citations shown lead to the answer? Asked where the documents hold one and it is known where.

A passage holds the answer when it is of a gold chunk, or quotes a gold line: a twin chunk with the same line is as good.
"""

from __future__ import annotations

from mundap.prompt import Passage
from mundap.question import squeeze
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.articles import articles_right
from rag.evaluation.metrics.figures import right
from rag.evaluation.metrics.standing import lines_of


def citation_precision(gold: Gold, reply: Reply) -> float | None:
    """Return which share of the citations shown leads to a passage that holds the answer; None where none is shown."""
    if not _known(gold) or not reply.citations:
        return None
    by_number = {passage.number: passage for passage in reply.passages}
    led = [number in by_number and holds_answer(by_number[number], gold) for number in reply.citations]
    return sum(led) / len(led)


def citation_recall(gold: Gold, reply: Reply) -> float | None:
    """Return which share of the gold lines stands in the passages cited; without lines, 1 where a gold chunk is cited.

    A line counts too where its gold chunk is cited and only one line is needed.
    """
    return quoted(gold, [one for one in reply.passages if one.number in reply.citations]) if _known(gold) else None


def right_and_cited(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where the answer is right and all of it is cited.

    Right is the figure asked for; without one, the article the reference names; None where neither is known.
    """
    correct = right(gold, reply)
    correct = articles_right(gold, reply) if correct is None else correct
    recall = citation_recall(gold, reply)
    return None if correct is None or recall is None else float(correct == 1 and recall == 1)


def quoted(gold: Gold, passages: list[Passage]) -> float:
    """Return which share of the gold lines passages quote; without lines, or with one, a gold chunk's passage will do."""
    lines = lines_of(gold)
    if len(lines) < 2:
        return float(any(holds_answer(passage, gold) for passage in passages))
    texts = [squeeze(passage.text) for passage in passages]
    return sum(any(squeeze(line) in text for text in texts) for line in lines) / len(lines)


def holds_answer(passage: Passage, gold: Gold) -> bool:
    """Return whether a passage is of a gold chunk or quotes a gold line, blanks aside (an answer of two sentences is two lines)."""
    text = squeeze(passage.text)
    return (bool(passage.chunk_id) and passage.chunk_id in gold.chunks) or any(squeeze(line) in text for line in lines_of(gold))


def _known(gold: Gold) -> bool:
    return gold.answerable and bool(gold.chunks or lines_of(gold))
