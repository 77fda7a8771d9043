"""The index: built, brought up to date, and refused when it does not fit the recipe. Its life is test_index_life.py's."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mundap.chunk import write_chunks
from mundap.errors import ConfigError, DataError, IndexMismatch
from mundap.paths import resolve, show
from rag.indexing import versions
from rag.indexing.build import build, open_index
from rag.indexing.store import score
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.small_index import built, chunk, recipe, reports, write


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


def version(project: Path) -> Path:
    """Return the folder of the version that serves."""
    place = resolve("indexes/demo", project)
    return versions.of(place, json.loads((place / "manifest.json").read_text(encoding="utf-8"))["version"])


def test_a_build_stores_vectors_metadata_bm25_and_chunks(tmp_path: Path, embedder: HashingEmbedder) -> None:
    report = built(tmp_path, reports(), embedder)
    assert (report.chunks, report.added, report.removed, report.unchanged) == (5, 5, 0, 0)
    assert set(report.seconds) == {"embed", "store", "bm25", "total"}
    index = open_index(recipe(), tmp_path, embedder)
    assert list(index.chunks.values()) == reports()
    first = reports()[0]
    row = index.store.rows()[first.chunk_id]
    assert {name: row[name] for name in ("company", "fiscal_year", "date", "superseded", "superseded_by")} == {
        "company": "가온누리전자", "fiscal_year": 2022, "date": 20230315, "superseded": 0, "superseded_by": ""}
    assert index.lexical.scores("한빛바이오").any()
    index.close()


def test_breadcrumbs_are_embedded_with_the_text(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports()[:1], embedder)
    assert embedder.embedded == ["사업보고서\n가온누리전자 2022년 매출액: 1,111백만원"]


def test_a_second_build_changes_no_byte_and_embeds_nothing(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    manifest = resolve("indexes/demo/manifest.json", tmp_path)
    before, mtime = manifest.read_bytes(), manifest.stat().st_mtime_ns
    embedder.embedded.clear()
    said: list[str] = []
    report = build(recipe(), tmp_path, embedder, said.append)
    assert (report.added, report.unchanged, embedder.embedded) == (0, 5, [])
    assert (manifest.read_bytes(), manifest.stat().st_mtime_ns) == (before, mtime)
    assert said == ["home/indexes/demo: nothing has changed; 5 chunks are indexed."]


def test_only_new_chunks_are_embedded_and_vanished_ones_go(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    embedder.embedded.clear()
    report = built(tmp_path, [*reports()[1:], chunk("새로운 문장", doc_id="new")], embedder)
    assert (report.added, report.removed, report.unchanged) == (1, 1, 4)
    assert embedder.embedded == ["사업보고서\n새로운 문장"]
    index = open_index(recipe(), tmp_path, embedder)
    assert not index.lexical.scores("1,111").any()
    assert index.lexical.scores("문장").any()
    assert index.store.count == 5
    index.close()


def test_a_chunk_superseded_since_keeps_its_vector(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    embedder.embedded.clear()
    first, *rest = reports()
    metadata = {"company": "가온누리전자"}  # fiscal_year is gone: its key must go from the row too
    report = built(tmp_path, [replace(first, superseded_by="g22-2", metadata=metadata), *rest], embedder)
    assert (report.updated, report.added, embedder.embedded) == (1, 0, [])
    index = open_index(recipe(), tmp_path, embedder)
    row = index.store.rows()[first.chunk_id]
    assert (row["superseded"], row["superseded_by"], "fiscal_year" in row) == (1, "g22-2", False)
    assert index.chunks[first.chunk_id].superseded_by == "g22-2"
    index.close()


def test_changed_breadcrumbs_embed_again(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    first, *rest = reports()
    assert built(tmp_path, [replace(first, breadcrumbs="정정"), *rest], embedder).added == 1


def test_another_model_embeds_all_again(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    wider = HashingEmbedder("hashing@2", dimension=96)
    assert built(tmp_path, reports(), wider).added == 5
    open_index(recipe(), tmp_path, wider).close()


def test_other_bm25_values_embed_nothing(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    other = {"bm25": {"k1": 1.2, "b": 0.5}}
    assert built(tmp_path, reports(), embedder, **other).added == 0
    open_index(recipe(**other), tmp_path, embedder).close()


def test_no_index_is_an_error_with_the_command(tmp_path: Path, embedder: HashingEmbedder) -> None:
    with pytest.raises(IndexMismatch) as caught:
        open_index(recipe(path="/nowhere/demo"), tmp_path, embedder)
    assert str(caught.value) == (
        "/nowhere/demo: the index is not there.\n  Build it with: mundap index configs/demo/rag.yaml")


@pytest.mark.parametrize(("settings", "identity", "line"), [
    ({}, "other@2", "embedding_model: stored 'hashing@1', wanted 'other@2'"),
    ({"space": "l2"}, "hashing@1", "space: stored 'cosine', wanted 'l2'"),
    ({"collection": "other"}, "hashing@1", "collection: stored 'demo', wanted 'other'"),
    ({"bm25": {"k1": 1.2, "b": 0.75}}, "hashing@1",
     'bm25: stored {"b": 0.75, "k1": 1.5}, wanted {"k1": 1.2, "b": 0.75}'),
])
def test_other_settings_name_stored_and_wanted(tmp_path: Path, embedder: HashingEmbedder, settings: dict[str, object],
                                               identity: str, line: str) -> None:
    built(tmp_path, reports(), embedder)
    shown = show(resolve("indexes/demo", tmp_path), tmp_path)
    with pytest.raises(IndexMismatch) as caught:
        open_index(recipe(**settings), tmp_path, HashingEmbedder(identity))
    assert str(caught.value) == (
        f"{shown}: the index was built with other settings than the recipe's.\n"
        f"  {line}\n  Build it again with: mundap index configs/demo/rag.yaml")


def test_a_damaged_index_is_not_opened(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    write_chunks(reports()[:3], version(tmp_path) / "chunks/part-00000.parquet")
    with pytest.raises(IndexMismatch, match="the index is damaged: 5 and 5 vectors, 3 chunks, 5 BM25 rows, where the"):
        open_index(recipe(), tmp_path, embedder)


def test_newer_chunks_are_warned_about(tmp_path: Path, embedder: HashingEmbedder,
                                       caplog: pytest.LogCaptureFixture) -> None:
    built(tmp_path, reports(), embedder)
    write(tmp_path, reports()[:2])
    with caplog.at_level(logging.WARNING):
        open_index(recipe(), tmp_path, embedder).close()
    assert "the chunks have changed since the index was built" in caplog.text


def test_no_chunks_and_doubled_chunks_are_errors(tmp_path: Path, embedder: HashingEmbedder) -> None:
    with pytest.raises(DataError, match="there are no chunks here"):
        build(recipe(), tmp_path, embedder, print)
    write(tmp_path, [replace(reports()[0], level="parent")])
    with pytest.raises(DataError, match="no child chunk to index"):
        build(recipe(), tmp_path, embedder, print)
    write(tmp_path, [reports()[0], reports()[0]])
    with pytest.raises(DataError, match="1 chunk ids stand more than once, the first is 'g22:00000:"):
        build(recipe(), tmp_path, embedder, print)


def test_a_collection_name_chroma_refuses(tmp_path: Path, embedder: HashingEmbedder) -> None:
    with pytest.raises(ConfigError, match=r"index.collection: '민법' is no name for a Chroma collection"):
        built(tmp_path, reports(), embedder, collection="민법")


def test_the_chunking_values_are_kept(tmp_path: Path, embedder: HashingEmbedder) -> None:
    data = resolve("docs/demo/manifest.json", tmp_path)
    data.parent.mkdir(parents=True)
    data.write_text('{"config": {"chunks": {"max_tokens": 450}}}', encoding="utf-8")
    built(tmp_path, reports(), embedder)
    manifest = json.loads((resolve("indexes/demo/manifest.json", tmp_path)).read_text(encoding="utf-8"))
    assert manifest["chunking"] == {"max_tokens": 450}


def test_chroma_is_given_no_embedding_function(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    index = open_index(recipe(), tmp_path, embedder)
    with pytest.raises(ValueError, match="must provide an embedding function"):
        index.store._collection.query(query_texts=["매출액"])
    index.close()


@pytest.mark.parametrize("space", ["cosine", "ip", "l2"])
def test_scores_are_cosine_in_every_space(tmp_path: Path, embedder: HashingEmbedder, space: str) -> None:
    built(tmp_path, reports(), embedder, space=space)
    index = open_index(recipe(space=space), tmp_path, embedder)
    query = embedder.embed_queries(["한빛바이오 매출액"])[0]
    ids, vectors = index.store.vectors()
    expected = sorted(zip(ids, vectors @ query, strict=True), key=lambda pair: -pair[1])
    found = index.store.nearest(query, 5)
    assert [name for name, _ in found] == [name for name, _ in expected]
    assert np.allclose([value for _, value in found], [value for _, value in expected], atol=1e-5)
    index.close()


def test_distance_to_score_by_hand() -> None:
    # orthogonal unit vectors: cosine and ip distance 1, squared l2 distance 2
    assert [score(1.0, "cosine"), score(1.0, "ip"), score(2.0, "l2")] == [0.0, 0.0, 0.0]
    assert [score(0.0, space) for space in ("cosine", "ip", "l2")] == [1.0, 1.0, 1.0]
    assert score(4.0, "l2") == -1.0


def test_a_dictionarys_words_shape_the_lexical_index_and_a_new_word_rebuilds_it(tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    text = "실손의료비보장특약의 자기부담금은 정한 금액으로 합니다."
    (tmp_path / "words.txt").write_text("실손의료비보장특약\n", encoding="utf-8")
    built(tmp_path, [chunk(text, doc_id="a"), chunk("의료비 공제는 따로 받습니다.", doc_id="b")], embedder, dictionary="words.txt")
    index = open_index(recipe(dictionary="words.txt"), tmp_path, embedder)
    assert index.lexical.words == ("실손의료비보장특약",) and index.lexical.nearest("실손의료비보장특약", 1)[0].startswith("a:")
    index.close()
    (tmp_path / "words.txt").write_text("실손의료비보장특약\n자기부담금\n", encoding="utf-8")
    with pytest.raises(IndexMismatch, match="other settings"):
        open_index(recipe(dictionary="words.txt"), tmp_path, embedder)
    report = build(recipe(dictionary="words.txt"), tmp_path, embedder, lambda line: None)
    assert report.embedded == 0, "no vector depends on the dictionary"
    index = open_index(recipe(dictionary="words.txt"), tmp_path, embedder)
    assert "자기부담금" in index.lexical.words
    index.close()
