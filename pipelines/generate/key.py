"""One key at work: when it may send, how many calls it may have in flight, and whether it is still of use.

Two limits act at once. Pacing keeps to the declared rates. Concurrency is found out: it is raised by one for every full
round of good answers and halved at a 429, at most once for the calls that were in flight together (Jacobson 1988,
"Congestion Avoidance and Control": additive raise, multiplicative fall). Where a rate is declared and no 429 has come
yet, every good answer raises it by one, as that paper's slow start does: pacing already guards the provider.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from pipelines.generate.outcome import Outcome, Reply
from pipelines.generate.settings import GenerateSettings, KeySettings
from pipelines.generate.token_bucket import TokenBucket

_BURST_S = 0.5           # what may be caught up after a stall
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_PATIENCE = 3            # failures in a row before the key waits
_TROUBLE: frozenset[Outcome] = frozenset(("server_error", "timeout", "unreachable"))


class Key:
    """The state of one key of one provider. Every time is in seconds of the engine's clock."""

    def __init__(self, limits: KeySettings, provider: int, settings: GenerateSettings, *, now: float,
                 chance: random.Random, sent_today: int = 0) -> None:
        self.name = limits.env or "(no key)"
        self.provider = provider
        self.limits = limits
        self.in_flight = 0
        self.resting = ""
        self.retired = ""
        share = 1.0 - settings.rate_margin
        self._requests = TokenBucket(_scaled(limits.requests_per_minute, share), now=now, burst_s=_BURST_S)
        self._tokens = TokenBucket(_scaled(limits.tokens_per_minute, share), now=now, burst_s=_BURST_S,
                                   least=max(1.0, _BURST_S * (limits.tokens_per_minute or 0.0) / 60))
        self._most = settings.max_concurrency
        self._limit = float(min(settings.start_concurrency, self._most))
        self._sent_today = sent_today
        self._paused_until, self._halved_at, self._full_at = now, now, 0.0
        self._cautious = limits.requests_per_minute is None
        self._rate_limits, self._failures, self._failed_at = 0, 0, 0.0
        self._chance = chance
        self._count_day()

    @property
    def usable(self) -> bool:
        """Return whether the key may send again in this run."""
        return not self.retired and not self.resting

    @property
    def load(self) -> float:
        """Return how much of its concurrency is in use, for choosing the freest."""
        return self.in_flight / self._limit

    @property
    def concurrency(self) -> int:
        """Return how many calls may be in flight."""
        return int(self._limit)

    def wait_s(self, tokens: float, now: float) -> float | None:
        """Return the seconds until a call of so many tokens may be sent; None while the key is full or of no use."""
        if not self.usable or self.in_flight >= int(self._limit):
            return None
        return max(self._paused_until - now, self._requests.wait_s(1, now), self._tokens.wait_s(tokens, now), 0.0)

    def sent(self, tokens: float, now: float) -> None:
        """Count a call that is being sent, with an estimate of its tokens."""
        self._requests.take(1, now)
        self._tokens.take(tokens, now)
        self.in_flight += 1
        if self.in_flight >= int(self._limit):
            self._full_at = now
        self._sent_today += 1
        self._count_day()

    def answered(self, reply: Reply, *, estimated: float, sent_at: float, now: float,
                 say: Callable[[str], None]) -> None:
        """Learn from what became of a call."""
        self.in_flight -= 1
        used = reply.prompt_tokens + reply.completion_tokens
        if used:
            self._tokens.take(used - estimated, now)
        if reply.outcome == "rate_limit":
            self._slow_down(reply, sent_at, now)
        elif reply.outcome == "quota":
            if self.usable:
                self.resting = f"has used its allowance for today ({reply.message})"
                say(f"  key {self.name} {self.resting}; it rests until tomorrow.")
        elif reply.outcome == "bad_key":
            if not self.retired:
                self.retired = f"was refused ({reply.message})"
                say(f"  key {self.name} {self.retired}; it is retired. Put a valid key into that variable.")
        elif reply.outcome in _TROUBLE:
            if sent_at >= self._failed_at:      # calls that fail together are one failure
                self._failures, self._failed_at = self._failures + 1, now
            if self._failures >= _PATIENCE:
                self._pause(now + self._wait(self._failures - _PATIENCE, first=0.5))
        elif reply.outcome != "dropped":
            self._failures = self._rate_limits = 0
            if self._full_at >= sent_at:    # a limit that is not reached says nothing about the provider
                self._limit = min(self._most, self._limit + (1.0 / self._limit if self._cautious else 1.0))

    def _slow_down(self, reply: Reply, sent_at: float, now: float) -> None:
        if sent_at >= self._halved_at:
            self._limit = max(1.0, self._limit / 2)
            self._halved_at, self._cautious = now, True
            self._rate_limits += 1
        wait = self._wait(self._rate_limits - 1) if reply.retry_after_s is None else reply.retry_after_s
        self._pause(now + wait)

    def _wait(self, times: int, first: float = _FIRST_WAIT_S) -> float:
        """Return a wait that doubles, with chance in it so that keys do not come back together."""
        return float(min(_LONGEST_WAIT_S, first * 2.0 ** min(times, 10)) * self._chance.uniform(0.75, 1.25))

    def _pause(self, until: float) -> None:
        self._paused_until = max(self._paused_until, until)

    def _count_day(self) -> None:
        allowed = self.limits.requests_per_day
        if allowed is not None and self._sent_today >= allowed and not self.resting:
            self.resting = f"has sent its {allowed} requests of today"


def _scaled(rate: float | None, share: float) -> float | None:
    return None if rate is None else rate * share
