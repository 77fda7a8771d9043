"""How fast a system is, measured by asking it one question at a time and reading its answers as they are written.

Times are of the wall clock and of the person who asks: retrieval and a second attempt count. Runs a model through its
generator; loads none itself. The speed of a model alone, without retrieval, is model_speed.py's.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mundap.generator import Decoding, Generation, Generator, OnDone, Request, Stream
from rag.answer import Answerer, Delta
from rag.evaluation.results import Speed
from rag.inquiry import Inquiry

_HIGHEST = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waited:
    """One answer's times in seconds: to the first letter shown (None where no model was asked) and to the last."""

    first_s: float | None
    whole_s: float


def measure_sample(answerer: Answerer, inquiries: Sequence[Inquiry]) -> Speed:
    """Return the latency and first-token percentiles and the tokens per second of questions asked one at a time.

    The first question is asked once beforehand, uncounted: it loads the model, the embedder and the analyser. tokens_per_s
    is of writing alone: the time to each first token, in which the prompt is read, is left out. answers_per_minute is the
    batched run's and stays 0 here.

    Raises:
        GenerationError: an answer failed.
    """
    if not inquiries:
        return Speed(peak_bytes=peak_bytes(worker_pid(answerer.generator)))
    with _counting(answerer) as counted:
        _wait_for(answerer, inquiries[0])
        counted.clear()
        waits = [_wait_for(answerer, inquiry) for inquiry in inquiries]
        written = sum(max(one.completion_tokens - 1, 0) for one in counted)
        writing_s = sum(max(one.seconds - one.first_token_s, 0.0) for one in counted if one.completion_tokens > 1)
    return Speed(asked=len(waits), latency_s=percentiles([one.whole_s for one in waits]),
                 first_token_s=percentiles([one.first_s for one in waits if one.first_s is not None]),
                 tokens_per_s=written / writing_s if writing_s else 0.0,
                 peak_bytes=peak_bytes(worker_pid(answerer.generator)))


def percentiles(seconds: Sequence[float]) -> Mapping[str, float]:
    """Return p50 and p95 by name, between neighbours by a straight line; nothing for no values."""
    if not seconds:
        return {}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 99
    return {"p50": cuts[49], "p95": cuts[94]}


def worker_pid(generator: Generator) -> int | None:
    """Return the process that holds a generator's model, None where it is no process of this machine we know of."""
    pid = getattr(generator, "pid", None)
    return pid if isinstance(pid, int) else None


def peak_bytes(pid: int | None) -> int:
    """Return the most memory a process has held so far in bytes, 0 where that is not known or the process is gone.

    Linux keeps the highest resident size of a process (VmHWM), Windows its peak working set; elsewhere what it holds now.
    """
    if pid is None:
        return 0
    try:
        kept = _HIGHEST.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace"))
        if kept:
            return int(kept[1]) * 1024
    except OSError:
        pass
    import psutil

    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "peak_wset", memory.rss))


def _wait_for(answerer: Answerer, inquiry: Inquiry) -> _Waited:
    """Ask one question and read it to its end."""
    began, first_s = time.perf_counter(), None
    for piece in answerer.stream(inquiry):
        if isinstance(piece, Delta) and first_s is None:
            first_s = time.perf_counter() - began
    return _Waited(first_s=first_s, whole_s=time.perf_counter() - began)


class _Counted:
    """A generator that keeps what each of its streams came to; everything else is the inner one's."""

    def __init__(self, inner: Generator, kept: list[Generation]) -> None:
        self.name = inner.name
        self.inner = inner
        self._kept = kept

    def start(self) -> None:
        self.inner.start()

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None
                 ) -> list[Generation]:
        return self.inner.generate(requests, decoding, on_done)

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        return Stream(lambda outer: self._deltas(outer, request, decoding))

    def close(self) -> None:
        self.inner.close()

    def _deltas(self, outer: Stream, request: Request, decoding: Decoding) -> Iterator[str]:
        with self.inner.stream(request, decoding) as pieces:
            yield from pieces
            outer.generation = pieces.generation
        if outer.generation is not None:
            self._kept.append(outer.generation)


@contextmanager
def _counting(answerer: Answerer) -> Iterator[list[Generation]]:
    """Give the list in which every generation of an answerer is kept meanwhile."""
    kept: list[Generation] = []
    inner = answerer.generator
    answerer.generator = _Counted(inner, kept)
    try:
        yield kept
    finally:
        answerer.generator = inner
