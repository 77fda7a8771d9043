"""Who may be answered now: so many at once, so many waiting in the order they came, and no more than that.

Belongs to one event loop. Knows nothing of questions. An own queue and not a semaphore, since whether there is room
must be known at once, before a response has begun.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque

Place = asyncio.Future[None]

_WEIGHT = 0.2       # of the newest answer in the running mean of how long one takes
_LONGEST_S = 60     # clients are not told to stay away for longer


class Full(Exception):
    """There is no room left to wait in. retry_after_s: when there should be."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"come again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Slots:
    """at_once places to be answered at, and a queue before them."""

    def __init__(self, at_once: int, queue: int) -> None:
        self.at_once = at_once
        self.queue = queue
        self._free = at_once
        self._waiting: deque[Place] = deque()
        self._taken: set[Place] = set()   # until their asker leaves
        self._mean_s = 1.0

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def ask(self) -> Place:
        """Return a place, or one in the queue; hand it to wait(), and to leave() however the asking ends.

        Raises:
            Full: as many wait as may.
        """
        place: Place = asyncio.get_running_loop().create_future()
        if self._free:
            self._free -= 1
            place.set_result(None)
        elif len(self._waiting) >= self.queue:
            raise Full(min(_LONGEST_S, max(1, math.ceil(self._mean_s * (len(self._waiting) + 1) / self.at_once))))
        else:
            self._waiting.append(place)
        return place

    async def wait(self, place: Place) -> None:
        """Wait until the place is to be had, and take it."""
        await place
        self._taken.add(place)

    def leave(self, place: Place) -> None:
        """Step out of the queue, or give back a place that was never taken; one that was is give()'s."""
        if place in self._taken:
            self._taken.remove(place)
        elif place in self._waiting:
            self._waiting.remove(place)
        elif not place.cancelled() and place.exception() is None:
            self._pass_on()

    def end(self, error: Exception) -> None:
        """Have all who wait fail with an error."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(error)

    def give(self, seconds: float) -> None:
        """Give a place back that was used for so long."""
        self._mean_s += _WEIGHT * (seconds - self._mean_s)
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
