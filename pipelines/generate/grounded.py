"""The check every generated answer passes: its figures, dates and articles follow from the chunk it was asked of.

The question's own figures are no evidence: a model that invents an amount often asks about it first.
"""

from __future__ import annotations

from mundap.chunk import Chunk
from mundap.grounding import check
from mundap.prompt import Passage
from pipelines.generate.candidate import Candidate, Check

NOT_GROUNDED = "not_grounded"


def grounded(candidate: Candidate) -> str:
    """Return "not_grounded: …" with the first figure, date or article the chunk does not support, else ""."""
    found = check(candidate.answer, [passage_of(candidate.chunk)])
    if found.ok:
        return ""
    wrong = [claim.text for claim in found.unsupported] + [
        f"[{number}]" for sentence in found.sentences for number in sentence.unknown_citations]
    return f"{NOT_GROUNDED}: {wrong[0]}" if wrong else NOT_GROUNDED


def passage_of(chunk: Chunk) -> Passage:
    """Return a chunk as the one passage an answer must rest on."""
    return Passage(number=1, head=f"{chunk.breadcrumbs} {chunk.citation}".strip(), chunk_id=chunk.chunk_id,
                   lines=tuple(line for line in chunk.text.splitlines() if line.strip()))


DEFAULT_CHECKS: tuple[Check, ...] = (grounded,)
