"""Fusion against sums worked out by hand."""

from __future__ import annotations

import pytest

from rag.fusion import FUSIONS, reciprocal_rank_fusion


def test_reciprocal_ranks_by_hand() -> None:
    dense = [("a", 0.9), ("b", 0.8), ("c", 0.1)]
    bm25 = [("c", 7.0), ("a", 3.0)]
    # a = 1/61 + 1/62, c = 1/63 + 1/61, b = 1/62
    assert reciprocal_rank_fusion([dense, bm25]) == [
        ("a", pytest.approx(0.0325224748)), ("c", pytest.approx(0.0322664585)), ("b", pytest.approx(0.0161290323))]


def test_scores_of_the_rankings_do_not_matter() -> None:
    first = reciprocal_rank_fusion([[("a", 1e9), ("b", -5.0)]])
    assert first == reciprocal_rank_fusion([[("a", 0.2), ("b", 0.1)]])


def test_ties_go_by_id_whatever_the_order_of_the_rankings() -> None:
    one, two = [("b", 1.0), ("a", 0.5)], [("a", 1.0), ("b", 0.5)]
    assert [name for name, _ in reciprocal_rank_fusion([one, two])] == ["a", "b"]
    assert reciprocal_rank_fusion([one, two]) == reciprocal_rank_fusion([two, one])


def test_a_small_k_favours_first_places() -> None:
    rankings = [[("a", 1.0), ("b", 0.9)], [("c", 1.0), ("b", 0.9)]]
    assert reciprocal_rank_fusion(rankings, k=60)[0][0] == "b"  # 2/62 > 1/61
    assert reciprocal_rank_fusion(rankings, k=0)[0] == ("a", 1.0)  # 1/1 = 2/2: a tie, by id


def test_nothing_in_nothing_out() -> None:
    assert reciprocal_rank_fusion([[], []]) == []
    assert FUSIONS["rrf"]([]) == []
