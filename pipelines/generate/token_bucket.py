"""A token bucket: how long to wait so that a rate is kept. Time is given by the caller, in seconds of one clock."""

from __future__ import annotations


class TokenBucket:
    """Fills at per_minute, up to burst_s seconds' worth but at least one unit, which is what it begins with.

    None for per_minute is no limit.

    An amount larger than the bucket passes when it is full and leaves it in debt, so that nothing waits for ever.
    """

    def __init__(self, per_minute: float | None, *, now: float, burst_s: float = 1.0, least: float = 1.0) -> None:
        self.per_second = None if per_minute is None else per_minute / 60.0
        self._size = max(least, (self.per_second or 0.0) * burst_s)
        self._level = least
        self._at = now

    def wait_s(self, amount: float, now: float) -> float:
        """Return the seconds until an amount may be taken; 0 when it may now."""
        if self.per_second is None:
            return 0.0
        self._fill(now)
        lacking = min(amount, self._size) - self._level
        # Nine digits are finer than a clock and coarser than the sums' rounding errors.
        return max(0.0, round(lacking / self.per_second, 9))

    def take(self, amount: float, now: float) -> None:
        """Take an amount; a negative one gives back what was taken too much."""
        if self.per_second is not None:
            self._fill(now)
            self._level = min(self._size, self._level - amount)

    def _fill(self, now: float) -> None:
        assert self.per_second is not None
        self._level = min(self._size, self._level + (now - self._at) * self.per_second)
        self._at = now
