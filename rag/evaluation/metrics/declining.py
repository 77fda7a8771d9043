"""Does a system decline what it should, and answer what it can?"""

from __future__ import annotations

from rag.evaluation.asked import Gold, Reply


def declined_rightly(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where a question that the documents hold no answer to is declined; None of one they do answer."""
    return None if gold.answerable else float(reply.declined)


def answered(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where a question that can be answered is, rightly or not; a failed or empty reply is no answer."""
    return float(not reply.declined and bool(reply.text.strip()) and not reply.error) if gold.answerable else None


def wrongly_declined(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where a question that can be answered is declined."""
    return float(reply.declined) if gold.answerable else None
