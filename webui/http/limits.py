"""How much one person, and everybody together, may ask: questions a minute, and how many may wait.

    with site.limits.admit(owner) as place:          # Refusal, with what to say, when it is too much
        for ahead in place.waits():                  # nothing when it is this question's turn at once
            yield drawn(words("people.ahead", ahead=ahead))
        …                                            # the work; its turn ends with the block

Questions are taken in the order they came, AT_ONCE at a time: retrieval and checking need the cores, and a model writes one
answer after the other. Kept in memory; knows nothing of Gradio.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mundap.errors import MundapError

AT_ONCE = 4
MINUTE_S = 60.0
REMEMBERED = 10_000     # people; beyond it who asked longest ago is forgotten
_LOOK_S = 0.5
_ANSWER_S = 3.0         # a guess at one answer, until some were given


class Refusal(MundapError):
    """A question that is not taken now. key and places are of words: `words(refusal.key, **refusal.places)`."""

    def __init__(self, key: str, what: str, **places: int) -> None:
        self.key = key
        self.places = places
        super().__init__(what, where="limits", fix=f"Ask again in {places['seconds']} s." if "seconds" in places else "")


@dataclass(eq=False)
class Place:
    """One question's place in the line."""

    limits: Limits
    began: float = 0.0
    owner: str = ""

    def waits(self, look_s: float = _LOOK_S) -> Iterator[int]:
        """Yield how many questions are before this one, once in a while, until it is its turn."""
        yield from self.limits.waiting(self, look_s)


@dataclass
class Limits:
    """The limits of a page; settings is `web.limits`. clock gives seconds that only grow."""

    settings: Mapping[str, Any]
    at_once: int = AT_ONCE
    clock: Callable[[], float] = time.monotonic
    closing: bool = False
    _asked: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _line: list[Place] = field(default_factory=list)
    _turn: threading.Condition = field(default_factory=threading.Condition)
    _answer_s: float = _ANSWER_S

    @property
    def held(self) -> int:
        """Return how many questions are waiting or being answered."""
        return len(self._line)

    @contextlib.contextmanager
    def admit(self, owner: str) -> Iterator[Place]:
        """Give a question a place in the line for as long as the block runs.

        Raises:
            Refusal: its owner asks too often, too many are waiting, or the server is stopping.
        """
        place = self._enter(owner)
        try:
            yield place
        finally:
            with self._turn:
                if place.began:
                    self._answer_s += 0.2 * (self.clock() - place.began - self._answer_s)
                self._line.remove(place)
                self._turn.notify_all()

    def close(self) -> None:
        """Take no more questions; those in the line keep their places."""
        with self._turn:
            self.closing = True
            self._turn.notify_all()

    def waiting(self, place: Place, look_s: float) -> Iterator[int]:
        """Yield how many are before a place until it is among the first at_once; see Place.waits()."""
        while True:
            with self._turn:
                before = self._line.index(place)
                if before < self.at_once:
                    place.began = place.began or self.clock()
                    return
                if self.closing:
                    raise Refusal("people.closing", "the server is stopping.")
            yield before - self.at_once + 1
            with self._turn:
                if self._line.index(place) >= self.at_once and not self.closing:
                    self._turn.wait(look_s)

    def _enter(self, owner: str) -> Place:
        with self._turn:
            if self.closing:
                raise Refusal("people.closing", "the server is stopping.")
            self._count(owner)
            most = int(self.settings.get("waiting", 64))
            waiting = len(self._line) - self.at_once
            if waiting >= most:
                self._asked[owner].pop()    # refused questions do not count against who asked them
                seconds = max(1, round(self._answer_s * waiting / self.at_once))
                raise Refusal("people.full", "too many questions are waiting.", waiting=waiting, seconds=seconds)
            place = Place(self, owner=owner)
            self._line.append(place)
            return place

    def _count(self, owner: str) -> None:
        most, moment = int(self.settings.get("questions_a_minute", 20)), self.clock()
        asked = self._asked.setdefault(owner, deque())
        self._asked.move_to_end(owner)
        while asked and moment - asked[0] >= MINUTE_S:
            asked.popleft()
        if len(asked) >= most:
            seconds = max(1, round(MINUTE_S - (moment - asked[0])))
            raise Refusal("people.too_often", "too many questions in a minute.", most=most, seconds=seconds)
        asked.append(moment)
        while len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
