"""A chunk: a piece of a document small enough to embed and cite; stored as Parquet part files.

Two levels. A parent is a section or article as a person would name it; a child is a part of it of at most ~450 tokens
of the embedding model, and is what gets embedded, searched and cited. Every line of a child's text stands on its own
("가온누리전자 2023년 매출액: 1,234백만원"), so that a context can quote lines without losing their meaning.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mundap.errors import DataError

Level = Literal["parent", "child"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One chunk. date is an integer YYYYMMDD, since Chroma compares only numbers; breadcrumbs join with ' > '.

    metadata holds flat values to filter by: company, fiscal_year, doc_type, section, category, rcept_no, kind
    ("facts", "text" or "qa").
    """

    chunk_id: str
    doc_id: str
    parent_id: str
    level: Level
    text: str
    breadcrumbs: str
    citation: str
    token_count: int
    date: int
    superseded_by: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def chunk_id(doc_id: str, position: int, text: str) -> str:
    """Return an id made of the document, the text's hash and its position: stable across runs, unique in a folder."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{doc_id}:{position:05d}:{digest}"


def write_chunks(chunks: Iterable[Chunk], path: Path) -> int:
    """Write one Parquet part file by way of a temporary name; return how many chunks it holds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{name: getattr(chunk, name) for name in Chunk.__slots__ if name != "metadata"}
            | {"metadata": json.dumps(dict(chunk.metadata), ensure_ascii=False, sort_keys=True)} for chunk in chunks]
    text = ("chunk_id", "doc_id", "parent_id", "level", "text", "breadcrumbs", "citation", "superseded_by", "metadata")
    schema = pa.schema([(name, pa.string() if name in text else pa.int64())
                        for name in (*(slot for slot in Chunk.__slots__ if slot != "metadata"), "metadata")])
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary, compression="zstd")
    os.replace(temporary, path)
    return len(rows)


def read_chunks(folder: Path, level: Level | None = None) -> list[Chunk]:
    """Return the chunks of a folder's part files, in file order; only one level when it is given.

    Raises:
        DataError: the folder holds no part file.
    """
    parts = sorted(folder.glob("part-*.parquet"))
    if not parts:
        raise DataError("there are no chunks here.", where=str(folder), fix="Make them with: mundap data <recipe>")
    return [chunk for part in parts for chunk in read_part(part) if level is None or chunk.level == level]


def read_part(path: Path) -> list[Chunk]:
    """Return the chunks of one part file, in file order."""
    import pyarrow.parquet as pq

    return [Chunk(**(row | {"metadata": json.loads(row["metadata"])})) for row in pq.read_table(path).to_pylist()]
