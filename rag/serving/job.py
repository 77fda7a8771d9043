"""One inquiry answered in a thread of its own, so that the event loop can serve others meanwhile and give this one up.

The model's own text stays here: only the verified answer comes out.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator

from mundap.errors import GenerationError
from rag.answer import Answer, Delta

Events = Iterator[Delta | Answer]


class Job:
    """An answer in the making; belongs to the event loop it was made in. `answer` is set when it is there, or its error."""

    def __init__(self, events: Callable[[], Events], on_end: Callable[[], None]) -> None:
        """events makes the answerer's stream, in the thread; on_end is called in the loop when the thread is done."""
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Answer] = self._loop.create_future()
        self._events = events
        self._on_end = on_end
        self._given_up = threading.Event()
        # A daemon: at the end of the process nobody waits for an endpoint that has fallen silent.
        self._thread = threading.Thread(target=self._run, name="answer", daemon=True)

    def start(self) -> None:
        """Start answering."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end, but no longer than that."""
        self._thread.join(timeout_s)

    def give_up(self, error: Exception | None = None) -> None:
        """Have the model stop at its next sign of life; who still waits fails with the error. Nothing once it is there."""
        self._given_up.set()
        if error is not None and not self.answer.done():
            self.answer.set_exception(error)
        self.answer.cancel()

    def _run(self) -> None:
        answer: Answer | None = None
        error: BaseException | None = None
        try:
            answer = self._last()
        except BaseException as raised:   # whatever it was, the one who waits is told
            error = raised
        with contextlib.suppress(RuntimeError):   # the loop is closed: the server has ended
            self._loop.call_soon_threadsafe(self._end, answer, error)

    def _last(self) -> Answer | None:
        """Return the answer; None when it was given up. Leaving early closes the stream, and that stops the model."""
        events = self._events()
        try:
            for event in events:
                if isinstance(event, Answer):
                    return event
                if self._given_up.is_set():
                    return None
        finally:
            close = getattr(events, "close", None)   # a generator's; the protocol promises an iterator
            if close is not None:
                close()
        return None

    def _end(self, answer: Answer | None, error: BaseException | None) -> None:
        self._on_end()
        if self.answer.done():
            return
        if answer is not None:
            self.answer.set_result(answer)
        else:
            self.answer.set_exception(error or GenerationError("the answer ended before it was complete.", fix="Ask again."))
