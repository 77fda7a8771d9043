"""Does retrieval find what holds the answer? None of a system that searches for nothing, and where no chunk is known.

A chunk found counts as a gold one too when its passage quotes a gold line: documents repeat themselves (twins), and the
index may keep either. Only what was quoted can show that, so a twin further down than the passages is not counted.
"""

from __future__ import annotations

from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.citing import holds_answer, quoted
from rag.evaluation.metrics.standing import lines_of


def reciprocal_rank(gold: Gold, reply: Reply) -> float | None:
    """Return 1 / the place of the first chunk found that holds the answer, 0 where none does; its mean is MRR."""
    if not _asked(gold, reply):
        return None
    holding = _holding(gold, reply)
    return next((1 / place for place, chunk in enumerate(reply.found, start=1) if chunk in holding), 0.0)


def found_recall(gold: Gold, reply: Reply) -> float | None:
    """Return which share of the gold chunks was found, a twin standing for one that was not."""
    if not _asked(gold, reply):
        return None
    twins = len(_holding(gold, reply).difference(gold.chunks).intersection(reply.found))
    hit = len(set(gold.chunks).intersection(reply.found))
    return min(1.0, (hit + twins) / len(set(gold.chunks)))


def passage_recall(gold: Gold, reply: Reply) -> float | None:
    """Return which share of the gold lines the prompt quoted; without lines, 1 where it quoted a gold chunk.

    Asked of a system that is given its passages, too; None of one without any, unless it searched.
    """
    if not gold.answerable or not (gold.chunks or lines_of(gold)) or not (reply.retrieved or reply.passages):
        return None
    return quoted(gold, list(reply.passages))


def _asked(gold: Gold, reply: Reply) -> bool:
    return gold.answerable and bool(gold.chunks) and reply.retrieved


def _holding(gold: Gold, reply: Reply) -> set[str]:
    return set(gold.chunks) | {one.chunk_id for one in reply.passages if one.chunk_id and holds_answer(one, gold)}
