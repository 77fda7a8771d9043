"""A shard: what one input became, complete in a folder of its own before anyone sees it.

    shards/<key>/
      record.json       what each document is, and how many chunks, facts and tables it has; read by the merge
      chunks.parquet    facts.parquet    tables.parquet      rows of all its documents, in order
      document-00000    the documents as Markdown

The key is a hash of everything that shapes the content, so that a folder of that name is the finished work, whoever did
it and when. It is written under another name and renamed: a process killed half-way leaves nothing that looks finished.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, chunk_table
from mundap.document import Document, write_document
from pipelines.chunks import Chunked, company_of
from pipelines.crosscheck import Disagreement
from pipelines.facts import PlacedFact, fact_table
from pipelines.reading import Reading, Status
from pipelines.supersession import Filing, filing_of
from pipelines.tables import PlacedTable, placed_tables, table_of_tables

KINDS = ("chunks", "facts", "tables")
_RECORD = "record.json"
_HELD_ROWS = 20_000  # of a kind, before they are written: a filing's at once, a large CSV's in pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One document of a shard. rows counts its chunks, facts and tables; kinds its chunks by kind.

    path is below the documents folder; "" and no filing for a document that could not be read (status FAILED).
    differing are the figures that OpenDART's accounts give otherwise (pipelines.crosscheck.Disagreement, as mappings).
    """

    doc_id: str
    source: str
    status: Status
    path: str = ""
    company: str = ""
    repairs: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    filing: Filing | None = None
    pair: tuple[str, str] | None = None
    differing: tuple[Mapping[str, Any], ...] = ()


def document_path(document: Document) -> str:
    """Return a document's path below the documents folder; a filing's names its company, year and report."""
    fields = document.fields
    if fields.get("corp_code") and fields.get("rcept_no"):
        parts = [fields["corp_code"], fields.get("fiscal_year") or "unknown", fields.get("report_code") or "unknown"]
        return "/".join([*(_safe(str(part)) for part in parts), _safe(document.doc_id) + ".md"])
    return _safe(document.doc_id) + ".md"


def finished(folder: Path) -> list[Made] | None:
    """Return the documents of a finished shard, or None when there is none."""
    try:
        rows = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return [Made(**(row | {"filing": Filing(**row["filing"]) if row["filing"] else None,
                           "pair": tuple(row["pair"]) if row["pair"] else None,
                           "differing": tuple(row["differing"])})) for row in rows]


def document_file(folder: Path, at: int) -> Path:
    """Return where a shard keeps its document number `at`."""
    return folder / f"document-{at:05d}"


class ShardWriter:
    """Writes a shard, document after document; close() gives it its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._building = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
        shutil.rmtree(self._building, ignore_errors=True)
        self._building.mkdir(parents=True)
        self._made: list[Made] = []
        self._chunks: list[Chunk] = []
        self._facts: list[PlacedFact] = []
        self._tables: list[PlacedTable] = []
        self._writers: dict[str, Any] = {}

    def add(self, reading: Reading, chunked: Chunked, differing: Sequence[Disagreement] = ()) -> None:
        """Take a reading, the chunks made of it, and what its accounts give otherwise; all empty when it failed."""
        document = reading.document
        if reading.status == "FAILED":
            self._made.append(Made(doc_id=document.doc_id, source=document.source, status=reading.status,
                                   repairs=dict(reading.repairs), left_out=dict(reading.left_out)))
            return
        company, tables = company_of(document), list(placed_tables(reading))
        write_document(document, document_file(self._building, len(self._made)))
        kinds: dict[str, int] = {}
        for chunk in chunked.chunks:
            kind = str(chunk.metadata.get("kind", "parent"))
            kinds[kind] = kinds.get(kind, 0) + 1
        self._made.append(Made(
            doc_id=document.doc_id, source=document.source, status=reading.status, path=document_path(document),
            company=company, repairs=dict(reading.repairs), left_out=dict(reading.left_out),
            notes=dict(chunked.notes), kinds=kinds,
            rows={"chunks": len(chunked.chunks), "facts": len(chunked.facts), "tables": len(tables)},
            filing=filing_of(document, company, reading.supersedes), pair=reading.question_answer,
            differing=tuple(asdict(one) for one in differing)))
        self._chunks += chunked.chunks
        self._facts += chunked.facts
        self._tables += tables
        if len(self._chunks) + len(self._facts) + len(self._tables) > _HELD_ROWS:
            self._flush()

    def close(self) -> list[Made]:
        """Finish the shard and return its documents."""
        self._flush()
        for writer in self._writers.values():
            writer.close()
        rows = [asdict(made) for made in self._made]
        (self._building / _RECORD).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        try:
            os.rename(self._building, self._folder)
        except OSError:  # another process finished the same work in the meantime
            if finished(self._folder) is None:
                raise
            self.drop()
        return self._made

    def drop(self) -> None:
        """Give up what was written so far."""
        for writer in self._writers.values():
            writer.close()
        shutil.rmtree(self._building, ignore_errors=True)

    def _flush(self) -> None:
        """Write what is held; a kind without rows has no file."""
        import pyarrow.parquet as pq

        held = {"chunks": chunk_table(self._chunks), "facts": fact_table(self._facts),
                "tables": table_of_tables(self._tables)}
        for kind, table in held.items():
            if not table.num_rows:
                continue
            if kind not in self._writers:
                self._writers[kind] = pq.ParquetWriter(self._building / f"{kind}.parquet", table.schema,
                                                       compression="zstd", compression_level=1)
            self._writers[kind].write_table(table)
        self._chunks, self._facts, self._tables = [], [], []


def _safe(name: str) -> str:
    """Return a file name no document can climb out of the folder with."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name).strip(".") or "_"
