"""All keys of all providers: which one may send next, which are left, and what rate they permit together."""

from __future__ import annotations

import datetime
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.generate.key import Key
from pipelines.generate.outcome import ANSWERED, Reply
from pipelines.generate.settings import GenerateSettings

_TRIES = 3          # answers of one provider that are no answers, before any good one
_TRIES_S = 2.0      # and for at least so long: a server that is just starting refuses connections for a moment


class Pool:
    """The keys, in the order of the settings."""

    def __init__(self, settings: GenerateSettings, calls: Iterable[Mapping[str, Any]], *, now: float) -> None:
        """Make the keys; calls are a ledger's, for what was sent today."""
        chance = random.Random(settings.seed)
        today = _sent_today(calls, settings.day_timezone)
        self._settings = settings
        self.keys: Sequence[Key] = [
            Key(limits, at, settings, now=now, chance=chance, sent_today=today[limits.env or "(no key)"])
            for at, provider in enumerate(settings.providers) for limits in provider.keys]
        self._heard = [False] * len(settings.providers)        # a model of this provider has answered
        self._in_vain = [0] * len(settings.providers)
        self._first_at: list[float | None] = [None] * len(settings.providers)
        self._why_retired: Counter[str] = Counter()

    def next_key(self, prompt_tokens: int, tokens: float, now: float) -> tuple[Key | None, float | None]:
        """Return the freest key that may send a call now; or None and the seconds until one may.

        Seconds are None when a call must end first, or when no key is left.
        """
        ready, soonest = list[Key](), None
        for key in self.keys:
            wait = key.wait_s(tokens, now) if self._fits(key, prompt_tokens) else None
            if wait == 0.0:
                ready.append(key)
            elif wait is not None:
                soonest = wait if soonest is None else min(soonest, wait)
        return (min(ready, key=lambda key: key.load), 0.0) if ready else (None, soonest)

    def has_key_for(self, prompt_tokens: int) -> bool:
        """Return whether some key may still send such a prompt in this run."""
        return any(key.usable and self._fits(key, prompt_tokens) for key in self.keys)

    def answered(self, key: Key, reply: Reply, *, estimated: float, sent_at: float, now: float,
                 say: Callable[[str], None]) -> None:
        """Learn from a reply; a provider that never gives one of use is given up with all its keys."""
        key.answered(reply, estimated=estimated, sent_at=sent_at, now=now, say=say)
        at = key.provider
        if self._first_at[at] is None:
            self._first_at[at] = sent_at
        if reply.outcome in ANSWERED or reply.outcome in ("rate_limit", "quota", "over_context"):
            self._heard[at] = True
        if reply.outcome == "bad_key":
            self._why_retired["bad_key"] += 1
        if self._heard[at] or reply.outcome in ("bad_key", "timeout", "dropped") or reply.status >= 500:
            return
        self._in_vain[at] += 1
        waited = now - (self._first_at[at] or 0.0)
        reason = "unreachable" if reply.outcome == "unreachable" else "bad_request"
        if reply.outcome == "not_found" or self._in_vain[at] >= _TRIES and (reason == "bad_request" or waited >= _TRIES_S):
            self._give_up(at, reply.message, reason)

    def why_empty(self) -> tuple[str, str]:
        """Return why no key is left: one of report.STOPS or FAILURES, and words that name every key."""
        if any(key.resting for key in self.keys):
            reason = "quota"
        else:
            reason = next((name for name in ("bad_request", "unreachable") if self._why_retired[name]), "bad_key")
        return reason, "; ".join(f"{self._settings.providers[key.provider].where}, key {key.name}: "
                                 f"{key.retired or key.resting}" for key in self.keys if not key.usable)

    def permitted(self, tokens_per_call: float) -> float | None:
        """Return the requests a second that the keys left permit together; None when one of them has no limit."""
        total = 0.0
        for key in self.keys:
            limits = key.limits
            rates = [rate for rate in (limits.requests_per_minute,
                                       limits.tokens_per_minute and limits.tokens_per_minute / max(tokens_per_call, 1))
                     if rate is not None]
            if not rates:
                return None
            total += min(rates) / 60 if key.usable else 0.0
        return total

    def _fits(self, key: Key, prompt_tokens: int) -> bool:
        return fits(self._settings, key.provider, prompt_tokens)

    def _give_up(self, at: int, message: str, reason: str) -> None:
        for key in self.keys:
            if key.provider == at and not key.retired:
                key.retired = message
        self._why_retired[reason] += 1


def fits(settings: GenerateSettings, provider: int, prompt_tokens: int) -> bool:
    """Return whether a prompt and its answer fit a provider's context, as far as that is known."""
    context = settings.providers[provider].context_tokens
    return context is None or prompt_tokens + settings.decoding.max_new_tokens <= context


def _sent_today(calls: Iterable[Mapping[str, Any]], timezone: str) -> Counter[str]:
    zone = ZoneInfo(timezone)
    today = datetime.datetime.now(zone).date()
    return Counter(str(call["key"]) for call in calls
                   if call["at"] and datetime.datetime.fromisoformat(str(call["at"])).astimezone(zone).date() == today)
