"""The order of hits once their lines are read: a chunk with a line that answers the question comes first.

Retrieval compares whole chunks, and a table's chunk is about many things at once; which of them holds the very item is
seen only line by line. Hits without such a line keep the retriever's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mundap.context import head, lines_of, match
from mundap.question import Question
from rag.checks.evidence import is_fact
from rag.search.hit import Hit

MAX_SURPLUS = 6  # letters a label may have beyond the question: "현금배당금" for 배당금, not "이익잉여금처분계산서상…"


def rerank(question: Question, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits, those with the closest answering line first, ranks counted anew."""
    keyed = sorted(enumerate(hits), key=lambda pair: (_closeness(question, pair[1]), pair[0]))
    return [replace(hit, rank=rank) for rank, (_, hit) in enumerate(keyed, start=1)]


def _closeness(question: Question, hit: Hit) -> int:
    """Return the fewest letters beyond the question among the chunk's answering lines; more than MAX_SURPLUS if none."""
    title = head(hit.chunk)
    found = (match(question, line, title) for line in lines_of(hit.chunk) if is_fact(line))
    return min((fits.surplus for fits in found if fits.exact and fits.surplus <= MAX_SURPLUS), default=MAX_SURPLUS + 1)
