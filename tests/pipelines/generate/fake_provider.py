"""An OpenAI-compatible provider on loopback that limits and fails as real ones do, and counts what it was asked.

    with running(Behaviour(keys={"k1": Limit(per_minute=600)})) as provider:      # a thread of this process
        provider.base_url, provider.stats()
    python fake_provider.py '{"keys": {"k1": {"per_minute": 600}}}'               # a process; prints its base_url

Answers follow from seed and prompt alone: so do broken and refused ones. Faults of the way (500, cut, hang, 429) are
drawn one after another from the seed. A limit is a token bucket that holds burst_s seconds' worth, at least two.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

WORDS = "보험 계약 지급 청구 면책 해지 환급 통지 보장 사고 진단 입원 수술 장해 납입 갱신".split()


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What one key may do. None is no limit; quota: every call is told that the day's allowance is used up."""

    per_minute: float | None = None
    tokens_per_minute: float | None = None
    burst_s: float = 1.0
    per_day: int | None = None
    quota: bool = False
    retry_after: str = "seconds"        # "seconds", "date" or "" for none


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """Keys allowed and shares of each fault; those of `by_prompt` follow from the prompt, the others are drawn."""

    keys: dict[str, Limit] = field(default_factory=dict)
    seed: int = 1
    latency_s: tuple[float, float] = (0.0, 0.0)
    rate_limit: float = 0.0             # 429 out of nothing, half of them without Retry-After
    server_error: float = 0.0
    hang: float = 0.0
    cut: float = 0.0                    # the connection ends amid the answer
    garbage: float = 0.0                # 200 with an HTML page
    slow: float = 0.0
    slow_s: float = 1.0
    broken: float = 0.0                 # by_prompt: words that are no JSON
    refused: float = 0.0                # by_prompt
    ungrounded: float = 0.0             # by_prompt: an amount the chunk does not hold
    fenced: float = 0.0                 # by_prompt: JSON in a code fence with a trailing comma
    context_chars: int | None = None
    model: str = "fake"
    echo_key: bool = False              # repeats the key in error messages, as some servers do


class Bucket:
    """The provider's own token bucket."""

    def __init__(self, per_minute: float, burst_s: float, least: float) -> None:
        self.rate = per_minute / 60
        self.size = self.level = max(least, self.rate * burst_s)
        self.at = time.monotonic()

    def take(self, amount: float) -> float:
        """Take an amount and return 0, or return the seconds until it is there."""
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level >= amount:
            self.level -= amount
            return 0.0
        return (min(amount, self.size) - self.level) / self.rate


class FakeProvider:
    """The server's state."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.statuses: Counter[str] = Counter()
        self.by_key: dict[str, Counter[str]] = {}
        self.served: Counter[str] = Counter()       # prompt hash -> good answers
        self.arrivals: list[float] = []
        self.most_at_once = self._at_once = 0
        self.headers: list[str] = []
        self.port = 0
        self._chance = random.Random(behaviour.seed)
        self._today: Counter[str] = Counter()
        self._requests = {key: Bucket(limit.per_minute, limit.burst_s, 2) for key, limit in behaviour.keys.items()
                          if limit.per_minute}
        self._tokens = {key: Bucket(limit.tokens_per_minute, limit.burst_s, 1) for key, limit in behaviour.keys.items()
                        if limit.tokens_per_minute}

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self) -> dict[str, Any]:
        """Return what was counted; busy_s is how long it took until nine in ten requests had come."""
        busy = self.arrivals[: max(1, len(self.arrivals) * 9 // 10)]
        return {"busy_requests": len(busy), "busy_s": busy[-1] - busy[0] if busy else 0.0,
                "statuses": dict(self.statuses), "by_key": {key: dict(count) for key, count in self.by_key.items()},
                "served": dict(self.served), "most_at_once": self.most_at_once, "requests": len(self.arrivals)}

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                try:
                    await self._request(lines[0], headers, body, writer)
                finally:
                    self._at_once -= 1
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _request(self, first: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> None:
        if first.startswith("GET"):
            await _send(writer, 200, self.stats())
            return
        key = headers.get("authorization", "").removeprefix("Bearer ")
        self.arrivals.append(time.monotonic())
        name, status, content, extra = await self._answer(key, json.loads(body))
        self.statuses[name] += 1
        self.by_key.setdefault(key, Counter())[name] += 1
        if name == "cut":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"choi")
            await writer.drain()
            raise ConnectionError
        await _send(writer, status, content, extra)

    async def _answer(self, key: str, request: dict[str, Any]) -> tuple[str, int, Any, dict[str, str]]:
        """Return (name, status, body, headers)."""
        how = self.behaviour
        prompt = request["messages"][-1]["content"]
        limit = how.keys.get(key)
        if limit is None:
            said = f"Incorrect API key provided: {key}." if how.echo_key else "Incorrect API key provided."
            return "bad_key", 401, _error(said, "invalid_api_key"), {}
        if limit.quota or (limit.per_day is not None and self._today[key] >= limit.per_day):
            return "quota", 429, _error("You exceeded your current quota (requests per day).", "insufficient_quota"), {}
        self._today[key] += 1
        if request["model"] != how.model:
            return "not_found", 404, _error(f"The model {request['model']} does not exist.", "model_not_found"), {}
        wait = max(self._requests[key].take(1) if key in self._requests else 0.0,
                   self._tokens[key].take(_tokens(prompt) + 60) if key in self._tokens else 0.0)
        if wait > 0:
            return "429", 429, _error("Rate limit reached for requests per minute.", "rate_limit_exceeded"), \
                _retry_after(limit.retry_after, wait)
        if how.context_chars is not None and len(prompt) > how.context_chars:
            return "too_long", 400, _error("This model's maximum context length is 100 tokens.",
                                           "context_length_exceeded"), {}
        fault = await self._fault()
        if fault is not None:
            return fault
        low, high = how.latency_s
        await asyncio.sleep(low + (high - low) * _share(how.seed, "latency", prompt))
        if self._chance.random() < how.slow:
            await asyncio.sleep(how.slow_s)
        return self._good(prompt)

    async def _fault(self) -> tuple[str, int, Any, dict[str, str]] | None:
        how, drawn = self.behaviour, self._chance.random()
        for name in ("rate_limit", "server_error", "hang", "cut", "garbage"):
            drawn -= getattr(how, name)
            if drawn >= 0:
                continue
            if name == "rate_limit":
                with_header = self._chance.random() < 0.5
                return "429", 429, _error("Slow down.", "rate_limit_exceeded"), {"Retry-After": "1"} if with_header else {}
            if name == "hang":
                self.statuses["hang"] += 1   # no answer will be counted
                await asyncio.sleep(3600)
            status = 200 if name == "garbage" else self._chance.choice((500, 502, 503))
            return name, status, "<html>ERROR: upstream failed</html>" if name == "garbage" else _error("ERROR", name), {}
        return None

    def _good(self, prompt: str) -> tuple[str, int, Any, dict[str, str]]:
        how = self.behaviour
        name, content, refusal = "ok", json.dumps(answer_to(prompt, how.seed), ensure_ascii=False), None
        drawn = _share(how.seed, "kind", prompt)
        for one in ("broken", "refused", "ungrounded", "fenced"):
            drawn -= getattr(how, one)
            if drawn < 0:
                name = one
                break
        if name == "broken":
            content = "ERROR: " + content[: len(content) // 2]
        elif name == "refused":
            content, refusal = None, "ERROR: I cannot help with that."
        elif name == "ungrounded":
            content = json.dumps({"question": "얼마를 받나요?", "answer": "보험금 987,654,321원을 지급합니다."},
                                 ensure_ascii=False)
        elif name == "fenced":
            content = f"```json\n{content[:-1]},}}\n```"
        if name in ("ok", "fenced"):
            self.served[hashlib.sha256(prompt.encode()).hexdigest()[:16]] += 1
        said = {"role": "assistant", "content": content, **({"refusal": refusal} if refusal else {})}
        return name, 200, {"id": "x", "object": "chat.completion", "choices": [
            {"index": 0, "message": said, "finish_reason": "content_filter" if refusal else "stop"}],
            "usage": {"prompt_tokens": _tokens(prompt), "completion_tokens": 60}}, {}


def answer_to(prompt: str, seed: int) -> dict[str, str]:
    """Return the pair that seed and prompt decide: words of the prompt's last part, so that every figure is there."""
    chance = random.Random(f"{seed}\n{prompt}")
    about = " ".join(chance.choice(WORDS) for _ in range(3))
    lines = prompt.partition("[약관]\n")[2].splitlines() or prompt.splitlines()
    return {"question": f"{about}에 관해 약관은 무엇을 정하고 있나요?",
            "answer": f"약관은 {about}에 관해 다음과 같이 정합니다. {lines[0].strip()}"}


def _share(seed: int, what: str, prompt: str) -> float:
    return random.Random(f"{seed} {what} {prompt}").random()


def _tokens(prompt: str) -> int:
    return len(prompt) // 2


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "type": code}}


def _retry_after(form: str, wait: float) -> dict[str, str]:
    if not form:
        return {}
    return {"Retry-After": f"{wait:.3f}" if form == "seconds" else formatdate(time.time() + wait + 1, usegmt=True)}


async def _send(writer: asyncio.StreamWriter, status: int, content: Any, extra: dict[str, str] | None = None) -> None:
    body = (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in (extra or {}).items())
    writer.write(f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                 f"{headers}\r\n".encode() + body)
    await writer.drain()


@contextlib.contextmanager
def running(behaviour: Behaviour) -> Iterator[FakeProvider]:
    """Yield a provider that a thread of this process serves."""
    provider, ready, ends = FakeProvider(behaviour), threading.Event(), list[Any]()

    async def serve() -> None:
        server, end = await provider.serve(), asyncio.Event()
        ends[:] = [asyncio.get_running_loop(), end]
        ready.set()
        await end.wait()
        server.close()          # asyncio.run then cancels the connections that are still open

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield provider
    finally:
        loop, end = ends
        loop.call_soon_threadsafe(end.set)
        thread.join(10)


def behaviour_of(text: str) -> Behaviour:
    """Return the behaviour a JSON text describes."""
    given = json.loads(text)
    given["keys"] = {key: Limit(**limit) for key, limit in given["keys"].items()}
    return Behaviour(**{name: tuple(value) if name == "latency_s" else value for name, value in given.items()})


def behaviour_text(behaviour: Behaviour) -> str:
    """Return a behaviour as JSON, for a process."""
    return json.dumps(dataclasses.asdict(behaviour))


async def _main(text: str) -> None:
    provider = FakeProvider(behaviour_of(text))
    server = await provider.serve()
    sys.stdout.write(provider.base_url + "\n")
    sys.stdout.flush()
    # The process ends with whoever started it: their end of the pipe closes.
    serving = asyncio.create_task(server.serve_forever())
    await asyncio.to_thread(sys.stdin.read)
    serving.cancel()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
