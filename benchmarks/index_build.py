"""How fast an index is built, and how much of that is the embedding model: beside sentence-transformers' plain encode.

    .venv/bin/python benchmarks/index_build.py                    # 1,000 chunks of docs/demo, twice: some 8 min on 2 cores
    .venv/bin/python benchmarks/index_build.py --chunks docs/dart/chunks --count 300 --runs 3

Both sides embed the same texts with the same folder of weights in one process, in turn. Plain is
SentenceTransformer(folder).encode(texts) with nothing set; ours is rag.indexing.build.build as it ships, into an empty folder.
Neither side's time holds the loading of a model. Wants a machine that does nothing else: the load is told beside the times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402
import torch  # noqa: E402

import mundap.embedder  # noqa: E402
from mundap.chunk import Chunk, read_chunks, write_chunks  # noqa: E402
from mundap.embedder import Embedder  # noqa: E402
from mundap.paths import resolve  # noqa: E402
from rag.indexing.build import IndexReport, build, open_index  # noqa: E402
from rag.indexing.passages import passage  # noqa: E402

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PREFIX = "passage: "   # what e5's passages begin with; ours takes it from the model's own configuration
FLAGS = ("amx_tile", "amx_bf16", "avx512_bf16", "avx512_vnni", "avx512f", "avx2")


@dataclass(frozen=True, slots=True)
class Run:
    """One turn: plain encode's seconds, the build's report, the load when it began, and how near the vectors are."""

    plain_s: float
    report: IndexReport
    load: float
    cosine: float


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", default="docs/demo/chunks", help="folder of chunk files")
    parser.add_argument("--model", default="models/multilingual-e5-small", help="folder of the embedding model")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--float32", action="store_true", help="compute as on a processor without bf16 instructions")
    options = parser.parse_args()
    if options.float32:
        mundap.embedder._dtype = lambda device: torch.float32
    chunks = spread(read_chunks(resolve(options.chunks, ROOT), "child"), options.count)
    from sentence_transformers import SentenceTransformer

    folder = resolve(options.model, ROOT)
    plain, embedder = SentenceTransformer(str(folder), device="cpu", local_files_only=True), Embedder(folder, device="cpu")
    for warm in (plain.encode, embedder.embed_passages):
        warm([passage(chunk) for chunk in chunks[:32]])
    print(f"{machine()}; plain computes in {next(plain.parameters()).dtype}, ours in {embedder.dtype}")
    with tempfile.TemporaryDirectory(prefix="mundap-benchmark-") as place:
        runs = [turn(Path(place) / str(at), chunks, plain, embedder) for at in range(options.runs)]
    table(runs, len(chunks))


def spread(chunks: Sequence[Chunk], count: int) -> list[Chunk]:
    """Return that many chunks, evenly from first to last."""
    if len(chunks) < count:
        raise SystemExit(f"there are only {len(chunks)} chunks; ask for fewer with --count, or make more with: mundap data")
    return [chunks[at * len(chunks) // count] for at in range(count)]


def turn(place: Path, chunks: Sequence[Chunk], plain: SentenceTransformer, embedder: Embedder) -> Run:
    """Embed with plain encode, then build an index."""
    write_chunks(chunks, place / "chunks/part-00000.parquet")
    recipe: dict[str, Any] = {"domain": "measured", "index": {
        "chunks": "chunks", "path": "index", "collection": "measured", "space": "cosine", "bm25": {"k1": 1.5, "b": 0.75}}}
    load, begun = os.getloadavg()[0], time.perf_counter()
    expected = plain.encode([PREFIX + passage(chunk) for chunk in chunks])
    plain_s = time.perf_counter() - begun
    report = build(recipe, place, embedder, lambda line: None)
    index = open_index(recipe, place, embedder)
    lengths = np.linalg.norm(expected, axis=1)
    cosine = float(((index.vectors.matrix * expected).sum(axis=1) / lengths).min())
    index.close()
    return Run(plain_s, report, load, cosine)


def machine() -> str:
    """Return the processor and which of the instructions that matter it has."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    names = {key.strip(): value for key, value in fields.items()}
    flags = names.get("flags", "").split()
    has = " ".join(flag for flag in FLAGS if flag in flags) or "none of the faster instructions"
    return f"{names.get('model name', 'processor').strip()}, {os.cpu_count()} cores, {has}"


def table(runs: Sequence[Run], count: int) -> None:
    """Print a row a run, and the median of what is compared."""
    print("| run | plain encode, chunks/s | model in the build, chunks/s | times | build, chunks/s | model's share | store s "
          "| BM25 s | least cosine | load |\n|---|---|---|---|---|---|---|---|---|---|")
    for at, run in enumerate(runs, start=1):
        seconds = run.report.seconds
        print(f"| {at} | {count / run.plain_s:.2f} | {run.report.embedded / seconds['embed']:.2f} "
              f"| {run.plain_s / seconds['embed']:.2f} | {count / seconds['total']:.2f} "
              f"| {seconds['embed'] / seconds['total']:.1%} | {seconds['store']:.1f} "
              f"| {seconds['bm25']:.1f} | {run.cosine:.5f} | {run.load:.1f} |")
    gain = statistics.median(run.plain_s / run.report.seconds["embed"] for run in runs)
    whole = statistics.median(run.plain_s / run.report.seconds["total"] for run in runs)
    share = statistics.median(run.report.seconds["embed"] / run.report.seconds["total"] for run in runs)
    print(f"\nMedian: the model {gain:.2f} times plain encode's chunks/s, the whole build {whole:.2f} times; "
          f"{share:.1%} of the build is the model.")


if __name__ == "__main__":
    main()
