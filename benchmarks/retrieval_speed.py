"""How long a search takes in a large index, beside Chroma's own, and what the index takes to open: time and memory.

Everything is measured in one process of its own. A search is timed without embedding its question, which takes the same
time whatever is searched.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from made_index import ACCOUNTS, YEARS, companies, made_index

from rag.indexing.build import open_index
from rag.search.retrieve import Retriever

QUESTIONS, WARM_UP = 300, 20
KINDS = ("no filter", "a tenth (one year)", "one company")


def measure(count: int, folder: Path) -> dict[str, Any]:
    """Return the milliseconds p50 and p95 of each kind of question, ours and Chroma's, and seconds and MB of opening."""
    made_index(count, folder)   # built here; opened in a process that has never built anything
    command = [sys.executable, __file__, str(count), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _measured(count: int, folder: Path) -> dict[str, Any]:
    recipe, embedder = made_index(count, folder)
    before, started = _resident_mb(), time.perf_counter()
    retriever = Retriever(open_index(recipe, folder, embedder), embedder, recipe)
    opened = time.perf_counter() - started
    found: dict[str, Any] = {"chunks": count, "open_s": opened}
    for kind in KINDS:
        asked = _questions(kind, count)
        found[kind] = {"ours": _timed([_ours(retriever, text) for text, _ in asked]),
                       "Chroma alone": _timed([_chroma(retriever, text, where) for text, where in asked])}
    return found | {"memory_mb": _resident_mb(), "memory_before_mb": before}


def _questions(kind: str, count: int) -> list[tuple[str, dict[str, Any] | None]]:
    drawn = random.Random(0)
    names = companies(max(1, -(-count // (len(YEARS) * 5))))
    asked: list[tuple[str, dict[str, Any] | None]] = []
    for _ in range(QUESTIONS + WARM_UP):
        item, year, name = drawn.choice(ACCOUNTS), drawn.choice(YEARS), drawn.choice(names)
        if kind == "no filter":
            asked.append((f"{item}이 가장 크게 늘어난 까닭은 무엇인가요?", None))
        elif kind == "one company":
            asked.append((f"{name}의 {item}은 얼마인가요?", {"company": {"$eq": name}}))
        else:
            asked.append((f"{year}년 {item}이 가장 큰 곳은?", {"fiscal_year": {"$eq": year}}))
    return asked


def _ours(retriever: Retriever, text: str) -> Callable[[], float]:
    def search() -> float:
        timings = retriever.search(text).timings_ms
        return timings["total"] - timings["embed"]
    return search


def _chroma(retriever: Retriever, text: str, where: Mapping[str, Any] | None) -> Callable[[], float]:
    def search() -> float:
        vector = retriever.embedder.embed_queries([text])[0]
        started = time.perf_counter()
        retriever.index.store.nearest(vector, 20, where)
        return (time.perf_counter() - started) * 1000
    return search


def _timed(searches: list[Callable[[], float]]) -> dict[str, float]:
    spent = [search() for search in searches][WARM_UP:]
    return {"p50": float(np.quantile(spent, 0.5)), "p95": float(np.quantile(spent, 0.95))}


def _resident_mb() -> float:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def table(found: Mapping[str, Any], line: Callable[[str], None] = print) -> None:
    """Print the figures as Markdown."""
    line(f"| {found['chunks']:,} chunks | ours p50 | ours p95 | Chroma alone p50 | p95 |\n|---|---|---|---|---|")
    for kind in KINDS:
        ours, chroma = found[kind]["ours"], found[kind]["Chroma alone"]
        line(f"| {kind} | {ours['p50']:.1f} ms | {ours['p95']:.1f} ms | {chroma['p50']:.1f} ms | {chroma['p95']:.1f} ms |")
    line(f"\nOpened in {found['open_s']:.1f} s; {found['memory_mb']:,.0f} MB resident after all of it "
         f"({found['memory_before_mb']:,.0f} MB before).")


if __name__ == "__main__":
    print(json.dumps(_measured(int(sys.argv[1]), Path(sys.argv[2]))))
