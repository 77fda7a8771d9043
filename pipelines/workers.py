"""A function over many jobs in processes of their own, each of which may die without taking the others along.

Every process has one job at a time, so that the one that kills it is known: it is tried once more, alone, and if it kills
again it is given up. The biggest jobs go first, and only so many large ones are under way at once. Results come as they are
done; what is made of them must not depend on their order.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from mundap.errors import LaunchError, MundapError

J = TypeVar("J")
R = TypeVar("R")

MEMORY_EACH = 2**30            # what a worker may need; available memory over this bounds their number
_RETIRE_BYTES = 700 * 2**20    # a worker that has grown beyond this is replaced after its job
_LARGE_BYTES = 8 * 2**20       # a job of more needs many times the memory of the others: half the workers at most have one
_WAIT_S = 1.0
_LIMIT_S, _LIMIT_S_PER_MB = 120.0, 20.0  # far beyond what a filing takes: the worker hangs
_STILLBORN = 8  # workers that died in a row before any job was done: something other than a job kills them


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """A job that killed its worker twice, and how."""

    reason: str


@dataclass(slots=True, kw_only=True)
class _Worker:
    process: Any
    pipe: Connection
    at: int
    until: float


@dataclass(slots=True, kw_only=True)
class _Pool(Generic[J, R]):
    function: Callable[[J], R]
    jobs: Sequence[J]
    weights: Sequence[int]
    number: int
    waiting: list[int]             # jobs to be given out, the biggest last
    suspects: list[int] = field(default_factory=list)
    alone: bool = False
    idle: list[_Worker] = field(default_factory=list)
    busy: list[_Worker] = field(default_factory=list)
    deaths: int = 0
    done: int = 0


def each(function: Callable[[J], R], jobs: Sequence[J], *, workers: int, weights: Sequence[int],
         tick: Callable[[], None] = lambda: None) -> Iterator[tuple[int, R | Died]]:
    """Yield (position, result) for every job, in the order they are done; with one worker in this process, in order.

    function and jobs must be picklable. tick is called about once a second while nothing is done.

    Raises:
        MundapError: what function raised; the other workers are stopped.
        LaunchError: workers die before they do any work.
    """
    if workers <= 1 or len(jobs) < 2:
        for at, job in enumerate(jobs):
            yield at, function(job)
        return
    pool = _Pool(function=function, jobs=jobs, weights=weights, number=workers,
                 waiting=sorted(range(len(jobs)), key=lambda at: (weights[at], -at)))
    try:
        while pool.waiting or pool.busy or pool.suspects:
            _give_out(pool)
            yield from _collect(pool)
            tick()
    finally:
        for worker in (*pool.idle, *pool.busy):
            _stop(worker)


def _give_out(pool: _Pool[J, R]) -> None:
    """Give jobs to workers as far as there are both; suspects last, each alone."""
    if not pool.waiting and not pool.busy and pool.suspects:
        pool.alone = True
        pool.waiting.append(pool.suspects.pop(0))
    while pool.waiting and len(pool.busy) < (1 if pool.alone else pool.number):
        at = _next(pool)
        if at is None:
            return
        worker = pool.idle.pop() if pool.idle else _start(pool.function)
        worker.at = at
        worker.until = time.monotonic() + _LIMIT_S + _LIMIT_S_PER_MB * pool.weights[at] / 2**20
        pool.busy.append(worker)
        try:
            worker.pipe.send(pool.jobs[at])
        except OSError:
            pass  # it died before; collecting finds that out


def _next(pool: _Pool[J, R]) -> int | None:
    """Take the biggest waiting job out, or the biggest that is not large when enough large ones are under way."""
    large = sum(pool.weights[worker.at] > _LARGE_BYTES for worker in pool.busy)
    if large < max(1, pool.number // 2):
        return pool.waiting.pop()
    place = bisect_right(pool.waiting, _LARGE_BYTES, key=lambda at: pool.weights[at])
    return pool.waiting.pop(place - 1) if place else None


def _collect(pool: _Pool[J, R]) -> Iterator[tuple[int, R | Died]]:
    """Yield what became ready within a second, and see to workers that died, hang or have grown."""
    ready = set(wait([worker.pipe for worker in pool.busy], timeout=_WAIT_S))
    for worker in list(pool.busy):
        late = worker.pipe not in ready and time.monotonic() > worker.until
        if worker.pipe not in ready and not late:
            continue
        pool.busy.remove(worker)
        try:
            if late:
                raise EOFError
            failed, answer, size = worker.pipe.recv()
        except (EOFError, OSError):
            _stop(worker)
            found = _died(pool, worker, late)
            if found is not None:
                yield worker.at, found
            continue
        pool.done += 1
        if failed:
            _stop(worker)
            raise _error(answer)
        if size > _RETIRE_BYTES:
            _stop(worker)
        else:
            pool.idle.append(worker)
        yield worker.at, answer


def _died(pool: _Pool[J, R], worker: _Worker, late: bool) -> Died | None:
    """Return that a job is given up, or None when it will be tried once more.

    Raises:
        LaunchError: nothing was done yet and worker after worker died.
    """
    code = worker.process.exitcode
    reason = "it took too long" if late else (
        f"killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}")
    pool.deaths += 1
    if not pool.done and pool.deaths >= _STILLBORN:
        raise LaunchError(f"worker processes die before they do any work (the last {reason}).", where="workers",
                          fix="Try in one process: workers=1. Signal 9 usually means that memory ran out.")
    if pool.alone:
        return Died(reason=f"the process that read it died twice, {reason}")
    pool.suspects.append(worker.at)
    return None


def _start(function: Callable[[Any], Any]) -> _Worker:
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(function, theirs), daemon=True)
    process.start()
    theirs.close()  # so that its end is seen when the process dies
    return _Worker(process=process, pipe=ours, at=-1, until=0.0)


def _stop(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()


def _serve(function: Callable[[Any], Any], pipe: Connection) -> None:
    """Answer jobs with (failed, result or error, own memory in bytes) until the other end is closed."""
    import psutil

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    own = psutil.Process()
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return  # the parent is gone, or done
        try:
            answer: tuple[bool, Any, int] = False, function(job), own.memory_info().rss
        except MundapError as error:
            answer = True, (type(error), error.what, error.where, error.fix), 0
        except Exception as error:
            answer = True, (None, f"{type(error).__name__}: {error}", str(job)[:300], ""), 0
        try:
            pipe.send(answer)
        except OSError:
            return  # the parent is gone


def _error(told: tuple[type[MundapError] | None, str, str, str]) -> MundapError:
    """Return the error a worker told of (not every class of them can be sent whole)."""
    kind, what, where, fix = told
    if kind is None:
        return LaunchError(f"a worker failed: {what}", where=where, fix="Run it in one process to see where: workers=1")
    error = kind.__new__(kind)
    MundapError.__init__(error, what, where=where, fix=fix)
    return error
