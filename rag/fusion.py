"""Fusion: several rankings of the same chunks made into one. Plain functions over ids and scores; no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Ranking = Sequence[tuple[str, float]]  # (id, score), best first
Fused = list[tuple[str, float]]

RRF_K = 60  # Source: Cormack, Clarke, Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet…", section 2


def reciprocal_rank_fusion(rankings: Sequence[Ranking], k: int = RRF_K) -> Fused:
    """Return ids with the sum of 1 / (k + rank) over the rankings that hold them, best first; ties in order of id.

    Ranks count from 1 and the rankings' own scores are not looked at, so cosine and BM25 need no common scale.
    """
    totals: dict[str, float] = {}
    for ranking in rankings:
        for rank, (name, _) in enumerate(ranking, start=1):
            totals[name] = totals.get(name, 0.0) + 1.0 / (k + rank)
    return sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))


# retrieval.fusion in rag.yaml; a new one is a function here and a choice in configs/schema/rag.schema.json.
FUSIONS: Mapping[str, Callable[[Sequence[Ranking]], Fused]] = {"rrf": reciprocal_rank_fusion}
