"""Finished shards put together in the order of the inputs: part files of chunks, facts.parquet and tables.parquet.

Rows are copied from file to file in bounded pieces, and the pieces depend on the rows alone; so the bytes are the same
whoever made the shards, in whatever order. Memory holds one shard's rows of one kind and one row group.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.shard import document_file

_GROUP_ROWS = {"chunks": 8192, "facts": 65536, "tables": 16384}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The rows of one kept document in its shard's file: how many, after how many others. superseded_by as in Chunk."""

    shard: Path
    start: int
    rows: int
    superseded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One output file: its kind ("chunks", "facts", "tables") and the documents' rows in order."""

    kind: str
    path: Path
    pieces: Sequence[Piece]


def write_sheet(sheet: Sheet) -> int:
    """Write one output file by way of a temporary name; return how many rows it holds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sheet.path.parent.mkdir(parents=True, exist_ok=True)
    temporary = sheet.path.with_name(sheet.path.name + ".tmp")
    limit, held, rows = _GROUP_ROWS[sheet.kind], [], 0
    with pq.ParquetWriter(temporary, _empty(sheet.kind).schema, compression="zstd") as writer:
        for table in _tables(sheet):
            held.append(table)
            while sum(one.num_rows for one in held) >= limit:
                whole = pa.concat_tables(held)
                # one array a column: how the rows lay in the shards must not show in the file
                writer.write_table(whole.slice(0, limit).combine_chunks())
                held, rows = [whole.slice(limit)], rows + limit
        if held:
            whole = pa.concat_tables(held).combine_chunks()
            writer.write_table(whole)
            rows += whole.num_rows
    os.replace(temporary, sheet.path)
    return rows


def place(shard: Path, at: int, target: Path) -> None:
    """Give a shard's document its place: another name for the same file, or a copy where the file system has none."""
    source = document_file(shard, at)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.samefile(source):
        return
    temporary = target.with_name(target.name + ".tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(source, temporary)
    except OSError:
        temporary.write_bytes(source.read_bytes())
    os.replace(temporary, target)


def _tables(sheet: Sheet) -> Iterator[Any]:
    """Yield each document's rows, marked where it is superseded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shard: Path | None = None
    whole: Any = None
    for piece in sheet.pieces:
        if not piece.rows:
            continue
        if piece.shard != shard:
            shard, whole = piece.shard, pq.read_table(piece.shard / f"{sheet.kind}.parquet", memory_map=False)
        table = whole.slice(piece.start, piece.rows)
        if piece.superseded_by:
            name, value = ("superseded_by", pa.scalar(piece.superseded_by)) if sheet.kind == "chunks" else (
                "superseded", pa.scalar(1, pa.int64()))
            table = table.set_column(table.schema.get_field_index(name), name, pa.repeat(value, table.num_rows))
        yield table


def _empty(kind: str) -> Any:
    """Return a table of a kind without rows, for its columns."""
    from mundap.chunk import chunk_table
    from pipelines.facts import fact_table
    from pipelines.tables import table_of_tables

    made: Mapping[str, Any] = {"chunks": chunk_table, "facts": fact_table, "tables": table_of_tables}
    return made[kind]([])
