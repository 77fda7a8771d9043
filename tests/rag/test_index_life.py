"""The life of an index: new versions beside old ones, killed builds, readers and writers at once, older formats."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rag.indexing.store
from mundap.chunk import Chunk
from mundap.errors import IndexMismatch, ResourceError
from mundap.paths import resolve
from rag.indexing.build import build, open_index
from rag.indexing.opened import Index
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.small_index import built, chunk, recipe, reports, write

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(300)   # its children start a Python each, which a busy machine takes long over
CHILD = [sys.executable, "-m", "tests.rag.index_child"]


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


def silent(line: str) -> None:
    """Take a line of progress and do nothing with it."""


def child(*arguments: str) -> subprocess.Popen[str]:
    """Start tests/rag/index_child.py."""
    return subprocess.Popen([*CHILD, *arguments], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
                            stdout=subprocess.PIPE)


def die(project: Path, where: str) -> None:
    """Have a build of the project's index killed at a certain place."""
    with child("die", str(project), where) as killed:
        assert killed.wait(240) == -signal.SIGKILL


def wait_for(paths: Iterable[Path]) -> None:
    """Wait until files are there."""
    until = time.monotonic() + 240
    for path in paths:
        while not path.exists():
            assert time.monotonic() < until, f"{path} did not appear"
            time.sleep(0.02)


def versions_of(project: Path) -> list[str]:
    return sorted(path.name for path in resolve("indexes/demo/versions", project).iterdir())


def serving(project: Path) -> dict[str, object]:
    found = json.loads(resolve("indexes/demo/manifest.json", project).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def edition(number: int, size: int = 12) -> list[Chunk]:
    """Return chunks of which every one differs from those of any other edition."""
    return [chunk(f"{at}번 회사 매출액 {at * 7 + number}원, 판 {number}", doc_id=f"d{at}") for at in range(size)]


def answers(index: Index, embedder: HashingEmbedder) -> list[tuple[str, float]]:
    retriever = Retriever(index, embedder, recipe())
    return [(hit.chunk.chunk_id, hit.score) for question in ("매출액", "3번 회사 매출액", "가온누리전자 2022년 매출액")
            for hit in retriever.search(question, top_k=9)]


def fingerprint(index: Index, embedder: HashingEmbedder) -> tuple[object, ...]:
    """Return all that a search can see of an index."""
    ids, vectors = index.store.vectors()
    order = np.argsort(ids)
    rows = index.store.rows()
    return (list(index.chunks.values()), np.asarray(index.vectors.matrix).tobytes(), index.lexical.ids,
            index.lexical.scores("매출액").tobytes(), [ids[at] for at in order], vectors[order].tobytes(),
            sorted((name, sorted(rows[name].items())) for name in rows), answers(index, embedder))


@pytest.mark.slow
@pytest.mark.parametrize("where", ["embed", "store", "publish"])
def test_a_killed_build_leaves_the_old_index_serving_and_is_gone_on_with(tmp_path: Path, embedder: HashingEmbedder,
                                                                         where: str) -> None:
    built(tmp_path, reports(), embedder)
    before = open_index(recipe(), tmp_path, embedder)
    old = answers(before, embedder)
    before.close()
    write(tmp_path, edition(1))
    die(tmp_path, where)
    after = open_index(recipe(), tmp_path, embedder)
    assert list(after.chunks.values()) == reports()
    assert answers(after, embedder) == old
    after.close()
    embedder.embedded.clear()
    report = build(recipe(), tmp_path, embedder, silent)
    assert report.embedded == len(embedder.embedded) == {"embed": 10, "store": 0, "publish": 0}[where]
    assert (report.added, report.removed) == (12, 5)
    assert versions_of(tmp_path) == [serving(tmp_path)["version"]]   # the killed build's is gone
    built(tmp_path / "fresh", edition(1), HashingEmbedder(), path=str(tmp_path / "fresh/index"))
    index = open_index(recipe(), tmp_path, embedder)
    fresh = open_index(recipe(path=str(tmp_path / "fresh/index")), tmp_path / "fresh", embedder)
    assert fingerprint(index, embedder) == fingerprint(fresh, embedder)
    index.close()
    fresh.close()


def test_a_first_build_that_was_killed_is_told_from_no_index(tmp_path: Path, embedder: HashingEmbedder) -> None:
    write(tmp_path, reports())
    die(tmp_path, "embed")
    with pytest.raises(IndexMismatch, match="the index was not built to its end"):
        open_index(recipe(), tmp_path, embedder)
    report = build(recipe(), tmp_path, embedder, silent)
    assert (report.added, report.embedded, len(embedder.embedded)) == (5, 3, 3)   # one slice of two was kept
    assert not resolve("indexes/demo/partial", tmp_path).exists()


@pytest.mark.slow
def test_a_build_killed_after_publishing_serves_and_is_tidied_up_after(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    write(tmp_path, edition(1))
    die(tmp_path, "tidy")
    index = open_index(recipe(), tmp_path, embedder)
    assert list(index.chunks.values()) == edition(1)
    index.close()
    assert len(versions_of(tmp_path)) == 2
    assert build(recipe(), tmp_path, embedder, silent).unchanged == 12
    assert versions_of(tmp_path) == [serving(tmp_path)["version"]]
    assert not resolve("indexes/demo/partial", tmp_path).exists()


def test_what_another_model_left_half_done_is_not_used(tmp_path: Path, embedder: HashingEmbedder) -> None:
    write(tmp_path, reports())
    die(tmp_path, "embed")
    other = HashingEmbedder("hashing@2")
    assert build(recipe(), tmp_path, other, silent).embedded == 5


def test_a_torn_piece_of_a_killed_build_is_embedded_again(tmp_path: Path, embedder: HashingEmbedder) -> None:
    write(tmp_path, reports())
    die(tmp_path, "embed")
    piece, = resolve("indexes/demo/partial", tmp_path).iterdir()
    piece.write_bytes(piece.read_bytes()[:200])
    assert build(recipe(), tmp_path, embedder, silent).embedded == 5


@pytest.mark.slow
def test_two_readers_see_old_or_new_and_never_both_while_versions_are_published(tmp_path: Path,
                                                                                embedder: HashingEmbedder) -> None:
    built(tmp_path, edition(0), embedder)
    stop = tmp_path / "stop"
    readers = [child("read", str(tmp_path), str(stop)) for _ in range(2)]
    editions = range(4)
    try:
        for number in editions[1:]:
            wait_for(Path(f"{stop}.{reader.pid}.{number - 1}") for reader in readers)
            built(tmp_path, edition(number), embedder)   # while both go on searching
        wait_for(Path(f"{stop}.{reader.pid}.{editions[-1]}") for reader in readers)
    finally:
        stop.touch()
        told = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0]
    assert [one["mixed"] for one in told] == [0, 0]
    assert all(list(one["seen"]) == list(map(str, editions)) for one in told)   # forwards only
    build(recipe(), tmp_path, embedder, silent)
    assert versions_of(tmp_path) == [serving(tmp_path)["version"]]


def test_a_version_stays_while_it_is_read_and_goes_after(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, edition(0), embedder)
    reader = open_index(recipe(), tmp_path, embedder)
    held = reader.path.name
    before = fingerprint(reader, embedder)
    for number in (1, 2):
        built(tmp_path, edition(number), embedder)
        assert versions_of(tmp_path) == sorted([held, str(serving(tmp_path)["version"])])
    assert fingerprint(reader, embedder) == before
    reader.close()
    build(recipe(), tmp_path, embedder, silent)
    assert versions_of(tmp_path) == [serving(tmp_path)["version"]]


def test_a_reader_whose_version_was_replaced_while_it_was_opening_takes_the_new_one(
        tmp_path: Path, embedder: HashingEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    built(tmp_path, edition(0), embedder)
    hold, published = rag.indexing.versions.hold, []

    def late(place: Path, name: str) -> object:
        if not published:
            published.append(name)
            built(tmp_path, edition(1), embedder)
        return hold(place, name)

    monkeypatch.setattr(rag.indexing.versions, "hold", late)
    index = open_index(recipe(), tmp_path, embedder)
    assert list(index.chunks.values()) == edition(1)
    index.close()


def test_a_version_that_is_gone_is_damage(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, edition(0), embedder)
    resolve("indexes/demo/versions", tmp_path).rename(tmp_path / "elsewhere")
    with pytest.raises(IndexMismatch, match="the index is damaged: the version its manifest names is gone"):
        open_index(recipe(), tmp_path, embedder)
    assert built(tmp_path, edition(0), embedder).embedded == 12


def test_a_second_writer_is_told_who_writes_and_a_dead_one_blocks_nobody(tmp_path: Path, embedder: HashingEmbedder) -> None:
    write(tmp_path, reports())
    writer = child("wait", str(tmp_path))
    assert writer.stdout is not None and writer.stdout.readline() == "begun\n"
    with pytest.raises(ResourceError, match=rf"process {writer.pid} on .* is writing here") as caught:
        build(recipe(), tmp_path, embedder, silent)
    assert caught.value.fix == "Wait for it, or end it; readers are served meanwhile."
    writer.kill()
    writer.communicate(timeout=60)
    assert build(recipe(), tmp_path, embedder, silent).embedded == 5


def test_few_changes_are_made_to_a_copy_of_the_collection(tmp_path: Path, embedder: HashingEmbedder) -> None:
    chunks = edition(0, 40)
    built(tmp_path, chunks, embedder)
    outdated = replace(chunks[3], superseded_by="later", metadata={"company": "가온누리전자"})
    changed = [*chunks[:3], outdated, *chunks[5:], chunk("새 문장, 판 0", doc_id="new")]   # one of each: update, remove, add
    report = built(tmp_path, changed, embedder)
    assert (report.added, report.updated, report.removed, report.embedded) == (1, 1, 1, 1)
    assert serving(tmp_path)["patched"] == 3
    built(tmp_path / "fresh", changed, HashingEmbedder(), path=str(tmp_path / "fresh/index"))
    index = open_index(recipe(), tmp_path, embedder)
    fresh = open_index(recipe(path=str(tmp_path / "fresh/index")), tmp_path / "fresh", embedder)
    assert fingerprint(index, embedder) == fingerprint(fresh, embedder)
    index.close()
    fresh.close()
    built(tmp_path, changed[:-2], embedder)   # five changes by now are more than a tenth
    assert serving(tmp_path)["patched"] == 0


def test_a_damaged_index_is_built_again_without_the_model(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, edition(0, 40), embedder)
    index = open_index(recipe(), tmp_path, embedder)
    index.store.delete([edition(0)[0].chunk_id])
    index.close()
    said: list[str] = []
    report = build(recipe(), tmp_path, embedder, said.append)
    assert report.embedded == 0
    assert "the index is damaged: 39 and 40 vectors" in said[0] and said[0].endswith("It is built again.")
    open_index(recipe(), tmp_path, embedder).close()


def test_a_copied_collection_that_lacks_rows_is_made_anew(tmp_path: Path, embedder: HashingEmbedder) -> None:
    chunks = edition(0, 40)
    built(tmp_path, chunks, embedder)
    index = open_index(recipe(), tmp_path, embedder)
    index.store.delete([chunks[0].chunk_id])
    index.close()
    built(tmp_path, [*chunks, chunk("새 문장, 판 0", doc_id="new")], embedder)
    assert serving(tmp_path)["patched"] == 0
    open_index(recipe(), tmp_path, embedder).close()


def test_equal_passages_are_embedded_once(tmp_path: Path, embedder: HashingEmbedder) -> None:
    twins = [chunk("같은 문장", doc_id=name) for name in ("a", "b", "c")]
    report = built(tmp_path, twins, embedder)
    assert (report.added, report.embedded, len(embedder.embedded)) == (3, 1, 1)
    open_index(recipe(), tmp_path, embedder).close()


def test_another_space_needs_no_embedding(tmp_path: Path, embedder: HashingEmbedder) -> None:
    built(tmp_path, reports(), embedder)
    assert built(tmp_path, reports(), embedder, space="l2").embedded == 0
    open_index(recipe(space="l2"), tmp_path, embedder).close()


def test_an_index_of_an_older_format_is_refused_then_replaced(tmp_path: Path, embedder: HashingEmbedder) -> None:
    write(tmp_path, reports())
    place = resolve("indexes/demo", tmp_path)
    for name in ("chroma", "bm25", "chunks"):
        (place / name).mkdir(parents=True)
        (place / name / "old").touch()
    (place / "vectors.npy").touch()
    (place / "manifest.json").write_text('{"format": 2, "chunks": 5, "source": ""}', encoding="utf-8")
    with pytest.raises(IndexMismatch, match="format: stored 2, wanted 3"):
        open_index(recipe(), tmp_path, embedder)
    said: list[str] = []
    assert build(recipe(), tmp_path, embedder, said.append).embedded == 5
    assert sorted(path.name for path in place.iterdir()) == ["manifest.json", "versions", "writer.lock"]
    open_index(recipe(), tmp_path, embedder).close()


def test_rows_and_vectors_are_read_a_page_at_a_time(tmp_path: Path, embedder: HashingEmbedder,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    built(tmp_path, edition(0), embedder)
    index = open_index(recipe(), tmp_path, embedder)
    whole = index.store.rows(), index.store.vectors()[0]
    monkeypatch.setattr(rag.indexing.store, "_PAGE", 5)
    assert (index.store.rows(), index.store.vectors()[0]) == whole
    assert len(whole[0]) == 12
    index.close()
