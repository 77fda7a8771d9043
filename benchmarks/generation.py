"""Generation against a fake provider: share of the permitted rate, 429s, faults survived, kill -9 and resume.

    .venv/bin/python benchmarks/generation.py                 # about three minutes
    .venv/bin/python benchmarks/generation.py --kills 3 --seconds 6

The provider is a process of its own with a token bucket for each key. Its time is scaled: limits are ten times those of
a free tier (60 to 900 requests a minute) and answers take a tenth of a large model's time (0.2 to 0.6 s). The baseline
is the reference project's way in the same run against the same provider: chunks dealt out to the keys beforehand, one
call of a key at a time, a pause after each, at a 429 a wait of 2·2^n·2 + U(1,3) s, at most 30, five times, then the
chunk is given up; all its waits are scaled by the same ten.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from mundap.chunk import Chunk  # noqa: E402
from mundap.cli.output import say  # noqa: E402
from pipelines.generate import generate, read_rows  # noqa: E402
from pipelines.generate.settings import GenerateSettings  # noqa: E402
from pipelines.generate.task import message, tasks_of  # noqa: E402
from tests.pipelines.generate.fake_provider import Behaviour, Limit  # noqa: E402
from tests.pipelines.generate.killing import kill_and_resume, provider_process, stats  # noqa: E402
from tests.pipelines.generate.made_work import made_chunks, made_settings  # noqa: E402

SCALE = 10.0
RATES = (900.0, 600.0, 450.0, 300.0, 240.0, 150.0, 90.0, 60.0)     # requests a minute, key by key
LATENCY_S = (0.2, 0.6)
FAULTS = {"server_error": 0.015, "cut": 0.01, "hang": 0.005, "garbage": 0.005, "rate_limit": 0.005, "broken": 0.005,
          "refused": 0.005}     # 5% of calls
ERRORS = ("ERROR", "<html>", "Slow down", "Rate limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One run: what was sent and answered well a second against what is permitted, and what became of the chunks.

    sent is measured over the first nine in ten calls, while there is work for every key; useful over the whole run, start
    and end included.
    """

    name: str
    keys: int
    permitted: float
    sent: float
    useful: float
    calls: int
    limited: int
    chunks: int
    unasked: int
    lost: int
    doubled: int
    errors_kept: int
    seconds: float

    @property
    def cells(self) -> Sequence[str]:
        """Return the table's row."""
        return (self.name, str(self.keys), f"{self.permitted:.1f}", f"{self.sent:.2f}", f"{self.sent / self.permitted:.1%}",
                f"{self.useful / self.permitted:.1%}", f"{self.limited} ({self.limited / self.calls:.1%})",
                f"{self.chunks - self.unasked} of {self.chunks}", str(self.lost), str(self.doubled), str(self.errors_kept),
                f"{self.seconds:.0f}")


def main() -> None:
    """Run all sides and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0, help="length of each run")
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    sides = []
    with tempfile.TemporaryDirectory(prefix="mundap-generation-") as name:
        for keys, faults in ((1, {}), (4, {}), (8, {}), (8, FAULTS)):
            for side in (ours, baseline):
                say(f"{side.__name__}: {keys} keys{', 5% faults' if faults else ''}")
                folder = Path(name) / f"{side.__name__}{keys}{len(faults)}"
                sides.append(side(keys, faults, options.seconds, folder))
        print("| run | keys | permitted/s | sent/s | of permitted | good answers, of permitted | 429s "
              "| chunks asked | lost | doubled | errors kept | s |\n|---|---|---|---|---|---|---|---|---|---|---|---|")
        for one in sides:
            print(f"| {' | '.join(one.cells)} |")
        say(f"killing and resuming {options.kills} times")
        found = kill_and_resume(Path(name) / "kills", cycles=options.kills, chunks=100 + 60 * options.kills, seed=7)
    print(f"\nkill -9: {found.kills} times amid {found.rows:,} rows; rows equal to the uninterrupted run's: "
          f"{found.same_rows}; rejects: {found.same_rejects}; doubled: {found.duplicates}; answers asked for again: "
          f"{found.asked_again} (most in flight at once: {found.most_in_flight})")


def behaviour(keys: int, faults: Mapping[str, float]) -> Behaviour:
    """Return the provider of a run with so many keys."""
    return Behaviour(keys={f"sk-secret-{at}": Limit(per_minute=rate, retry_after="seconds" if at % 2 else "")
                           for at, rate in enumerate(RATES[:keys])}, seed=3, latency_s=LATENCY_S, **dict(faults))


def ours(keys: int, faults: Mapping[str, float], seconds: float, folder: Path) -> Side:
    """Return what the engine comes to."""
    chunks = made_chunks(int(sum(RATES[:keys]) / 60 * seconds))
    for at in range(keys):
        os.environ[f"KEY_{at}"] = f"sk-secret-{at}"
    with provider_process(behaviour(keys, faults)) as base_url:
        settings = made_settings(base_url, {f"KEY_{at}": {"requests_per_minute": rate} for at, rate in
                                            enumerate(RATES[:keys])}, provider={"timeout_s": 5})
        report = generate(chunks, settings, folder, lambda line: None)
        counted = stats(base_url)
    rows = read_rows(report.rows_file)
    return side_of("mundap" + (", 5% faults" if faults else ""), keys, chunks, counted, report.seconds,
                   Counter(row.chunk_id for row in rows), [row.answer for row in rows], sum(report.rejected.values()))


def baseline(keys: int, faults: Mapping[str, float], seconds: float, folder: Path) -> Side:
    """Return what the reference project's way comes to in the same time as ours is given."""
    chunks = made_chunks(int(sum(RATES[:keys]) / 60 * seconds))
    kept: list[tuple[str, str]] = []
    asked: list[str] = []
    until, began = time.monotonic() + seconds, time.monotonic()
    with provider_process(behaviour(keys, faults)) as base_url:
        settings = made_settings(base_url, {f"KEY_{at}": {} for at in range(keys)})
        size = -(-len(chunks) // keys)
        threads = [threading.Thread(target=reference_worker, args=(
            base_url, f"sk-secret-{at}", chunks[at * size:(at + 1) * size], settings, kept, asked, until)) for at in range(keys)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counted = stats(base_url)
    name = "reference's way" + (", 5% faults" if faults else "")
    return side_of(name, keys, chunks, counted, time.monotonic() - began, Counter(chunk_id for chunk_id, _ in kept),
                   [text for _, text in kept], 0, len(chunks) - len(asked))


def reference_worker(base_url: str, key: str, chunks: Sequence[Chunk], settings: GenerateSettings,
                     kept: list[tuple[str, str]], asked: list[str], until: float) -> None:
    """Ask about chunks one after another with one key, as the reference project's shell processes did."""
    chance = random.Random(key)
    with httpx.Client(timeout=5, trust_env=False) as client:
        for task in tasks_of(chunks, settings):
            if time.monotonic() > until:
                return
            asked.append(task.chunk.chunk_id)
            for attempt in range(5):
                try:
                    answer = client.post(f"{base_url}/chat/completions", headers={"Authorization": f"Bearer {key}"}, json={
                        "model": "fake", "messages": [{"role": "user", "content": message(task, settings)}]})
                except httpx.HTTPError:
                    break
                if answer.status_code == 429:
                    time.sleep(min(2 * 2 ** attempt * 2 + chance.uniform(1, 3), 30) / SCALE)
                    continue
                if answer.status_code == 200:
                    kept.append((task.chunk.chunk_id, words(answer.text)))
                break
            time.sleep(0.2 / SCALE)


def words(body: str) -> str:
    """Return the text of an answer; whatever came when it is no completion, as a program without checks keeps it."""
    try:
        return str(json.loads(body)["choices"][0]["message"]["content"])
    except (ValueError, LookupError):
        return body


def side_of(name: str, keys: int, chunks: Sequence[Chunk], counted: Mapping[str, object], seconds: float,
            kept: Counter[str], answers: Sequence[str], rejected: int, unasked: int = 0) -> Side:
    """Return a run's row from what the provider counted and what was kept."""
    statuses = Counter[str](counted["statuses"])   # type: ignore[arg-type]
    calls, busy, busy_s = (float(str(counted[name])) for name in ("requests", "busy_requests", "busy_s"))
    good = statuses["ok"] + statuses["fenced"]
    return Side(name=name, keys=keys, permitted=sum(RATES[:keys]) / 60, sent=(busy - 1) / busy_s, useful=good / seconds,
                calls=int(calls), limited=statuses["429"], chunks=len(chunks), unasked=unasked,
                lost=len(chunks) - unasked - len(kept) - rejected,
                doubled=sum(count - 1 for count in kept.values()), seconds=seconds,
                errors_kept=sum(any(word in text for word in ERRORS) or text == "None" for text in answers))


if __name__ == "__main__":
    main()
