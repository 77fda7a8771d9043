"""Fusion against sums worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.search.fusion import FUSIONS, reciprocal_rank_fusion, weighted_sum


def scores(*values: float) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def test_a_weighted_sum_by_hand() -> None:
    assert weighted_sum(scores(0.5, -0.1, 0.25), scores(0, 7, 3), 18).tolist() == pytest.approx([9, 5.2, 7.5])
    assert weighted_sum(scores(0.5, 0.9), scores(2, 1), 0).tolist() == [2, 1]


def test_reciprocal_ranks_by_hand() -> None:
    # dense: a b c; bm25: c a, and b holds no word of the question: a = 1/61 + 1/62, b = 1/62, c = 1/63 + 1/61
    fused = reciprocal_rank_fusion(scores(0.9, 0.8, 0.1), scores(3, 0, 7))
    assert fused.tolist() == pytest.approx([0.0325224748, 0.0161290323, 0.0322664585])


def test_reciprocal_ranks_look_at_no_score_and_ties_share_the_better_rank() -> None:
    assert reciprocal_rank_fusion(scores(1e9, -5), scores(1, 2)).tolist() == pytest.approx([1 / 61 + 1 / 62] * 2)
    assert reciprocal_rank_fusion(scores(0.3, 0.3, 0.1), scores(0, 0, 0)).tolist() == pytest.approx(
        [1 / 61, 1 / 61, 1 / 63])


def test_a_small_k_favours_first_places() -> None:
    dense, bm25 = scores(0.9, 0.8, 0.1), scores(1, 2, 3)
    assert int(np.argmax(reciprocal_rank_fusion(dense, bm25, k=60))) in (0, 2)
    assert reciprocal_rank_fusion(dense, bm25, k=0).tolist() == pytest.approx([1 + 1 / 3, 1 / 2 + 1 / 2, 1 / 3 + 1])


@pytest.mark.parametrize("name", list(FUSIONS))
def test_every_fusion_keeps_the_shape_and_takes_nothing(name: str) -> None:
    assert FUSIONS[name](scores(), scores(), 18).shape == (0,)
    assert FUSIONS[name](scores(0.5, 0.1), scores(1, 4), 18).shape == (2,)


def test_one_retriever_alone_is_its_own_score() -> None:
    assert FUSIONS["dense"](scores(0.5, 0.1), scores(1, 4), 18).tolist() == pytest.approx([0.5, 0.1])
    assert FUSIONS["bm25"](scores(0.5, 0.1), scores(1, 4), 18).tolist() == [1, 4]
