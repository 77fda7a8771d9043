"""Deviations from the mean against numbers worked out by hand, and the file they are kept in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mundap.errors import IndexMismatch
from rag.indexing.vectors import Vectors


def test_similarity_by_hand() -> None:
    vectors = Vectors(np.array([[1, 0], [0, 1]], dtype=np.float32))   # mean (.5, .5); deviations (.5, -.5) and (-.5, .5)
    assert vectors.similarity(np.array([0.8, 0.6], dtype=np.float32)).tolist() == pytest.approx([0.4472136, -0.4472136])


def test_it_is_the_cosine_of_what_is_left_without_the_mean() -> None:
    drawn = np.random.default_rng(0)
    matrix = drawn.normal(size=(50, 8)).astype(np.float32) + 3
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    query = matrix[7] + 0.01
    away, of_query = matrix - matrix.mean(axis=0), query - matrix.mean(axis=0)
    expected = away @ of_query / np.linalg.norm(away, axis=1) / np.linalg.norm(of_query)
    vectors = Vectors(matrix)
    assert vectors.similarity(query) == pytest.approx(expected, abs=1e-4)
    rows = np.array([7, 3, 49])
    assert vectors.similarity(query, rows) == pytest.approx(expected[rows], abs=1e-4)
    assert int(np.argmax(vectors.similarity(query))) == 7


def test_the_mean_itself_is_similar_to_nothing() -> None:
    alone = Vectors(np.array([[0.6, 0.8]], dtype=np.float32))
    assert alone.similarity(np.array([1, 0], dtype=np.float32)).tolist() == [0]
    two = Vectors(np.array([[1, 0], [0, 1]], dtype=np.float32))
    assert two.similarity(two.mean).tolist() == [0, 0]


def test_an_empty_index_has_no_similarities() -> None:
    assert Vectors(np.zeros((0, 4), dtype=np.float32)).similarity(np.ones(4, dtype=np.float32)).shape == (0,)


def test_saved_and_loaded_alike_and_damage_is_told(tmp_path: Path) -> None:
    made = Vectors(np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32))
    made.save(tmp_path)
    query = np.ones(4, dtype=np.float32)
    assert Vectors.load(tmp_path).similarity(query).tolist() == made.similarity(query).tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.npy"]
    (tmp_path / "vectors.npy").write_bytes((tmp_path / "vectors.npy").read_bytes()[:100])
    with pytest.raises(IndexMismatch, match="vectors cannot be read"):
        Vectors.load(tmp_path)
    with pytest.raises(IndexMismatch, match="mundap index"):
        Vectors.load(tmp_path / "none")
