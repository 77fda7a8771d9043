"""One question on the page, from its first sign of life to the verified answer, as frames to draw one after another.

Knows nothing of Gradio. A run is stopped by its flag: the loop closes the answerer's iterator, and that cancels the
model.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol

from mundap.errors import MundapError
from rag.answer import Answer, Delta
from rag.inquiry import MAX_QUESTION_CHARS, Inquiry
from webui import render
from webui.http.limits import Place, Refusal
from webui.words import Words

Admit = Callable[[], AbstractContextManager[Place]]
FRAME_S = 0.06  # the model may write faster than a browser should redraw
_log = logging.getLogger(__name__)


class Streams(Protocol):
    """What the page needs of an answerer."""

    def stream(self, asked: Inquiry) -> Iterator[Delta | Answer]:
        """Yield the model's text as it comes, then the verified answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the page shows at one moment. running: the question is still being worked on, and can be stopped.

    found is the answer itself, once there is one; unkept says that it could not be written down.
    """

    answer: str
    references: str = ""
    running: bool = False
    found: Answer | None = None
    unkept: bool = False


@dataclass(slots=True)
class Run:
    """One question under way. replaced: a newer question of the same page took its place and nothing more is drawn."""

    stopped: threading.Event = field(default_factory=threading.Event)
    replaced: bool = False


class Runs:
    """The question under way of each open page (Gradio's session hash); a page has one at most."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def begin(self, session: str) -> Run:
        """Return a new run, stopping the one it takes the place of."""
        run = Run()
        with self._lock:
            earlier = self._runs.get(session)
            if earlier is not None:
                earlier.replaced = True
                earlier.stopped.set()
            self._runs[session] = run
        return run

    def end(self, session: str, run: Run) -> None:
        """Forget a run that came to its end."""
        with self._lock:
            if self._runs.get(session) is run:
                del self._runs[session]

    def under_way(self, session: str) -> bool:
        """Return whether a page has a question under way."""
        with self._lock:
            return session in self._runs

    def stop(self, session: str) -> bool:
        """Stop a page's run; return whether there was one."""
        with self._lock:
            run = self._runs.get(session)
        if run is not None:
            run.stopped.set()
        return run is not None


def frames(answerer: Streams, asked: Inquiry, run: Run, ready: Callable[[], bool], words: Words,
           *, by: str = "", admit: Admit | None = None) -> Generator[Frame, None, None]:
    """Yield what the page shows for a question, the last frame not running. by names the system where it must be told.

    admit gives the question its place in the line (site.limits.admit). The page's error boundary: an error becomes a
    message box.
    """
    question = " ".join(asked.text.split())
    if not question:
        yield Frame(answer=render.notice(words("ask.empty")))
        return
    if len(question) > MAX_QUESTION_CHARS:
        yield Frame(answer=render.notice(words("ask.too_long", most=MAX_QUESTION_CHARS, count=len(question))))
        return
    try:
        with admit() if admit else nullcontext() as place:
            yield from _in_line(place, question, run, words)
            yield from _drawn(answerer, replace(asked, text=question), run, ready, words, by)
    except Refusal as refused:
        yield Frame(answer=render.notice(words(refused.key, **refused.places), question))
    except MundapError as raised:
        _log.warning("%s", raised)
        yield Frame(answer=render.error(raised, words))
    except Exception as raised:  # whatever went wrong, the page must not stay at "확인 중…"
        _log.exception("the page could not answer a question")
        yield Frame(answer=render.unexpected(raised, words))


def _in_line(place: Place | None, question: str, run: Run, words: Words) -> Iterator[Frame]:
    """Yield how many questions are before this one, until it is its turn or nobody waits for it any more."""
    told = 0
    for ahead in place.waits() if place else ():
        if run.stopped.is_set():
            return
        if ahead != told:
            told = ahead
            yield Frame(answer=render.draft(question, "", words("people.ahead", ahead=ahead), words), running=True)


def _drawn(answerer: Streams, asked: Inquiry, run: Run, ready: Callable[[], bool], words: Words, by: str
           ) -> Iterator[Frame]:
    question = asked.text
    if run.stopped.is_set():
        if not run.replaced:
            yield Frame(answer=render.notice(words("ask.stopped"), question))
        return
    note = words("ask.searching" if ready() else "ask.loading")
    yield Frame(answer=render.draft(question, "", note, words), running=True)
    written, attempt, drawn_at = "", 1, 0.0
    with closing(closable(answerer.stream(asked))) as events:
        for event in events:
            if run.stopped.is_set():
                break
            if isinstance(event, Answer):
                yield Frame(answer=render.answer(event, words, by=by),
                            references=render.references(event, words), found=event)
                return
            if event.attempt != attempt:  # the first text failed its check; another is being written
                written, attempt = "", event.attempt
            written += event.text
            if time.monotonic() - drawn_at >= FRAME_S:
                drawn_at = time.monotonic()
                yield Frame(answer=render.draft(question, written, words("ask.checking"), words), running=True)
    if not run.replaced:
        yield Frame(answer=render.notice(words("ask.stopped"), question))


def closable(events: Iterator[Delta | Answer]) -> Generator[Delta | Answer, None, None]:
    """Return an answerer's events as a generator, whose close() closes their source, and that cancels the model."""
    try:
        yield from events
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()
