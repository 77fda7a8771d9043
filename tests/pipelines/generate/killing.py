"""Runs of generation as processes that are killed at random moments and started again, beside one that is left alone."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.pipelines.generate.fake_provider import Behaviour, Limit, behaviour_text
from tests.pipelines.generate.made_work import ROOT

SECRETS = {"KEY_1": "sk-the-first-secret", "KEY_2": "sk-the-second-secret"}
LIMITS = {"KEY_1": 3000.0, "KEY_2": 1200.0}
BEHAVIOUR = Behaviour(
    keys={SECRETS[name]: Limit(per_minute=rate) for name, rate in LIMITS.items()}, seed=11, latency_s=(0.05, 0.3),
    server_error=0.03, cut=0.02, rate_limit=0.005, broken=0.05, refused=0.03, ungrounded=0.05, fenced=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """kills that met a run at work; asked_again: answers that were given and had to be asked for again."""

    kills: int
    rows: int
    same_rows: bool
    same_rejects: bool
    asked_again: int
    most_in_flight: int
    duplicates: int


@contextlib.contextmanager
def provider_process(behaviour: Behaviour) -> Iterator[str]:
    """Yield the base_url of a fake provider in a process of its own."""
    child = subprocess.Popen([sys.executable, "-m", "tests.pipelines.generate.fake_provider", behaviour_text(behaviour)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout is not None and child.stdin is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.stdin.close()
        child.wait(20)
        child.stdout.close()


def stats(base_url: str) -> dict[str, Any]:
    """Return what a provider counted."""
    with urllib.request.urlopen(f"{base_url}/stats", timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


@contextlib.contextmanager
def started(base_url: str, folder: Path, chunks: int, section: Mapping[str, Any] | None = None
            ) -> Iterator[subprocess.Popen[str]]:
    """Yield a run in a process of its own; it is killed when the block is left before it ended."""
    given = {"base_url": base_url, "folder": str(folder), "chunks": chunks, "section": dict(section or {}),
             "keys": {name: {"requests_per_minute": rate} for name, rate in LIMITS.items()}}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.pipelines.generate.made_work", json.dumps(given)], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **SECRETS})
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
        child.communicate(timeout=20)


def kill_and_resume(folder: Path, *, cycles: int, chunks: int, seed: int) -> Killed:
    """Return what a run killed cycles times came to, beside one that was left alone."""
    chance, kills = random.Random(seed), 0
    with provider_process(BEHAVIOUR) as base_url, started(base_url, folder / "whole", chunks) as child:
        said = child.communicate(timeout=300)[0]
        assert said.endswith("done\n"), said
    with provider_process(BEHAVIOUR) as base_url:
        while kills < cycles:
            with started(base_url, folder / "killed", chunks) as child:
                assert child.stdout is not None
                if not child.stdout.readline().endswith("each failed check adds a call.\n"):
                    break       # the work is done before the last kill
                time.sleep(chance.uniform(0.0, 1.0))
                child.send_signal(signal.SIGKILL)
                kills += child.wait(20) == -signal.SIGKILL
        with started(base_url, folder / "killed", chunks) as child:
            said = child.communicate(timeout=300)[0]
            assert said.endswith("done\n"), said
        counted = stats(base_url)
    same = {name: (folder / "whole" / name).read_bytes() == (folder / "killed" / name).read_bytes()
            for name in ("rows.jsonl", "rejects.jsonl")}
    rows = [json.loads(line) for line in (folder / "killed" / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    return Killed(kills=kills, rows=len(rows), same_rows=same["rows.jsonl"], same_rejects=same["rejects.jsonl"],
                  asked_again=sum(counted["served"].values()) - len(counted["served"]),
                  most_in_flight=counted["most_at_once"],
                  duplicates=len(rows) - len({(row["chunk_id"], row["kind"]) for row in rows}))
