"""A file read in a child process that can be killed: its text taken out under limits of time and memory (worker.py)."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from webui.uploads.refusal import Refused
from webui.uploads.worker import CHUNKS, RESULT

SECONDS = 180.0                  # 400 pages take 10 s on a slow core
MEMORY_BYTES = 3 * 2**30         # of addresses; the libraries alone take up 2 GB of them, most never touched
_TICK_S = 0.1
_ROOT = Path(__file__).resolve().parents[2]
# What a reader of strangers' files is told of this machine: no keys, no proxies.
_KEPT_ENV = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV", "PYTHONHASHSEED")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is read: the file at path, called name by whoever sent it; place is the folder the result is written to."""

    id: str
    path: Path
    place: Path
    name: str
    title: str
    kind: str
    tokenizer: Path
    max_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What was read. chunks is the Parquet file; children counts its child chunks; left_out rows that could not be read."""

    chunks: Path
    children: int
    documents: int
    left_out: int
    filings: tuple[Mapping[str, Any], ...]


def extract(job: Job, *, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES) -> Generator[int, None, Extracted]:
    """Yield the number of chunks so far, several times a second; return what was read. Closing it kills the child.

    Raises:
        Refused: the file cannot or will not be read, took too long, or needed too much memory.
    """
    job.place.mkdir(parents=True, exist_ok=True)
    given = job.place / "job.json"
    given.write_text(json.dumps({
        "id": job.id, "path": str(job.path), "place": str(job.place), "name": job.name, "title": job.title, "kind": job.kind,
        "tokenizer": str(job.tokenizer), "max_tokens": job.max_tokens, "memory_bytes": memory_bytes,
        "cpu_s": max(1, round(seconds))}, ensure_ascii=False), encoding="utf-8")
    with (job.place / "log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-m", "webui.uploads.worker", str(given)], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=log, env=_environment(), cwd=_ROOT, start_new_session=True)
    assert child.stdout is not None
    os.set_blocking(child.stdout.fileno(), False)
    until, count = time.monotonic() + seconds, 0
    try:
        while child.poll() is None:
            if time.monotonic() > until:
                raise Refused("slow", name=job.name, seconds=round(seconds))
            count = _latest(child.stdout, count)
            yield count
            time.sleep(_TICK_S)
    finally:
        _end(child)
    return _result(job, child.returncode, seconds)


def _result(job: Job, code: int, seconds: float) -> Extracted:
    try:
        told = json.loads((job.place / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        if code == -signal.SIGXCPU:
            raise Refused("slow", name=job.name, seconds=round(seconds)) from None
        raise Refused("heavy", name=job.name) from None    # killed, or a library gave up where memory ended
    if "trace" in told:
        _log.error("a file of kind %s could not be read:\n%s", job.kind, told["trace"])
    if "refused" in told:
        raise Refused(told["refused"], **{"name": job.name, **told["places"]})
    made = told["made"]
    return Extracted(chunks=job.place / CHUNKS, children=made["chunks"], documents=made["documents"],
                     left_out=made["left_out"], filings=tuple(made["filings"]))


def _latest(pipe: IO[bytes], count: int) -> int:
    said = (pipe.read() or b"").split()
    return int(said[-1]) if said and said[-1].isdigit() else count


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENV if name in os.environ}
    return kept | {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)    # not reaped yet, so the group is still its own
    child.wait()
    if child.stdout is not None:
        child.stdout.close()
