"""Fusion: the two similarities of the same candidates made into one score. Plain functions over arrays; no model.

Every candidate has both its numbers, also where only one retriever offered it, so that nothing is imputed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Fusion = Callable[[Floats, Floats, float], Floats]

RRF_K = 60  # Source: Cormack, Clarke, Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet…", section 2


def weighted_sum(dense: Floats, bm25: Floats, dense_weight: float) -> Floats:
    """Return bm25 + dense_weight * dense.

    BM25 is taken as it is: its size says how much of the question stands in the chunk, which ranks and a scaling to
    [0, 1] by question throw away. dense is a cosine, so one weight serves every question.
    """
    return bm25 + dense_weight * dense


def reciprocal_rank_fusion(dense: Floats, bm25: Floats, dense_weight: float = 1.0, k: int = RRF_K) -> Floats:
    """Return 1 / (k + rank) summed over the two rankings; ranks count from 1, ties share the better one.

    A BM25 of 0 is no rank. dense_weight is not used.
    """
    import numpy as np

    fused = 1.0 / (k + _ranks(dense)) + np.where(bm25 > 0, 1.0 / (k + _ranks(bm25)), 0.0)
    return np.asarray(fused, dtype=np.float32)


def dense_alone(dense: Floats, bm25: Floats, dense_weight: float = 1.0) -> Floats:
    """Return dense as it is."""
    return dense


def bm25_alone(dense: Floats, bm25: Floats, dense_weight: float = 1.0) -> Floats:
    """Return bm25 as it is."""
    return bm25


def _ranks(scores: Floats) -> NDArray[np.intp]:
    import numpy as np

    ordered = np.sort(-scores)
    return np.searchsorted(ordered, -scores, side="left") + 1


# retrieval.fusion in rag.yaml; a new one is a function here and a choice in configs/schema/rag.schema.json.
FUSIONS: Mapping[str, Fusion] = {"weighted": weighted_sum, "rrf": reciprocal_rank_fusion, "dense": dense_alone,
                                 "bm25": bm25_alone}
