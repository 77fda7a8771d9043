"""A large index of made-up passages, for timing what does not depend on what they say: loading, searching, storing.

    .venv/bin/python benchmarks/made_index.py                     # 100,000 chunks: some 5 min on 2 cores, 3 GB of memory

Run as a program it builds one, opens it in processes of their own, and tells how long that takes and in how much memory.
The passages are annual-report figures by template, about 200 letters each; their vectors are drawn at random and belong
to the text, so that the same text always has the same vector. The index is built by the code that ships.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402
import psutil  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from mundap.chunk import Chunk, chunk_id, write_chunks  # noqa: E402
from rag.indexing.build import build, open_index  # noqa: E402

DIMENSION = 384
YEARS = range(2015, 2025)
ACCOUNTS = ("매출액", "영업이익", "당기순이익", "자산총계", "부채총계", "자본총계", "연구개발비", "종업원 수", "이자비용",
            "법인세비용", "배당금총액", "유형자산", "무형자산", "재고자산", "매출채권", "차입금")
SECTIONS = ("재무에 관한 사항", "사업의 내용", "이사의 경영진단", "임원 및 직원", "주주에 관한 사항")
_SYLLABLES = "가나다라마바사아자차하강금남대동미민상서성세신안영우원유은인일정제조진천청태평한해현화"
PER_PART = 20_000
_STARTED = time.perf_counter()


@dataclass(frozen=True, slots=True)
class RandomEmbedder:
    """Unit vectors drawn at random; a text's vector is always the same. The interface of mundap.embedder.Embedder."""

    dimension: int = DIMENSION
    identity: str = "random@1"

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector a text: (n, dimension) float32, unit length."""
        return np.stack([self._vector(text) for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector a text: (n, dimension) float32, unit length."""
        return self.embed_queries(texts)

    def _vector(self, text: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        drawn = np.random.default_rng(seed).standard_normal(self.dimension, dtype=np.float32)
        return np.asarray(drawn / np.linalg.norm(drawn), dtype=np.float32)


def companies(count: int) -> list[str]:
    """Return that many different company names."""
    size = len(_SYLLABLES)
    suffixes = ("전자", "화학", "제약", "건설", "은행", "통신")
    return [_SYLLABLES[at % size] + _SYLLABLES[at // size % size] + _SYLLABLES[(at * 7 + 3) % size] + suffixes[at % 6]
            for at in range(count)]


def made_chunks(count: int) -> Iterator[Chunk]:
    """Yield chunks of figures: a company's report of a year has one chunk for each section."""
    drawn = np.random.default_rng(0)
    names = companies(max(1, -(-count // (len(YEARS) * len(SECTIONS)))))
    for at in range(count):
        report, part = divmod(at, len(SECTIONS))
        company, year, section = names[report // len(YEARS)], YEARS[report % len(YEARS)], SECTIONS[part]
        doc = f"made-{report:06d}"
        chosen = drawn.choice(len(ACCOUNTS), size=6, replace=False)
        text = "\n".join(f"{company} {year}년 {ACCOUNTS[one]}: {drawn.integers(1, 9_999_999):,}백만원" for one in chosen)
        crumbs = f"{company} > {year}년 사업보고서 > {section}"
        yield Chunk(chunk_id=chunk_id(doc, part, text), doc_id=doc, parent_id=f"{doc}:parent", level="child", text=text,
                    breadcrumbs=crumbs, citation=crumbs, token_count=len(text) // 2, date=(year + 1) * 10_000 + 315,
                    metadata={"company": company, "fiscal_year": year, "doc_type": "annual", "section": section,
                              "rcept_no": doc, "kind": "facts"})


def made_recipe() -> dict[str, Any]:
    """Return the values of a rag.yaml over the made index; its paths are relative to the folder given to made_index."""
    return {
        "domain": "made",
        "index": {"chunks": "chunks", "path": "index", "collection": "made", "embedding_model": "", "space": "cosine",
                  "bm25": {"k1": 1.5, "b": 0.75}},
        "retrieval": {"top_k": 5, "candidates": 20, "fusion": "weighted", "dense_weight": 18,
                      "filters": ["company", "fiscal_year"]}}


def made_index(count: int, folder: Path) -> tuple[dict[str, Any], RandomEmbedder]:
    """Build an index of count chunks below a folder, if it is not there yet; return its recipe values and embedder.

    Open it with open_index(recipe, folder, embedder); folder is the project.
    """
    recipe, embedder = made_recipe(), RandomEmbedder()
    chunks = list(made_chunks(count))
    for at in range(0, count, PER_PART):
        write_chunks(chunks[at:at + PER_PART], folder / f"chunks/part-{at // PER_PART:05d}.parquet")
    build(recipe, folder, embedder, print)
    return recipe, embedder


def opening(folder: Path) -> dict[str, float]:
    """Open a made index in a process of its own; return its wall and CPU seconds and the GB of memory it then takes.

    seconds and cpu_s hold open_index alone, cold_s also most of the imports; rss_gb is what the whole process takes, of which
    mapped_gb are files that other processes share.
    """
    ended = subprocess.run([sys.executable, __file__, "--open", str(folder)], stdout=subprocess.PIPE, text=True, check=True,
                           env=dict(os.environ, PYTHONPATH=str(ROOT)), timeout=600)
    found = json.loads(ended.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def _open(folder: Path) -> None:
    import chromadb  # noqa: F401  # its import is not the index's loading, but counts for cold_s

    imported, cpu = time.perf_counter(), time.process_time()
    index = open_index(made_recipe(), folder, RandomEmbedder())
    now = time.perf_counter()
    memory = psutil.Process().memory_info()
    print(json.dumps({"chunks": len(index.chunks), "seconds": now - imported, "cpu_s": time.process_time() - cpu,
                      "cold_s": now - _STARTED, "rss_gb": memory.rss / 1e9, "mapped_gb": memory.shared / 1e9}))
    index.close()


def main() -> None:
    """Build a made index and open it three times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep the index here; without it in a temporary folder")
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.open:
        _open(options.open)
        return
    with tempfile.TemporaryDirectory(prefix="mundap-benchmark-") as place:
        folder = options.folder or Path(place)
        made_index(options.count, folder)
        print(f"the build's highest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")   # Linux: KB
        for _ in range(3):
            load = os.getloadavg()[0]
            print({name: round(value, 2) for name, value in opening(folder).items()} | {"load": round(load, 1)})


if __name__ == "__main__":
    main()
