"""Chunks, a recipe and a builder for tests of the index and the retriever."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, chunk_id, write_chunks
from mundap.paths import resolve
from rag.indexing.build import IndexReport, build
from tests.rag.hashing_embedder import HashingEmbedder


def chunk(text: str, *, doc_id: str = "d1", position: int = 0, date: int = 20240315, superseded_by: str = "",
          breadcrumbs: str = "사업보고서", **metadata: Any) -> Chunk:
    return Chunk(chunk_id=chunk_id(doc_id, position, text), doc_id=doc_id, parent_id=f"{doc_id}:parent", level="child",
                 text=text, breadcrumbs=breadcrumbs, citation=breadcrumbs, token_count=len(text), date=date,
                 superseded_by=superseded_by, metadata=metadata)


def fact(company: str, year: int, value: str, *, doc_id: str) -> Chunk:
    return chunk(f"{company} {year}년 매출액: {value}", doc_id=doc_id, date=(year + 1) * 10_000 + 315, company=company,
                 fiscal_year=year)


def reports() -> list[Chunk]:
    """Return facts of two companies in two years, in the reports of 2022 and 2023."""
    return [
        fact("가온누리전자", 2022, "1,111백만원", doc_id="g22"),
        fact("가온누리전자", 2023, "2,222백만원", doc_id="g23"),
        fact("한빛바이오", 2022, "3,333백만원", doc_id="h22"),
        fact("한빛바이오", 2023, "4,444백만원", doc_id="h23"),
        chunk("임대차 계약은 당사자 일방의 통지로 해지할 수 있다.", doc_id="law", date=20250101, kind="qa"),
    ]


def recipe(**index: Any) -> dict[str, Any]:
    return {
        "domain": "demo",
        "index": {"chunks": "docs/demo/chunks", "path": "indexes/demo", "collection": "demo",
                  "embedding_model": "models/multilingual-e5-small", "space": "cosine",
                  "bm25": {"k1": 1.5, "b": 0.75}} | index,
        "retrieval": {"top_k": 2, "candidates": 20, "fusion": "weighted", "dense_weight": 18,
                      "filters": ["company", "fiscal_year"]},
    }


def write(project: Path, chunks: Sequence[Chunk]) -> None:
    write_chunks(chunks, resolve("docs/demo/chunks/part-00000.parquet", project))


def built(project: Path, chunks: Sequence[Chunk], embedder: HashingEmbedder, **index: Any) -> IndexReport:
    """Write the chunks and build their index under project."""
    write(project, chunks)
    return build(recipe(**index), project, embedder, lambda line: None)
