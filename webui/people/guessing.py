"""Guessed passwords made slow: after a few failures each further one must wait longer, by name and by address.

Kept in memory; a restart forgets it. An attacker who keeps guessing a name keeps its owner from logging in anew for up to
LONGEST_S at a time, but never ends a log-in under way.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE = 5            # failures of one name without a wait
FREE_ADDRESS = 20   # of one address: an office may share one
LONGEST_S = 900.0
FORGET_S = 3600.0   # a name or address without failures for so long begins anew
REMEMBERED = 10_000


@dataclass(slots=True)
class _Failed:
    times: int = 0
    until: float = 0.0
    last: float = 0.0


class Guessing:
    """Failures by key. clock gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[tuple[str, str], _Failed] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, name: str, address: str) -> float:
        """Return how long the next try must wait, 0 for not at all."""
        with self._lock:
            moment = self._clock()
            held = [self._failed[key].until - moment for key in _keys(name, address) if key in self._failed]
        return max(0.0, *held) if held else 0.0

    def failed(self, name: str, address: str) -> None:
        """Count a failure; one is counted before the password is looked at and taken back by succeeded()."""
        with self._lock:
            moment = self._clock()
            for key, free in zip(_keys(name, address), (FREE, FREE_ADDRESS), strict=True):
                one = self._failed.setdefault(key, _Failed())
                if moment - one.last > FORGET_S:
                    one.times = 0
                one.times, one.last = one.times + 1, moment
                if one.times >= free:
                    one.until = moment + min(LONGEST_S, 2.0 ** min(one.times - free, 20))
                self._failed.move_to_end(key)
            while len(self._failed) > REMEMBERED:
                self._failed.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget a name's failures, and take this try back from its address."""
        with self._lock:
            of_name, of_address = _keys(name, address)
            self._failed.pop(of_name, None)
            one = self._failed.get(of_address)
            if one is not None:
                one.times -= 1
                one.until = 0.0 if one.times < FREE_ADDRESS else one.until


def _keys(name: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("name", name[:64]), ("address", address[:64])
