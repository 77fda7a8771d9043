"""A hit: a chunk a retriever found, how near it was, and which retriever found it."""

from __future__ import annotations

from dataclasses import dataclass

from mundap.chunk import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One chunk found. score is large when near; rank counts from 1; retriever names "dense", "bm25" or both joined by '+'.

    dense (a cosine in [-1, 1]) and bm25 (0 and up) are what the score was made of; dense_rank and bm25_rank count from 1
    among the candidates each of them offered, 0 where it did not offer the chunk. twins are the citations of chunks that
    say the same of the same thing, and were left out for it.
    """

    chunk: Chunk
    score: float
    rank: int
    retriever: str
    dense: float = 0.0
    bm25: float = 0.0
    twins: tuple[str, ...] = ()
    dense_rank: int = 0
    bm25_rank: int = 0
