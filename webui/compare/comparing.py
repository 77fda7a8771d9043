"""One question put to two systems, one after the other, and the vote between their answers.

Each system answers with the machine to itself, so that its time is its own; which goes first is drawn by lot. Blind,
nothing that is drawn depends on what a side is: while the first writes, nothing of either is shown; then both grow at one
pace, as far as both are written; times, tokens and verdicts come with the names, after the vote. Knows nothing of Gradio.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Literal

from mundap.errors import ConfigError, DataError, MundapError
from rag.answer import Answer
from rag.inquiry import Inquiry
from webui.ask.asking import FRAME_S, Run, Streams, closable
from webui.domain import OWN, Domain
from webui.pool import model_key
from webui.site import Site
from webui.storage.votes import Votes

State = Literal["loading", "writing", "done", "stopped"]
CHOICES: Mapping[str, tuple[str, bool]] = {   # what can be voted: the outcome, and whether it is because both are bad
    "left": ("left", False), "right": ("right", False), "tie": ("tie", False), "both_bad": ("tie", True)}
OPEN = 300        # pairs waiting for a vote, of everybody; the oldest goes first
OPEN_EACH = 10    # of one person
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A system that answers. model is its webui.pool.model_key."""

    system: str
    answerer: Streams
    model: str = ""
    is_loaded: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side so far. text is what the model has written, unchecked; then there is an answer or an error."""

    system: str
    model: str = ""
    text: str = ""
    found: Answer | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What there is to show at one moment. turn is 0 while the first of the two works and 1 from then on; seconds since asked.

    shown are the texts that may be drawn of left and right. named: what the sides are may be told.
    """

    sides: tuple[Side, Side]
    shown: tuple[str, str] = ("", "")
    state: State = "writing"
    turn: int = 0
    seconds: float = 0.0
    named: bool = False

    @property
    def running(self) -> bool:
        """Return whether it can still be stopped."""
        return self.state in ("loading", "writing")

    @property
    def whole(self) -> bool:
        """Return whether both sides have an answer."""
        return all(side.found for side in self.sides)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers that wait for their vote."""

    owner: str
    domain: str
    inquiry: Inquiry
    sides: tuple[Side, Side]


class Pairs:
    """The pairs that wait for a vote, in memory: what a side is stays here until then, in no database and on no page."""

    def __init__(self, most: int = OPEN, each: int = OPEN_EACH) -> None:
        self._most, self._each = most, each
        self._open: dict[str, Pair] = {}
        self._lock = threading.Lock()

    def add(self, pair: Pair) -> str:
        """Keep a pair; return its id."""
        made = secrets.token_hex(16)
        with self._lock:
            own = [key for key, other in self._open.items() if other.owner == pair.owner]
            for key in own[:max(0, len(own) - self._each + 1)]:
                del self._open[key]
            while len(self._open) >= self._most:
                del self._open[next(iter(self._open))]
            self._open[made] = pair
        return made

    def take(self, identity: str, owner: str) -> Pair:
        """Return a pair of an owner's and let it go, so that it is voted on once.

        Raises:
            DataError: the owner has no such pair, or it has had its vote.
        """
        with self._lock:
            pair = self._open.get(identity)
            if pair is None or pair.owner != owner:
                raise DataError("there is no such comparison to vote on.", where="vote", fix="Compare another question.")
            del self._open[identity]
        return pair

    def put_back(self, identity: str, pair: Pair) -> None:
        """Keep a pair whose vote could not be written."""
        with self._lock:
            self._open[identity] = pair


def contenders(domain: Domain, systems: tuple[str, str], *, blind: bool) -> tuple[Contender, Contender]:
    """Return two systems of a domain as left and right: drawn by lot when blind, else as given.

    Raises:
        ConfigError: one is not there, lacks its model, or stands against itself.
    """
    first, second = (name or OWN for name in systems)
    if first == second:
        raise ConfigError(f"{first!r} stands against itself.", where="systems", fix="Choose two systems.")
    left, right = _contender(domain, first), _contender(domain, second)
    return (right, left) if blind and secrets.randbelow(2) else (left, right)


def available(domain: Domain) -> list[str]:
    """Return the systems of a domain that can answer, its own first."""
    return [name for name, one in domain.systems.items() if not one.missing]


def _contender(domain: Domain, name: str) -> Contender:
    answerer = domain.answerer(name)
    generation = domain.systems[name].recipe["generation"]
    key = model_key(generation)
    local = generation.get("generator", "local") == "local"
    return Contender(system=name, answerer=answerer, model=key,
                     is_loaded=lambda: not local or key in domain.pool.loaded())


def compare(pair: tuple[Contender, Contender], asked: Inquiry, run: Run, *, blind: bool, first: int | None = None,
            ) -> Generator[Moment, None, None]:
    """Yield what there is to show while two systems answer, the last moment not running.

    An error on one side is that side's alone. first is the side that answers first, left alone drawn by lot when blind.
    """
    began, sides = time.monotonic(), [Side(system=one.system, model=one.model) for one in pair]
    order = (secrets.randbelow(2) if blind else 0) if first is None else first

    def moment(state: State, turn: int) -> Moment:
        left, right = sides
        ended = state in ("done", "stopped")
        named = not blind or ended and not all(side.found for side in sides)   # with no vote to come there is nothing to hide
        texts = (left.text, right.text)
        if blind:
            pace = min(map(len, texts)) if turn else 0
            texts = (texts[0][:pace], texts[1][:pace])
        return Moment(sides=(left, right), shown=texts, state=state, turn=turn, seconds=time.monotonic() - began, named=named)

    for turn, at in enumerate((order, 1 - order)):
        yield moment("writing" if pair[at].is_loaded() else "loading", turn)
        drawn_at = time.monotonic()
        for side in _answered(pair[at], asked, run, sides[at], keep_first=blind):
            sides[at] = side
            if time.monotonic() - drawn_at >= FRAME_S:
                drawn_at = time.monotonic()
                yield moment("writing", turn)
        if run.stopped.is_set() and not (sides[at].found or sides[at].error):
            if not run.replaced:
                yield moment("stopped", turn)
            return
    yield moment("done", 1)


def _answered(one: Contender, asked: Inquiry, run: Run, side: Side, *, keep_first: bool) -> Iterator[Side]:
    """Yield a side as it grows. keep_first: a second try's text is not shown, since not every system makes one."""
    attempt = 1
    try:
        with closing(closable(one.answerer.stream(asked))) as events:
            for event in events:
                if run.stopped.is_set():
                    return
                if isinstance(event, Answer):
                    side = replace(side, found=event)
                elif event.attempt == attempt:
                    side = replace(side, text=side.text + event.text)
                elif not keep_first:
                    side, attempt = replace(side, text=event.text), event.attempt
                yield side
    except MundapError as raised:
        _log.warning("%s", raised)
        yield replace(side, error=raised)
    except Exception as raised:  # whatever went wrong on one side, the other must be answered
        _log.exception("a system could not answer in a comparison")
        yield replace(side, error=raised)


def vote(site: Site, pairs: Pairs, identity: str, owner: str, choice: str) -> Pair:
    """Keep a vote on a pair, and its two answers; return the pair, which may now be named.

    Raises:
        DataError: the owner has no such pair or has voted on it, or there is no such choice.
    """
    if choice not in CHOICES:
        raise DataError(f"{choice!r} cannot be voted.", where="vote", fix=f"One of: {', '.join(CHOICES)}.")
    pair = pairs.take(identity, owner)
    winner, both_bad = CHOICES[choice]
    try:
        left, right = [site.answers.add(side.found, pair.inquiry, owner=owner, domain=pair.domain, system=side.system,
                                        model=side.model) for side in pair.sides if side.found is not None]
        Votes(site.database).add(owner, left, right, winner, both_bad=both_bad)
    except Exception:
        pairs.put_back(identity, pair)
        raise
    return pair


def win_rates(site: Site, domain: Domain, owner: str) -> dict[str, Any]:
    """Return what all votes on a domain's systems say, as rag.evaluation.opinions.human.summary; {} for who has not voted.

    Only votes on the models that the systems have now count: what was said of another model is not said of this one.
    """
    from rag.evaluation.opinions.human import summary

    votes = Votes(site.database)
    if not votes.of(domain.key, rater=owner):
        return {}
    models = {name: model_key(one.recipe["generation"]) for name, one in domain.systems.items()}
    return summary([], votes.of(domain.key, models=models))
