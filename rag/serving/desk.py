"""The desk questions are handed in at: each waits for its turn, is answered in time, or is told why not.

Belongs to one event loop; the answering itself is in threads (job.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from mundap.errors import GenerationError, MundapError
from mundap.followup import complete
from rag.answer import Answer, Answerer, Delta
from rag.inquiry import Inquiry
from rag.serving.job import Job
from rag.serving.slots import Full, Place, Slots
from rag.serving.wire import ApiError, Asked

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An answer, and how long its question waited for its turn."""

    answer: Answer
    queue_s: float


class Desk:
    """Questions in, verified answers out."""

    def __init__(self, answerer: Answerer, *, at_once: int, queue: int, timeout_s: float) -> None:
        self.slots = Slots(at_once, queue)
        self._answerer = answerer
        self._timeout_s = timeout_s
        self._jobs: set[Job] = set()
        self._ending = False

    def take(self, asked: Asked) -> asyncio.Task[Found]:
        """Return the work on a question, already in the queue; cancelling it gives the question up.

        The work raises ApiError when there is no answer.

        Raises:
            ApiError: the queue is full, or the server is ending.
        """
        if self._ending:
            raise _ending()
        try:
            place = self.slots.ask()
        except Full as full:
            raise ApiError(429, f"{self.slots.at_once} questions are being answered and {self.slots.waiting} are waiting: no more "
                           f"are taken. Ask again in {full.retry_after_s} s, or raise serve.queue.", code="queue_full",
                           retry_after_s=full.retry_after_s) from None
        work = asyncio.create_task(self._answer(asked, place))
        work.add_done_callback(lambda _: self.slots.leave(place))   # also when it was cancelled before its first step
        return work

    def end(self) -> None:
        """Give up what is being answered or waits, and take nothing more; all who ask are told so."""
        self._ending = True
        for job in self._jobs:
            job.give_up(_ending())
        self.slots.end(_ending())

    def join(self, seconds: float) -> None:
        """Wait so long for the threads, so that the process does not end while one is inside a library."""
        until = time.monotonic() + seconds
        for job in list(self._jobs):
            job.join(max(0.0, until - time.monotonic()))

    async def _answer(self, asked: Asked, place: Place) -> Found:
        began = time.monotonic()
        queue_s: float | None = None
        try:
            async with asyncio.timeout(self._timeout_s):
                await self.slots.wait(place)
                queue_s = time.monotonic() - began
                return Found(answer=await self._in_thread(asked), queue_s=queue_s)
        except TimeoutError:
            waited = "it was still waiting for its turn" if queue_s is None else f"{queue_s:.0f} s of it waiting for its turn"
            raise ApiError(504, f"no answer within {self._timeout_s:g} s; {waited}. Ask again later, or raise serve.timeout_s.",
                           code="timeout", retry=False) from None
        except ApiError:
            raise
        except MundapError as error:
            _log.warning("%s", error)
            raise ApiError(500, str(error), code=type(error).__name__, retry=isinstance(error, GenerationError)) from None
        except Exception as error:
            _log.exception("a question could not be answered")
            raise ApiError(500, f"the server failed unexpectedly ({type(error).__name__}); its log says how.",
                           code="internal_error", retry=False) from None

    async def _in_thread(self, asked: Asked) -> Answer:
        """Return the answer; the place is given back when the thread ends, which may be later than this."""
        began = time.monotonic()

        def ended() -> None:
            self._jobs.discard(job)
            self.slots.give(time.monotonic() - began)

        job = Job(lambda: self._events(asked), ended)
        self._jobs.add(job)
        try:
            job.start()
        except RuntimeError:   # no more threads are to be had
            ended()
            raise
        try:
            return await job.answer
        finally:
            job.give_up()

    def _events(self, asked: Asked) -> Iterator[Delta | Answer]:
        """Return the answerer's stream for a question and its conversation, each earlier question made whole in its turn."""
        whole: list[str] = []
        for text in asked.before:
            before = whole[-1] if whole else ""
            whole.append(complete(text, before, self._answerer.retriever.vocabulary, self._answerer.preparer.synonyms).text)
        return self._answerer.stream(Inquiry(text=asked.text, level=asked.level, as_of=asked.as_of, before=tuple(whole),
                                             without=asked.without))


def _ending() -> ApiError:
    return ApiError(503, "the server is ending.", code="ending", retry=False)
