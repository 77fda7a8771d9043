"""The ledger: one line of JSON for every call and what became of it; the only memory a run has, read once to go on.

    {"chunk_id": "…", "chunk": "3f1c…", "kind": "fact", "level": "", "prompt": "a0…", "model": "…", "key": "KEY_1",
     "try": 1, "outcome": "ok", "verdict": "kept", "pairs": [{"question": "…", "answer": "…"}], "at": "…", …}

A line is written whole before anything rests on it, so that killing the process loses no answer already there; it is
fsynced with its neighbours, so that a power cut loses at most the last FSYNC_S seconds. A half-written last line is
ignored and cut off; a broken one amid the file is ignored and counted, and its call is made again.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mundap.errors import DataError, ResourceError
from pipelines.generate.task import TaskKey

NAME = "ledger.jsonl"
FORMAT = 1
FSYNC_S = 0.05
FSYNC_LINES = 64
# "": the call brought no answer, so nothing is known of the task; "retry": an answer that failed, with tries left.
Verdict = Literal["", "retry", "kept", "rejected"]
NOT_SENT = "not_sent"    # the outcome of a task rejected without a call
FINAL: tuple[Verdict, ...] = ("kept", "rejected")


@dataclass(slots=True)
class TaskState:
    """What a ledger knows of one task: its final line, or how many answers failed and why the last one did."""

    final: Mapping[str, Any] | None = None
    tried: int = 0
    failed: str = ""


@dataclass(slots=True)
class History:
    """A ledger read: states by task, every line's sums, and how many lines were no whole line."""

    states: dict[TaskKey, TaskState] = field(default_factory=dict)
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    broken: int = 0
    whole_bytes: int = 0


def read_history(path: Path, models: Sequence[str]) -> History:
    """Return what a ledger holds about answers of these models; an empty one when there is no file.

    calls hold the lines of all models, without their texts.

    Raises:
        DataError: the file is a ledger of another format.
    """
    history = History()
    for line, end in _lines(path):
        record = _record(line)
        if record is None:
            history.broken += 1
            history.whole_bytes = end
            continue
        history.whole_bytes = end
        if "ledger" in record:
            if record["ledger"] != FORMAT:
                raise DataError(f"is a ledger of format {record['ledger']}; this version reads {FORMAT}.",
                                where=str(path), fix="Use the version that wrote it, or give another folder.")
            continue
        history.calls.append({name: record.get(name) for name in
                              ("key", "model", "at", "outcome", "prompt_tokens", "completion_tokens")})
        if record["model"] in models:
            _remember(history.states, record)
    return history


def _remember(states: dict[TaskKey, TaskState], record: Mapping[str, Any]) -> None:
    state = states.setdefault(TaskKey(record["chunk"], record["kind"], record["level"], record["prompt"]), TaskState())
    if record["verdict"] in FINAL:
        # A task that was never sent (its chunk too long) may be opened again; nothing else is asked twice.
        if state.final is None or state.final["outcome"] == NOT_SENT:
            state.final = record
    elif record["verdict"] == "retry":
        state.tried = max(state.tried, record["try"])
        state.failed = record["reason"]


def _lines(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield the whole lines of a file and where each ends; what follows the last line's end is left out."""
    if not path.is_file():
        return
    end = 0
    with path.open("rb") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                end += len(line)
                yield line, end


def written_lines(path: Path, *, header: bool) -> Iterator[bytes]:
    """Yield a ledger's whole lines as they are written, with or without the one that says its format."""
    for line, _ in _lines(path):
        record = _record(line)
        if record is not None and (header or "ledger" not in record):
            yield line


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    needed = ("chunk", "kind", "level", "prompt", "model", "try", "verdict")
    whole = isinstance(found, dict) and ("ledger" in found or all(name in found for name in needed))
    return found if whole else None


class Ledger:
    """Appends lines. One process at a time: hold the folder's lock."""

    def __init__(self, path: Path, whole_bytes: int) -> None:
        """Open a ledger to go on after whole_bytes (History.whole_bytes), cutting off a half-written line.

        Raises:
            ResourceError: it cannot be written.
        """
        self._path = path
        self._lines = 0
        self._some, self._many = asyncio.Event(), asyncio.Event()   # lines that are not fsynced yet
        self._failed: OSError | None = None
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            os.ftruncate(self._handle, whole_bytes)
        except OSError as error:
            raise self._full(error) from error
        self._end = whole_bytes
        if not whole_bytes:
            self.append({"ledger": FORMAT})

    def append(self, record: Mapping[str, Any]) -> None:
        """Write a line; it is with the operating system when this returns, and on the disk FSYNC_S later.

        Raises:
            ResourceError: the disk is full; what was written of the line is taken back.
        """
        if self._failed is not None:
            raise self._full(self._failed)
        line = json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        written = 0
        try:
            while written < len(line):
                written += os.pwrite(self._handle, line[written:], self._end + written)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, self._end)
            raise self._full(error) from error
        self._end += len(line)
        self._lines += 1
        self._some.set()
        if self._lines >= FSYNC_LINES:
            self._many.set()

    async def keep_synced(self) -> None:
        """Fsync what is appended, until cancelled: FSYNC_S after a line, or sooner when FSYNC_LINES wait."""
        while self._failed is None:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FSYNC_S):
                    await self._many.wait()
            self._some.clear()
            self._many.clear()
            self._lines = 0
            try:
                await asyncio.to_thread(os.fsync, self._handle)
            except OSError as error:
                self._failed = error

    def close(self) -> None:
        """Fsync and close.

        Raises:
            ResourceError: the disk did not take everything.
        """
        try:
            os.fsync(self._handle)
        except OSError as error:
            raise self._full(error) from error
        finally:
            os.close(self._handle)

    def _full(self, error: BaseException) -> ResourceError:
        return ResourceError(f"cannot be written: {error}", where=str(self._path),
                             fix="Free disk space and run the same command again: what was answered is kept, "
                                 "and it goes on from there.")


def now_text() -> str:
    """Return the time as a ledger writes it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
