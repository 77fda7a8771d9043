"""Answering question lists in the background: one thread a list, one question after another, kept as each is done.

A list whose page was killed goes on where it was, since a question without an answer is simply asked. Stopping cancels
the model in the middle of an answer; that question stays unanswered.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field

from mundap.errors import MundapError
from rag.answer import Answer
from webui.ask.asking import Streams
from webui.storage.lists import Asked, Lists

CLOSE_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ListRun:
    """A list being answered: done of total in this run since began (monotonic seconds)."""

    total: int
    began: float = field(default_factory=time.monotonic)
    done: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    error: MundapError | None = None
    thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Return whether it is still at work."""
        return self.thread is not None and self.thread.is_alive()

    @property
    def a_minute(self) -> float:
        """Return how many questions a minute it has answered so far."""
        return 60 * self.done / max(time.monotonic() - self.began, 1e-9)

    @property
    def left_s(self) -> float | None:
        """Return the seconds left at that rate, None before the first answer."""
        return 60 * (self.total - self.done) / self.a_minute if self.done else None


class ListRuns:
    """The lists being answered, at most one run of each."""

    def __init__(self) -> None:
        self._runs: dict[str, ListRun] = {}
        self._lock = threading.Lock()
        self._closed = False

    def start(self, lists: Lists, identity: str, answerer: Streams, model: str) -> ListRun:
        """Answer what of a list has no answer yet, unless that is under way; return its run."""
        with self._lock:
            run = self._runs.get(identity)
            if self._closed or (run is not None and run.running):
                return run or ListRun(total=0)
            waiting = [one for one in lists.questions(identity) if not one.answer]
            run = self._runs[identity] = ListRun(total=len(waiting))
            run.thread = threading.Thread(target=_answer, args=(run, lists, identity, waiting, answerer, model),
                                          name=f"list-{identity[:8]}", daemon=True)
            run.thread.start()
        return run

    def of(self, identity: str) -> ListRun | None:
        """Return a list's latest run since the page began, or None."""
        return self._runs.get(identity)

    def stop(self, identity: str) -> None:
        """Stop a list's run; the question it is at is not answered."""
        run = self._runs.get(identity)
        if run is not None:
            run.stopped.set()

    def close(self) -> None:
        """Stop every run and wait a little for their ends."""
        with self._lock:
            self._closed, runs = True, list(self._runs.values())
        for run in runs:
            run.stopped.set()
        until = time.monotonic() + CLOSE_S
        for run in runs:
            if run.thread is not None:
                run.thread.join(max(0.0, until - time.monotonic()))


def _answer(run: ListRun, lists: Lists, identity: str, waiting: list[Asked], answerer: Streams, model: str) -> None:
    """Answer the questions in turn. One that fails is noted; three in a row that fail end the run."""
    failed = 0
    for one in waiting:
        if run.stopped.is_set():
            return
        try:
            found = _one(answerer, one, run)
            if found is not None:
                lists.answered(identity, one, found, model)
                run.done, failed = run.done + 1, 0
        except MundapError as raised:
            failed += 1
            run.done, run.error = run.done + 1, raised
            lists.fail(identity, one.position, raised.what)
            if failed == 3:
                return
        except Exception as raised:   # the thread is nobody's: what is not told here is told nowhere
            _log.exception("a list could not be answered")
            run.error = MundapError(f"{type(raised).__name__}: {raised}", where=one.inquiry.text, fix="See the server's log.")
            return


def _one(answerer: Streams, asked: Asked, run: ListRun) -> Answer | None:
    """Return the answer to one question, None where it was stopped before its end."""
    events = answerer.stream(asked.inquiry)
    try:
        for event in events:
            if run.stopped.is_set():
                return None
            if isinstance(event, Answer):
                return event
    finally:
        close = getattr(events, "close", None)   # a generator's: it cancels the model
        if close is not None:
            close()
    return None
