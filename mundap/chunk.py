"""A chunk: a piece of a document small enough to embed and cite; stored as Parquet part files.

Two levels. A parent is a section or article as a person would name it; a child is a part of it of at most ~450 tokens
of the embedding model, and is what gets embedded, searched and cited. Every line of a child's text stands on its own
("가온누리전자 2023년 매출액: 1,234백만원"), so that a context can quote lines without losing their meaning.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mundap.errors import DataError

Level = Literal["parent", "child"]
_NUMBERS = ("token_count", "date")
_AT_ONCE = 8192


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


def chunk_table(chunks: Sequence[Chunk]) -> Any:
    """Return the chunks as an Arrow table, one row each: a column for each field, metadata as JSON text."""
    import pyarrow as pa

    names = [*(slot for slot in Chunk.__slots__ if slot != "metadata"), "metadata"]
    columns: dict[str, list[Any]] = {name: [getattr(chunk, name) for chunk in chunks] for name in names[:-1]}
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode  # json.dumps would make one for every chunk
    columns["metadata"] = [encode(dict(chunk.metadata)) for chunk in chunks]
    return pa.table([pa.array(columns[name], pa.int64() if name in _NUMBERS else pa.string()) for name in names], names)


def write_chunks(chunks: Iterable[Chunk], path: Path) -> int:
    """Write one Parquet part file by way of a temporary name; return how many chunks it holds."""
    import pyarrow.parquet as pq

    table = chunk_table(list(chunks))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    pq.write_table(table, temporary, compression="zstd")
    os.replace(temporary, path)
    return int(table.num_rows)


def read_chunks(folder: Path, level: Level | None = None, *, doc_ids: Collection[str] | None = None) -> list[Chunk]:
    """Return the chunks of a folder's part files, in file order; only one level, or certain documents, when given.

    Raises:
        DataError: the folder holds no part file.
    """
    return [chunk for chunk in iter_chunks(folder, doc_ids=doc_ids) if level is None or chunk.level == level]


def iter_chunks(folder: Path, *, doc_ids: Collection[str] | None = None) -> Iterator[Chunk]:
    """Yield the chunks of a folder's part files, in file order, with one part in memory at a time.

    Raises:
        DataError: the folder holds no part file.
    """
    parts = sorted(folder.glob("part-*.parquet"))
    if not parts:
        raise DataError("there are no chunks here.", where=str(folder), fix="Make them with: mundap data <recipe>")
    for part in parts:
        yield from read_part(part, doc_ids=doc_ids)


def read_part(path: Path, *, doc_ids: Collection[str] | None = None) -> list[Chunk]:
    """Return the chunks of one part file, in file order; only those of certain documents when they are given.

    Memory holds _AT_ONCE rows beside what is returned.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found: list[Chunk] = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_AT_ONCE):
            if doc_ids is not None:
                batch = batch.filter(pc.is_in(batch["doc_id"], pa.array(sorted(doc_ids), pa.string())))
            columns = batch.to_pydict()   # a dictionary for every row would take twice the time
            names, metadata = tuple(columns), map(json.loads, columns["metadata"])
            found += [Chunk(**dict(zip(names, values, strict=True)))
                      for values in zip(*(columns | {"metadata": metadata}).values(), strict=True)]
    return found
