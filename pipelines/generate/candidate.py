"""A question and answer a model has proposed for a chunk, before any check has passed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mundap.chunk import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One proposed pair, the kind and level it was asked for ("" for no level), and the chunk it must rest on."""

    question: str
    answer: str
    kind: str
    level: str
    chunk: Chunk


Check = Callable[[Candidate], str]
"""Returns "" for a candidate that passes, else the named reason why it does not: "not_grounded", "short_answer: 8 characters"."""
