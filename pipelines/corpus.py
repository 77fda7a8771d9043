"""From jobs to documents, chunks, facts and tables on disk: every input is worked on alone, then all are put together.

    jobs -> shards (in processes, or on Ray) -> accepted in the order of the inputs -> superseded -> parts, facts, tables

A run that was stopped finds the shards that were finished and redoes the rest. Shards of inputs that are still there are
kept when the run is done, so that new filings cost only themselves; the others are taken away. Part files are built in
a folder of their own that takes the real one's place only when all of them are there. Memory holds a small record of
each document, never its text.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from mundap.errors import DataError, LaunchError
from pipelines.manifest import write_text
from pipelines.merge import Piece, Sheet, place, write_sheet
from pipelines.rejects import Rejects
from pipelines.rows.qa_rows import Pair
from pipelines.shard import KINDS, Made
from pipelines.sources import Job
from pipelines.supersession import resolve
from pipelines.work import Result, work
from pipelines.workers import MEMORY_EACH, Died, each

Say = Callable[[str], None]
SHARDS = "shards"
DISAGREEMENTS = "disagreements.jsonl"
PART_DOCUMENTS = 500
_PROGRESS_S = 5.0
_WORTH_BYTES = 4 * 2**20  # of input for each worker: less is read sooner than a process starts
_ROW_WEIGHT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A document of the corpus: what it is, and which one of which shard; before are the rows of those before it there."""

    made: Made
    shard: Path
    at: int
    before: dict[str, int]


@dataclass(slots=True, kw_only=True)
class Corpus:
    """What the sources became. kept is in the order of the inputs; superseded as in `supersession.resolve`."""

    folder: Path
    kept: dict[str, Kept] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    chunks: Counter[str] = field(default_factory=Counter)
    found: int = 0   # inputs whose finished shard of an earlier run was taken

    @property
    def chunk_folder(self) -> Path:
        """Return the folder of the part files."""
        return self.folder / "chunks"

    @property
    def facts_file(self) -> Path:
        """Return the file of all facts."""
        return self.folder / "facts.parquet"

    @property
    def outputs(self) -> list[Path]:
        """Return every Parquet file."""
        return [*sorted(self.chunk_folder.glob("part-*.parquet")), self.facts_file, self.folder / "tables.parquet"]

    @property
    def documents(self) -> dict[str, str]:
        """Return doc_id -> path below the documents folder."""
        return {doc_id: kept.made.path for doc_id, kept in self.kept.items()}

    @property
    def groups(self) -> dict[str, str]:
        """Return doc_id -> company, "" for a document of none."""
        return {doc_id: kept.made.company for doc_id, kept in self.kept.items()}

    @property
    def pairs(self) -> list[Pair]:
        """Return the questions and answers that the sources give themselves."""
        return [Pair(doc_id=doc_id, question=kept.made.pair[0], answer=kept.made.pair[1])
                for doc_id, kept in self.kept.items() if kept.made.pair]

    def rows(self, kind: str) -> int:
        """Return how many chunks, facts or tables there are."""
        return sum(kept.made.rows.get(kind, 0) for kept in self.kept.values())


def build(jobs: Sequence[Job], folder: Path, *, workers: int | None, engine: str, rejects: Rejects, say: Say) -> Corpus:
    """Write documents, chunk parts, facts.parquet and tables.parquet under folder; return what is needed to make rows.

    workers None: as many as there are cores, fewer where memory or the input is small. engine: "local" or "ray".

    Raises:
        DataError: the sources held no readable document.
    """
    corpus = Corpus(folder=folder)
    number = worker_count(workers, [job.weight for job in jobs])
    results = _work(jobs, number, engine, say)
    for job, result in zip(jobs, results, strict=True):
        corpus.found += not result.fresh
        _accept(corpus, job, result, rejects)
    if not corpus.kept:
        raise DataError("no document could be read from the sources.", where=str(folder),
                        fix=f"{len(rejects)} were rejected. Check the paths and readers under sources in data.yaml.")
    corpus.superseded = resolve(kept.made.filing for kept in corpus.kept.values() if kept.made.filing)
    for kept in corpus.kept.values():
        place(kept.shard, kept.at, folder / kept.made.path)
    _write_sheets(corpus, number)
    _write_disagreements(corpus)
    _forget_shards(folder / SHARDS, {job.shard.name for job in jobs})
    return corpus


def worker_count(asked: int | None, weights: Sequence[int]) -> int:
    """Return how many processes to use: as asked, or as cores, free memory and the input's bytes warrant."""
    if asked is not None:
        return asked
    memory = int(psutil.virtual_memory().available // MEMORY_EACH)
    return max(1, min(len(os.sched_getaffinity(0)), memory, sum(weights) // _WORTH_BYTES))


def _work(jobs: Sequence[Job], number: int, engine: str, say: Say) -> list[Result]:
    """Return the results in the order of the jobs, saying every few seconds how far it is."""
    results: list[Result | None] = [None] * len(jobs)
    progress = _Progress(jobs, say)
    try:
        for at, result in _run(jobs, number, engine, progress.tell):
            results[at] = Result(crash=result.reason) if isinstance(result, Died) else result
            progress.add(at)
            progress.tell()
    except KeyboardInterrupt:
        say(f"stopped: {progress.done:,} of {len(jobs):,} inputs are done and kept; the same command goes on from there.")
        raise
    return [result for result in results if result is not None]


def _run(jobs: Sequence[Job], number: int, engine: str, tick: Callable[[], None]) -> Iterator[tuple[int, Result | Died]]:
    if engine == "ray":
        from pipelines.on_ray import each_on_ray

        yield from each_on_ray(work, jobs, workers=number)
    else:
        yield from each(work, jobs, workers=number, weights=[job.weight for job in jobs], tick=tick)


class _Progress:
    """Says how many inputs are done, how fast, and how long it will take."""

    def __init__(self, jobs: Sequence[Job], say: Say) -> None:
        self._jobs, self._say = jobs, say
        self._bytes, self._whole = 0, sum(job.weight for job in jobs)
        self._started = self._told = time.monotonic()
        self.done = 0

    def add(self, at: int) -> None:
        """Count a job as done."""
        self.done += 1
        self._bytes += self._jobs[at].weight

    def tell(self) -> None:
        """Say the line when the last one is some seconds old."""
        now = time.monotonic()
        if now - self._told < _PROGRESS_S:
            return
        self._told = now
        rate = self._bytes / (now - self._started)
        left = f", {_duration((self._whole - self._bytes) / rate)} left" if rate else ""
        self._say(f"  {self.done:,} of {len(self._jobs):,} inputs, {rate / 1e6:.1f} MB/s{left}")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _accept(corpus: Corpus, job: Job, result: Result, rejects: Rejects) -> None:
    """Take a job's documents into the corpus, or reject them."""
    if result.crash:
        rejects.attempt()
        corpus.statuses["CRASHED"] += 1
        rejects.add("crashed", part="", subject=job.path.name, detail=result.crash)
    before = dict.fromkeys(KINDS, 0)
    for at, made in enumerate(result.made):
        rejects.attempt()
        corpus.statuses[made.status] += 1
        corpus.repairs.update(made.repairs)
        corpus.left_out.update(made.left_out)
        if made.status == "FAILED":
            rejects.add("unreadable", part="", subject=made.source, detail=", ".join(made.repairs))
        elif made.doc_id in corpus.kept:
            rejects.add("duplicate_document", part="", subject=made.doc_id, detail=made.source)
        else:
            corpus.kept[made.doc_id] = Kept(made=made, shard=job.shard, at=at, before=dict(before))
            corpus.notes.update(made.notes)
            corpus.chunks.update(made.kinds)
        for kind in KINDS:
            before[kind] += made.rows.get(kind, 0)


def _write_sheets(corpus: Corpus, workers: int) -> None:
    """Write the Parquet files and give the chunk folder its name."""
    building = corpus.folder / "chunks.building"
    shutil.rmtree(building, ignore_errors=True)
    kept = list(corpus.kept.values())
    sheets = [Sheet(kind="chunks", path=building / f"part-{start // PART_DOCUMENTS:05d}.parquet",
                    pieces=_pieces(corpus, kept[start:start + PART_DOCUMENTS], "chunks"))
              for start in range(0, len(kept), PART_DOCUMENTS)]
    sheets += [Sheet(kind=kind, path=corpus.folder / f"{kind}.parquet", pieces=_pieces(corpus, kept, kind))
               for kind in ("facts", "tables")]
    weights = [sum(piece.rows for piece in sheet.pieces) * _ROW_WEIGHT for sheet in sheets]
    for at, done in each(write_sheet, sheets, workers=workers, weights=weights):
        if isinstance(done, Died):
            raise LaunchError(f"putting the documents together failed: {done.reason}.", where=str(sheets[at].path),
                              fix="Free memory or disk space and start the same command again; the work done is kept.")
    shutil.rmtree(corpus.chunk_folder, ignore_errors=True)
    os.replace(building, corpus.chunk_folder)


def _write_disagreements(corpus: Corpus) -> None:
    """Write what OpenDART's accounts give otherwise, a figure a line; no file when nothing does."""
    file = corpus.folder / DISAGREEMENTS
    lines = [json.dumps({"doc_id": doc_id, **one}, ensure_ascii=False)
             for doc_id, kept in corpus.kept.items() for one in kept.made.differing]
    if lines:
        write_text(file, "\n".join(lines) + "\n")
    else:
        file.unlink(missing_ok=True)


def _pieces(corpus: Corpus, kept: Sequence[Kept], kind: str) -> list[Piece]:
    return [Piece(shard=one.shard, start=one.before[kind], rows=one.made.rows[kind],
                  superseded_by=corpus.superseded.get(one.made.doc_id, "")) for one in kept]


def _forget_shards(folder: Path, wanted: set[str]) -> None:
    """Take away shards that no input of this run has, and what a killed process left half-written."""
    for shard in folder.iterdir():
        if shard.name not in wanted:
            shutil.rmtree(shard, ignore_errors=True)
