"""Thirty people at the page at once, against one: failures, waiting times and memory.

    python benchmarks/web_load.py [USERS] [SECONDS]      default: 30 users for 300 seconds

The page, its index, its checks and its database are real and run in a process of their own; the model is scripted, so that
what is measured is everything but the model. A user opens the page, asks, waits for the answer, reads for a second or two,
asks again, and reloads the page now and then; each speaks Gradio's queue protocol over its own connection, as a browser does.
`page` is the HTML, `first` the time from asking to the first sign of life, `whole` to the checked answer. Memory is the
server's resident set after the one user, after a third of the time, and at the end.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = tuple(f"{company}의 {year}년 {item}은 얼마인가요?" for company in ("가온누리전자", "한빛바이오")
                  for year in (2022, 2023) for item in ("매출액", "영업이익", "배당금"))
FIELDS = ("page", "first", "whole")
READING_S = (1.0, 3.0)
RELOADS = 8             # questions asked of one page before it is opened anew
PATIENCE_S = 60.0


@dataclass
class Seen:
    """What the users of a round saw: seconds by field, and every request that failed."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in FIELDS})
    failed: list[str] = field(default_factory=list)
    rss: list[int] = field(default_factory=list)
    took_s: float = 0.0
    cpu_s: float = 0.0

    def percentile(self, name: str, share: float) -> float:
        """Return the seconds that a share of the requests stayed within."""
        values = sorted(self.seconds[name])
        return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Serve the scripted page below a folder; give its address and its process."""
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen([sys.executable, "-m", "tests.webui.scripted", str(folder), "0"], cwd=ROOT, stdout=log,
                                   stderr=log, env=dict(os.environ) | {"OMP_NUM_THREADS": "1"})
    try:
        yield _address(started, folder / "log"), psutil.Process(started.pid)
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(60)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
        if found:
            return found[0]
        time.sleep(0.2)
    raise RuntimeError(f"the page did not start:\n{log.read_text(encoding='utf-8')}")


def ask_call(html: str, question: str, session: str) -> dict[str, Any]:
    """Return the body that asks a question in the Ask tab of a page, as a browser would send it."""
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", html, re.DOTALL)
    if found is None:
        raise ValueError("the page holds no Gradio configuration")
    config = json.loads(found[1])
    [box] = [one["id"] for one in config["components"] if one["props"].get("elem_id") == "question"]
    [call] = [one for one in config["dependencies"] if [box, "submit"] in [list(target) for target in one["targets"]]]
    values = {one["id"]: one["props"].get("value") or ("" if one["type"] == "textbox" else None) for one in config["components"]}
    data = [question if one == box else values[one] for one in call["inputs"]]
    return {"data": data, "fn_index": call["id"], "trigger_id": box, "session_hash": session, "event_data": None}


class User:
    """One person: a cookie jar, a page, a heartbeat."""

    def __init__(self, url: str, seen: Seen, number: int) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, trust_env=False, headers={"origin": url})
        self._seen = seen
        self._chance = random.Random(f"{number} {time.time_ns()}")
        self._html = self._session = ""
        self._alive: asyncio.Task[None] | None = None

    async def run(self, until: float) -> None:
        """Use the page until a time."""
        async with self._client:
            await asyncio.sleep(self._chance.uniform(0, min(2.0, max(0.0, until - time.monotonic()))))
            asked = 0
            while time.monotonic() < until:
                try:
                    if asked % RELOADS == 0:
                        await self._open()
                    await self._ask(self._chance.choice(QUESTIONS))
                except (httpx.HTTPError, ValueError, KeyError) as error:
                    self._seen.failed.append(f"{type(error).__name__}: {error}")
                asked += 1
                await asyncio.sleep(self._chance.uniform(*READING_S))
            await self._leave()

    async def _open(self) -> None:
        await self._leave()
        began = time.perf_counter()
        shown = await self._client.get("/")
        shown.raise_for_status()
        self._seen.seconds["page"].append(time.perf_counter() - began)
        self._html, self._session = shown.text, "".join(self._chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=11))
        self._alive = asyncio.create_task(self._heartbeat(self._session))

    async def _leave(self) -> None:
        if self._alive is not None:
            self._alive.cancel()
            await asyncio.gather(self._alive, return_exceptions=True)
            self._alive = None

    async def _heartbeat(self, session: str) -> None:
        async with self._client.stream("GET", f"/gradio_api/heartbeat/{session}", timeout=None) as beats:
            async for _ in beats.aiter_bytes():
                pass

    async def _ask(self, question: str) -> None:
        began, first = time.perf_counter(), 0.0
        joined = await self._client.post("/gradio_api/queue/join", json=ask_call(self._html, question, self._session))
        joined.raise_for_status()
        event, parameters = joined.json()["event_id"], {"session_hash": self._session}
        async with self._client.stream("GET", "/gradio_api/queue/data", params=parameters) as stream:
            stream.raise_for_status()
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                told = json.loads(line.removeprefix("data: "))
                if told.get("event_id") == event and told["msg"] == "process_generating":
                    first = first or time.perf_counter() - began
                if told.get("event_id") == event and told["msg"] == "process_completed":
                    self._done(told, began, first)

    def _done(self, told: Mapping[str, Any], began: float, first: float) -> None:
        if not told.get("success") or not first:
            raise ValueError(f"the answer failed: {json.dumps(told, ensure_ascii=False)[:300]}")
        self._seen.seconds["first"].append(first)
        self._seen.seconds["whole"].append(time.perf_counter() - began)


async def visited(url: str, process: psutil.Process, users: int, seconds: float) -> Seen:
    """Return what so many users saw for so long."""
    seen, began, spent = Seen(), time.monotonic(), sum(process.cpu_times()[:2])

    async def weigh() -> None:
        await asyncio.sleep(seconds / 3)
        seen.rss.append(process.memory_info().rss)

    weighing = asyncio.create_task(weigh())
    await asyncio.gather(*(User(url, seen, number).run(began + seconds) for number in range(users)))
    await weighing
    seen.rss.append(process.memory_info().rss)
    seen.took_s = time.monotonic() - began
    seen.cpu_s = sum(process.cpu_times()[:2]) - spent
    return seen


def told(name: str, seen: Seen) -> None:
    """Print a line about a round."""
    words = "; ".join(f"{name} p50 {seen.percentile(name, 0.5) * 1e3:,.0f} p95 {seen.percentile(name, 0.95) * 1e3:,.0f} "
                      f"p99 {seen.percentile(name, 0.99) * 1e3:,.0f} ms" for name in FIELDS)
    answers = len(seen.seconds["whole"])
    rss = ", ".join(f"{one / 2**20:,.0f}" for one in seen.rss)
    print(f"{name}: {answers:,} answers ({answers / seen.took_s:.1f}/s, {seen.cpu_s / max(1, answers) * 1e3:,.0f} ms of CPU each), "
          f"{len(seen.failed)} failed; {words}; RSS {rss} MiB", flush=True)
    for line in seen.failed[:5]:
        print(f"  {line}", flush=True)


def measured(users: int, seconds: float, alone_s: float = 20.0) -> tuple[Seen, Seen]:
    """Return what one user saw, and then what many saw, of the same server."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (url, process):
        alone = asyncio.run(visited(url, process, 1, alone_s))
        told("1 user", alone)
        many = asyncio.run(visited(url, process, users, seconds))
        told(f"{users} users", many)
    return alone, many


def main(given: Sequence[str]) -> None:
    """Measure, and end with 1 when a request failed."""
    _, many = measured(int(given[0]) if given else 30, float(given[1]) if len(given) > 1 else 300.0)
    sys.exit(1 if many.failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
