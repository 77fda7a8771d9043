"""A Chroma server: its address, what is said when it is away, and (slow) an index whose collection a real one holds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mundap.errors import ConfigError, IndexMismatch, ResourceError
from mundap.paths import resolve
from rag.indexing import chroma_server
from rag.indexing.build import build, open_index
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.small_index import built, chunk, recipe, reports, write

CHROMA = Path(sys.executable).with_name("chroma")


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


def silent(line: str) -> None:
    """Take a line of progress and do nothing with it."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize(("given", "address"), [
    (None, None),
    ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("http://localhost/", "http://localhost:8000"),
    ("https://chroma.intern:443", "https://chroma.intern:443"),
    ("http://[::1]:9000", "http://[::1]:9000"),
])
def test_an_address_is_brought_into_one_form(given: str | None, address: str | None) -> None:
    assert chroma_server.address({"server": given}) == address
    assert chroma_server.address({}) is None


@pytest.mark.parametrize("given", ["127.0.0.1:8000", "ftp://127.0.0.1:8000", "http://", "http://127.0.0.1:99999",
                                   "http://127.0.0.1:8000/api", "http://me:secret@127.0.0.1:8000"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chroma_server.address({"server": given})
    assert caught.value.where == "index.server" and caught.value.fix


def test_only_a_server_on_this_machine_goes_without_a_warning() -> None:
    assert [chroma_server.warning(f"http://{host}:8000") for host in ("127.0.0.1", "localhost", "[::1]")] == ["", "", ""]
    assert "Chroma's server has no authentication" in chroma_server.warning("http://10.0.0.3:8000")


def test_a_server_that_is_away_is_told_with_the_command_that_starts_it(tmp_path: Path, embedder: HashingEmbedder) -> None:
    port = free_port()
    with pytest.raises(ResourceError) as caught:
        built(tmp_path, reports(), embedder, server=f"http://127.0.0.1:{port}")
    assert str(caught.value) == (
        f"http://127.0.0.1:{port}: no Chroma server answers: [Errno 111] Connection refused\n"
        f"  Start it with: chroma run --path indexes/chroma-server --host 127.0.0.1 --port {port}\n"
        "  Or correct index.server; without that line the index is kept on disk.")
    assert not resolve("indexes/demo/manifest.json", tmp_path).exists()


def test_another_server_is_not_taken_for_chroma(tmp_path: Path, embedder: HashingEmbedder) -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], cwd=tmp_path,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        try:
            wait_for(port)
            with pytest.raises(ResourceError, match="no Chroma server answers"):
                built(tmp_path, reports(), embedder, server=f"http://127.0.0.1:{port}")
        finally:
            other.terminate()


def wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)
        else:
            return


@dataclass(frozen=True, slots=True)
class Running:
    address: str
    process: subprocess.Popen[bytes]

    def collections(self) -> list[str]:
        from rag.indexing.store import _client

        client = _client(self.address)
        try:
            return sorted(found.name for found in client.list_collections())
        finally:
            chroma_server.close(client)


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[Running]:
    """A `chroma run` of its own on a free port of this machine, without a way to any other."""
    if not CHROMA.is_file():
        pytest.skip("the chroma command is not installed beside this Python")
    port = free_port()
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    with subprocess.Popen([str(CHROMA), "run", "--path", "served", "--host", "127.0.0.1", "--port", str(port)],
                          cwd=tmp_path, env={**os.environ, **nowhere}, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield Running(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()


@pytest.mark.slow
def test_an_index_on_a_server_answers_as_one_on_disk(tmp_path: Path, embedder: HashingEmbedder, chroma: Running,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")   # a proxy for the internet is not asked for loopback
    report = built(tmp_path, reports(), embedder, server=chroma.address)
    assert (report.added, report.embedded) == (5, 5)
    on_server = open_index(recipe(server=chroma.address), tmp_path, embedder)
    assert chroma.collections() == [f"demo-{on_server.path.name}"]
    assert not (on_server.path / "chroma").exists()
    built(tmp_path, reports(), embedder, path=str(tmp_path / "disk"))
    on_disk = open_index(recipe(path=str(tmp_path / "disk")), tmp_path, embedder)
    assert on_server.store.rows() == on_disk.store.rows()
    query = embedder.embed_queries(["한빛바이오 매출액"])[0]
    for where in (None, {"fiscal_year": {"$eq": 2023}}):
        served, kept = (index.store.nearest(query, 5, where) for index in (on_server, on_disk))
        assert [name for name, _ in served] == [name for name, _ in kept]
        assert np.allclose([value for _, value in served], [value for _, value in kept], atol=1e-5)
    hits = [Retriever(index, embedder, recipe()).search("한빛바이오 2023년 매출액") for index in (on_server, on_disk)]
    assert [(hit.chunk, hit.score) for hit in hits[0]] == [(hit.chunk, hit.score) for hit in hits[1]]
    on_server.close()
    on_disk.close()


@pytest.mark.slow
def test_the_server_too_keeps_an_old_version_while_it_is_read(tmp_path: Path, embedder: HashingEmbedder, chroma: Running
                                                              ) -> None:
    built(tmp_path, reports(), embedder, server=chroma.address)
    reader = open_index(recipe(server=chroma.address), tmp_path, embedder)
    embedder.embedded.clear()
    report = built(tmp_path, [*reports()[1:], chunk("새로운 문장", doc_id="new")], embedder, server=chroma.address)
    assert (report.added, report.removed, report.unchanged, embedder.embedded) == (1, 1, 4, ["사업보고서\n새로운 문장"])
    assert len(chroma.collections()) == 2
    assert sorted(reader.store.rows()) == sorted(one.chunk_id for one in reports())
    reader.close()
    build(recipe(server=chroma.address), tmp_path, embedder, silent)
    newer = open_index(recipe(server=chroma.address), tmp_path, embedder)
    assert chroma.collections() == [f"demo-{newer.path.name}"]
    assert newer.store.count == 5
    newer.close()
    # back to the folder, without the model
    assert build(recipe(), tmp_path, embedder, silent).embedded == 0
    assert chroma.collections() == []
    open_index(recipe(), tmp_path, embedder).close()
    with pytest.raises(IndexMismatch, match=r"server: stored None, wanted 'http://127\.0\.0\.1:"):
        open_index(recipe(server=chroma.address), tmp_path, embedder)


@pytest.mark.slow
def test_what_becomes_of_an_index_whose_server_goes_or_forgets(tmp_path: Path, embedder: HashingEmbedder, chroma: Running
                                                               ) -> None:
    from rag.indexing.store import drop_collection

    mine = recipe(server=chroma.address)
    built(tmp_path, reports(), embedder, server=chroma.address)
    index = open_index(mine, tmp_path, embedder)
    drop_collection(chroma.address, f"demo-{index.path.name}")
    with pytest.raises(IndexMismatch, match="the server no longer has the collection"):
        index.store.nearest(embedder.embed_queries(["매출액"])[0], 2)
    index.close()
    with pytest.raises(IndexMismatch, match="there is no collection"):
        open_index(mine, tmp_path, embedder)
    assert build(mine, tmp_path, embedder, silent).embedded == 0   # the vectors are beside the manifest
    index = open_index(mine, tmp_path, embedder)
    chroma.process.terminate()
    chroma.process.wait(30)
    with pytest.raises(ResourceError, match="no Chroma server answers"):
        index.store.nearest(embedder.embed_queries(["매출액"])[0], 2)
    index.close()
    with pytest.raises(ResourceError, match="no Chroma server answers"):
        open_index(mine, tmp_path, embedder)
    said: list[str] = []
    write(tmp_path, reports()[1:])
    build(recipe(), tmp_path, embedder, said.append)   # on disk again; the old collection cannot be deleted now
    assert any(line.startswith("the collection demo-") and "stays on" in line for line in said)
    open_index(recipe(), tmp_path, embedder).close()
