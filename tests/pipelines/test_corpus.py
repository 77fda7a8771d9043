"""Filings worked on in processes: the same bytes whatever their number, a kill -9 costs only what was unfinished."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from made_readings import PROJECT, write_tokenizer
from run_data import data

from mundap.chunk import read_chunks
from pipelines.corpus import worker_count
from pipelines.facts import read_facts
from pipelines.sample import sample
from pipelines.shard import Made

FILINGS = sorted((PROJECT / "datasets/raw/demo/dart").glob("*.xml"))[:16]
PROGRAM = Path(__file__).with_name("run_data.py")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with raw filings, one of them unreadable, and what one process made of them."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "raw").mkdir()
    for file in FILINGS:
        shutil.copy(file, folder / "raw")
    (folder / "raw/20240101000001.xml").write_text("no filing of any kind", encoding="utf-8")
    data(folder / "raw", folder, write_tokenizer(folder / "tokenizer"), 1)
    return folder


def start(whole: Path, out: Path, workers: int, *engine: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(PROGRAM), str(whole / "raw"), str(out), str(whole / "tokenizer"),
                             str(workers), *engine], stdout=subprocess.PIPE, text=True,
                            env=os.environ | {"PYTHONPATH": str(PROJECT)}, start_new_session=True)


def contents(out: Path) -> dict[str, bytes]:
    """Return the files made; the manifest names its folder."""
    return {file.relative_to(out / "docs").as_posix(): file.read_bytes() for file in sorted((out / "docs").rglob("*"))
            if file.is_file() and file.name != "manifest.json"}


def shards(out: Path) -> set[str]:
    folder = out / "docs/shards"
    return {one.name for one in folder.iterdir() if one.suffix != ".tmp"} if folder.is_dir() else set()


@pytest.mark.slow
def test_two_and_three_processes_write_what_one_does(whole: Path, tmp_path: Path) -> None:
    expected = contents(whole)
    assert {"facts.parquet", "tables.parquet", "chunks/part-00000.parquet"} <= set(expected)
    assert sum(name.endswith(".md") for name in expected) == len(FILINGS)
    for workers in (2, 3):
        out = tmp_path / str(workers)
        report = data(whole / "raw", out, whole / "tokenizer", workers)
        assert contents(out) == expected
        assert report.counts["dropped_documents"] == {"unreadable": 1}


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(whole: Path, tmp_path: Path) -> None:
    process = start(whole, tmp_path, 2)
    members: Sequence[psutil.Process] = []
    deadline = time.monotonic() + 60
    while len(shards(tmp_path)) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None, "it was done before it could be killed"
    members = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    psutil.wait_procs(members, timeout=10)
    kept = shards(tmp_path)
    assert 3 <= len(kept) < len(FILINGS) + 1
    assert not (tmp_path / "docs/manifest.json").exists()
    stamps = {name: (tmp_path / "docs/shards" / name / "record.json").stat().st_mtime_ns for name in kept}
    said, _ = start(whole, tmp_path, 2).communicate(timeout=100)
    assert f"({len(kept)} inputs had been worked on before)" in said
    assert all((tmp_path / "docs/shards" / name / "record.json").stat().st_mtime_ns == stamp
               for name, stamp in stamps.items())
    assert contents(tmp_path) == contents(whole)


@pytest.mark.slow
def test_ctrl_c_stops_says_how_to_go_on_and_leaves_no_process(whole: Path, tmp_path: Path) -> None:
    process = start(whole, tmp_path, 2)
    while not shards(tmp_path) and process.poll() is None:
        time.sleep(0.01)
    members = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "inputs are done and kept; the same command goes on from there." in said
    assert not psutil.wait_procs(members, timeout=10)[1]


def test_new_filings_cost_only_themselves_and_gone_ones_leave_nothing(whole: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(whole / "raw", raw)
    (raw / FILINGS[0].name).unlink()
    first = data(raw, tmp_path, whole / "tokenizer", 1)
    before = shards(tmp_path)
    shutil.copy(FILINGS[0], raw)
    (raw / FILINGS[1].name).unlink()
    second = data(raw, tmp_path, whole / "tokenizer", 1)
    assert first.counts["documents"] == second.counts["documents"] == len(FILINGS) - 1
    assert len(shards(tmp_path) & before) == len(before) - 1 and len(shards(tmp_path)) == len(before)
    names = [path.name for path in (tmp_path / "docs").rglob("*.md")]
    assert FILINGS[0].stem + ".md" in names and FILINGS[1].stem + ".md" not in names


def test_only_certain_documents_can_be_read(whole: Path) -> None:
    docs = whole / "docs"
    wanted = {FILINGS[2].stem, FILINGS[5].stem}
    assert {chunk.doc_id for chunk in read_chunks(docs / "chunks", doc_ids=wanted)} == wanted
    some = read_facts(docs / "facts.parquet", doc_ids=wanted)
    assert some == [fact for fact in read_facts(docs / "facts.parquet") if fact.doc_id in wanted] != []


def test_a_large_corpus_gives_every_company_a_turn() -> None:
    def kept(doc_id: str, company: str, pair: tuple[str, str] | None = None) -> SimpleNamespace:
        return SimpleNamespace(made=Made(doc_id=doc_id, source="", status="OK", company=company, pair=pair))

    documents = {f"{company}{at}": kept(f"{company}{at}", company) for company in "ABC" for at in range(9 if company == "A" else 2)}
    documents |= {"q1": kept("q1", "", ("질문", "답"))}
    corpus = SimpleNamespace(kept=documents, superseded={"B0": "B1"})
    assert sample(corpus, 13, 1) is None and sample(corpus, None, 1) is None  # type: ignore[arg-type]
    chosen = sample(corpus, 5, 1)  # type: ignore[arg-type]
    assert chosen is not None and "q1" in chosen and "B0" not in chosen
    assert sorted(doc_id[0] for doc_id in chosen - {"q1"}) == ["A", "A", "B", "C", "C"]
    assert chosen != sample(corpus, 5, 2)  # type: ignore[arg-type]


def test_few_bytes_are_read_in_one_process() -> None:
    assert worker_count(None, [1000] * 10) == 1
    assert worker_count(3, [10]) == 3
    assert worker_count(None, [10**9]) >= 1


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed: pip install 'mundap[ray]'")
def test_ray_writes_what_one_process_does(whole: Path, tmp_path: Path) -> None:
    said, _ = start(whole, tmp_path, 2, "ray").communicate(timeout=110)
    assert contents(tmp_path) == contents(whole), said


def test_without_ray_the_extra_is_named(whole: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("ray") is not None:
        pytest.skip("ray is installed")
    from mundap.errors import MissingExtra

    with pytest.raises(MissingExtra, match=r"mundap\[ray\]"):
        data(whole / "raw", tmp_path, whole / "tokenizer", 2, "ray")
