"""The run: sends tasks as fast as the keys permit, judges what comes back, and writes every call to the ledger.

One coroutine hands out the work; each call is a coroutine of its own. A call's line is in the ledger before its task
counts as done. Nothing here knows files but the ledger; rows are written from it when the run has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipelines.generate.budget import Purse, Reserved, Spending, cost
from pipelines.generate.candidate import Check
from pipelines.generate.judge import OVER_CONTEXT, Judgement, judge, named
from pipelines.generate.key import Key
from pipelines.generate.ledger import NOT_SENT, Ledger, now_text
from pipelines.generate.outcome import ANSWERED, Reply
from pipelines.generate.pool import Pool
from pipelines.generate.provider import Provider
from pipelines.generate.queue import Queue, Work
from pipelines.generate.report import Tally, progress_line
from pipelines.generate.secrets import Secrets
from pipelines.generate.settings import GenerateSettings
from pipelines.generate.task import estimate_tokens, message

Say = Callable[[str], None]
GUESSED_ANSWER_TOKENS = 150     # of one pair, until answers tell
_LONGEST_WAIT_S = 30.0
_RAW_CHARS = 20_000


class Engine:
    """One run over a queue of work."""

    def __init__(self, works: Sequence[Work], settings: GenerateSettings, providers: Sequence[Provider], pool: Pool,
                 purse: Purse, ledger: Ledger, secrets: Secrets, checks: Sequence[Check], tally: Tally, say: Say) -> None:
        self.stopped, self.message = "", ""
        self.tally = tally
        self._queue = Queue(works)
        self._settings, self._providers, self._pool, self._purse = settings, providers, pool, purse
        self._ledger, self._secrets, self._checks = ledger, secrets, checks
        self._say: Say = lambda text: say(secrets.masked(text))
        self._calls: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._error: BaseException | None = None
        self._chance = random.Random(settings.seed)
        self._left = 0
        self._estimated, self._reported = 0.0, 0.0       # tokens of prompts: what was thought, what was said
        self._began_s = self._useful_s = 0.0

    async def run(self) -> None:
        """Do the work until it is done or something stops it; calls in flight are finished either way.

        Raises:
            ResourceError: the ledger cannot be written. MundapError: a local model cannot be run.
        """
        self._began_s = self._useful_s = self._now()
        beside = [asyncio.create_task(self._ledger.keep_synced()), asyncio.create_task(self._tell())]
        try:
            with self._interruptible():
                await self._hand_out()
                while self._calls and self._error is None:
                    await self._woken(None)
        finally:
            for task in [*beside, *self._calls]:
                task.cancel()
            await asyncio.gather(*beside, *self._calls, return_exceptions=True)
        if self._error is not None:
            raise self._error

    @property
    def tokens_per_call(self) -> float:
        """Return what a call comes to, read and written, so far."""
        answers = sum(self.tally.outcomes[outcome] for outcome in ANSWERED)
        return (self.tally.spent.prompt_tokens / answers if answers else 0.0) + self._answer_tokens

    async def _hand_out(self) -> None:
        while not self.stopped and self._error is None and (len(self._queue) or self._calls):
            wait = self._send_next()
            if wait == 0.0:
                await asyncio.sleep(0)      # the call starts
            else:
                await self._woken(wait)

    def _send_next(self) -> float | None:
        """Send a call and return 0; or return the seconds until one may be sent, None until something changes."""
        now = self._now()
        work = self._queue.first(now)
        if work is None:
            due = self._queue.due()
            return None if due is None else max(due - now, 0.001)
        tokens = self._prompt_ratio * work.prompt_tokens + self._answer_tokens
        key, wait = self._pool.next_key(work.prompt_tokens, tokens, now)
        if key is None:
            if not self._pool.has_key_for(work.prompt_tokens):
                self._stop(*self._pool.why_empty())
            return wait
        reserved = self._reserve(work, key)
        if not self._purse.allows(reserved):
            if not self._purse.any_reserved:
                self._stop("budget", "the budget does not allow another call; raise generate.budget to go on")
            return None
        self._queue.take(work)
        self._purse.reserve(reserved)
        key.sent(tokens, now)
        self._count_sent(now)
        call = asyncio.create_task(self._call(work, key, tokens, reserved))
        self._calls.add(call)
        call.add_done_callback(self._ended)
        return 0.0

    async def _call(self, work: Work, key: Key, tokens: float, reserved: Reserved) -> None:
        sent_at = self._now()
        reply = await self._providers[key.provider].ask(work.prompt, self._secrets.value(key.limits.env))
        now = self._now()
        self._pool.answered(key, reply, estimated=tokens, sent_at=sent_at, now=now, say=self._say)
        used = self._used(work, reply)
        price = self._settings.providers[key.provider].price
        self._purse.settle(reserved, *used, price)
        self.tally.spent.add(*used, price)
        self.tally.outcomes[reply.outcome] += 1
        if reply.outcome in ANSWERED:
            self._useful_s = now
            self._answered(work, key, reply, used, now - sent_at)
        elif reply.outcome == "over_context":
            self._write(work, key, reply, used, now - sent_at, "rejected", Judgement(reason=OVER_CONTEXT))
            self.tally.rejected[OVER_CONTEXT] += 1
        else:
            self._write(work, key, reply, used, now - sent_at, "", Judgement())
            self._again(work, reply, now)

    def _answered(self, work: Work, key: Key, reply: Reply, used: tuple[int, int], seconds: float) -> None:
        judged = judge(work.task, reply, self._checks)
        work.tried += 1
        if judged.kept:
            self._write(work, key, reply, used, seconds, "kept", judged)
            self.tally.kept += 1
            self.tally.rows += len(judged.kept)
            self.tally.dropped_pairs.update(named(reason) for reason, _ in judged.dropped)
        elif work.tried >= self._settings.tries:
            self._write(work, key, reply, used, seconds, "rejected", judged)
            self.tally.rejected[named(judged.reason)] += 1
        else:
            self._write(work, key, reply, used, seconds, "retry", judged)
            ask_again(work, judged.reason, self._settings)
            self._queue.put_back(work, self._now())

    def _again(self, work: Work, reply: Reply, now: float) -> None:
        """Put back work that got no answer; give it up for this run when it never gets one."""
        if now - self._useful_s > self._settings.give_up_after_s:
            self._stop("rate_limit" if reply.outcome == "rate_limit" else "unreachable",
                       f"no model has answered for {now - self._useful_s:.0f} s: {reply.message}")
        if reply.outcome in ("rate_limit", "quota", "bad_key"):     # the key's trouble, not the task's
            self._queue.put_back(work, now)
            return
        work.failures += 1
        if work.failures >= self._settings.max_failures:
            self._left += 1
            self._say(f"  {work.task.chunk.chunk_id}, {work.task.kind.name}: left for the next run after "
                      f"{work.failures} failures, the last one {reply.outcome} ({reply.message})")
            return
        wait = min(_LONGEST_WAIT_S, 0.25 * 2.0 ** min(work.failures, 10)) * self._chance.uniform(0.75, 1.25)
        self._queue.put_back(work, now + wait)

    def _write(self, work: Work, key: Key, reply: Reply, used: tuple[int, int], seconds: float, verdict: str,
               judged: Judgement) -> None:
        failed = bool(judged.dropped) or (verdict in ("retry", "rejected") and bool(reply.text))
        self._ledger.append(record(
            work, model=self._settings.providers[key.provider].model, key=key.name, outcome=reply.outcome,
            verdict=verdict, judged=judged, prompt_tokens=used[0], completion_tokens=used[1],
            seconds=round(seconds, 3), message=self._secrets.masked(reply.message or judged.detail),
            raw=self._secrets.masked(reply.text[:_RAW_CHARS]) if failed else ""))

    def _used(self, work: Work, reply: Reply) -> tuple[int, int]:
        """Return the tokens read and written; estimated for an answer whose provider does not count."""
        if reply.prompt_tokens or reply.completion_tokens:
            self._estimated += work.prompt_tokens
            self._reported += reply.prompt_tokens
            return reply.prompt_tokens, reply.completion_tokens
        return (work.prompt_tokens, estimate_tokens(reply.text)) if reply.outcome in ANSWERED else (0, 0)

    def _reserve(self, work: Work, key: Key) -> Reserved:
        most = self._settings.decoding.max_new_tokens
        return Reserved(tokens=work.prompt_tokens + most,
                        money=cost(work.prompt_tokens, most, self._settings.providers[key.provider].price))

    @property
    def _prompt_ratio(self) -> float:
        return self._reported / self._estimated if self._estimated else 1.0

    @property
    def _answer_tokens(self) -> float:
        spent = self.tally.spent
        answers = sum(self.tally.outcomes[outcome] for outcome in ANSWERED)
        return spent.completion_tokens / answers if answers else GUESSED_ANSWER_TOKENS

    def _count_sent(self, now: float) -> None:
        tally = self.tally
        tally.sent += 1
        tally.first_sent_s = now if tally.first_sent_s is None else tally.first_sent_s
        tally.last_sent_s = now

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        if not call.cancelled() and call.exception() is not None and self._error is None:
            self._error = call.exception()
        self._changed.set()

    def _stop(self, reason: str, words: str) -> None:
        if not self.stopped:
            self.stopped, self.message = reason, self._secrets.masked(words)
            self._changed.set()
            if self._calls:
                self._say(f"  stopping ({reason}): {len(self._calls)} calls in flight are being finished")

    async def _woken(self, timeout_s: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        self._changed.clear()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(self._settings.progress_s)
            left = self.tally.tasks - self.tally.done
            self._say(progress_line(self.tally, left, self._pool.permitted(self.tokens_per_call),
                                    self._now() - self._began_s))

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM stop the run after the calls in flight; a second one drops them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            loop.add_signal_handler(number, self._interrupt)
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    def _interrupt(self) -> None:
        if self.stopped == "interrupted":
            for call in self._calls:
                call.cancel()
            return
        self._say(f"  interrupted: finishing {len(self._calls)} calls in flight; once more drops them")
        self.stopped, self.message = "interrupted", "interrupted; run the same command again to go on from here"
        self._changed.set()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def ask_again(work: Work, failed: str, settings: GenerateSettings) -> None:
    """Give a work the prompt that names the check its last answer failed."""
    work.failed = failed
    work.prompt = message(work.task, settings, failed)
    work.prompt_tokens = estimate_tokens(work.prompt)


def record(work: Work, *, model: str, key: str, outcome: str, verdict: str, judged: Judgement,
           **more: Any) -> Mapping[str, Any]:
    """Return a ledger's line."""
    task = work.task
    line: dict[str, Any] = {"chunk_id": task.chunk.chunk_id, **task.key._asdict(), "model": model, "key": key,
                            "try": work.tried or 1, "outcome": outcome, "verdict": verdict, "reason": judged.reason}
    if judged.kept:
        line["pairs"] = [pair._asdict() for pair in judged.kept]
    if judged.dropped:
        line["dropped"] = [{"reason": reason, **pair._asdict()} for reason, pair in judged.dropped]
    return line | {name: value for name, value in more.items() if value not in ("", None)} | {"at": now_text()}


def spent_before(calls: Sequence[Mapping[str, Any]], settings: GenerateSettings) -> Spending:
    """Return what a ledger's calls came to, at today's prices; a model no longer named costs nothing."""
    prices = {provider.model: provider.price for provider in settings.providers}
    spending = Spending()
    for call in calls:
        if call["outcome"] != NOT_SENT and call["model"] in prices:
            spending.add(int(call["prompt_tokens"] or 0), int(call["completion_tokens"] or 0), prices[call["model"]])
    return spending
