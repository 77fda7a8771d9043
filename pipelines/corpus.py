"""From sources to documents and chunks on disk: reads one document at a time, writes it, cuts it, and keeps the facts.

Chunks are built in a folder of their own that takes the real one's place only when all of them are there. Memory holds
the facts of the corpus and one part's chunks, never the documents' text.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, read_part, write_chunks
from mundap.document import Document, write_document
from mundap.errors import ConfigError, DataError, closest
from mundap.token_count import Count
from pipelines.chunks import chunk_reading, company_of
from pipelines.facts import PlacedFact, write_facts
from pipelines.reading import Reading
from pipelines.rejects import Rejects
from pipelines.rows.qa_rows import Pair
from pipelines.supersession import Filing, filing_of, resolve

Say = Callable[[str], None]
PART_DOCUMENTS = 500
_PROGRESS_S = 5.0


@dataclass(slots=True, kw_only=True)
class Corpus:
    """What the sources became. documents holds paths below the documents folder; groups doc_id -> company or ""."""

    folder: Path
    documents: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    filings: list[Filing] = field(default_factory=list)
    facts: list[PlacedFact] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    superseded: dict[str, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    chunks: Counter[str] = field(default_factory=Counter)

    @property
    def chunk_folder(self) -> Path:
        """Return the folder of the part files."""
        return self.folder / "chunks"


def readings(sources: Sequence[Mapping[str, Any]], paths: Sequence[Path], project: Path) -> Iterator[Reading]:
    """Yield what the sources' readers read, source by source.

    Raises:
        ConfigError: a source names a reader that does not exist.
    """
    from pipelines.readers import READERS

    for at, (source, path) in enumerate(zip(sources, paths, strict=True)):
        name = source["reader"]
        if name not in READERS:
            raise ConfigError(f"there is no reader {name!r}.", where=f"sources.{at}.reader",
                              fix=f"{closest(name, READERS)}Readers: {', '.join(sorted(READERS))}.")
        yield from READERS[name](path, project, source)


def build(read: Iterable[Reading], folder: Path, *, limit: int, count: Count, rejects: Rejects, say: Say) -> Corpus:
    """Write documents, chunk parts and facts.parquet under folder; return what is needed to make rows.

    Raises:
        DataError: the sources held no readable document.
    """
    corpus = Corpus(folder=folder)
    building = folder / "chunks.building"
    shutil.rmtree(building, ignore_errors=True)
    held: list[Chunk] = []
    part, started, told = 0, time.monotonic(), time.monotonic()
    for reading in read:
        rejects.attempt()
        if not _accept(corpus, reading, rejects):
            continue
        held += _take(corpus, reading, limit, count)
        if len(corpus.documents) % PART_DOCUMENTS == 0:
            part, held = _write_part(building, part, held), []
        if time.monotonic() - told > _PROGRESS_S:
            told = time.monotonic()
            rate = len(corpus.documents) / (told - started)
            say(f"  {len(corpus.documents)} documents, {corpus.chunks.total()} chunks, {len(corpus.facts)} facts "
                f"({rate:.1f} documents/s)")
    if held:
        part = _write_part(building, part, held)
    if not part:
        raise DataError("no document could be read from the sources.", where=str(folder),
                        fix=f"{len(rejects)} were rejected. Check the paths and readers under sources in data.yaml.")
    _settle(corpus, building)
    return corpus


def document_path(document: Document) -> str:
    """Return a document's path below the documents folder; a filing's names its company, year and report."""
    fields = document.fields
    if fields.get("corp_code") and fields.get("rcept_no"):
        parts = [fields["corp_code"], fields.get("fiscal_year") or "unknown", fields.get("report_code") or "unknown"]
        return "/".join([*(_safe(str(part)) for part in parts), _safe(document.doc_id) + ".md"])
    return _safe(document.doc_id) + ".md"


def _accept(corpus: Corpus, reading: Reading, rejects: Rejects) -> bool:
    document = reading.document
    corpus.statuses[reading.status] += 1
    corpus.repairs.update(reading.repairs)
    if reading.status == "FAILED":
        rejects.add("unreadable", part="", subject=document.source, detail=", ".join(reading.repairs))
    elif document.doc_id in corpus.documents:
        rejects.add("duplicate_document", part="", subject=document.doc_id, detail=document.source)
    else:
        return True
    return False


def _take(corpus: Corpus, reading: Reading, limit: int, count: Count) -> list[Chunk]:
    """Write the document and return its chunks; remember its facts, group and place among the filings."""
    document = reading.document
    company = company_of(document)
    path = document_path(document)
    write_document(document, corpus.folder / path)
    made = chunk_reading(reading, limit=limit, count=count)
    corpus.documents[document.doc_id] = path
    corpus.groups[document.doc_id] = company
    corpus.filings.append(filing_of(document, company, reading.supersedes))
    corpus.facts += made.facts
    corpus.notes.update(made.notes)
    corpus.chunks.update(str(chunk.metadata.get("kind", "parent")) for chunk in made.chunks)
    if reading.question_answer is not None:
        question, answer = reading.question_answer
        corpus.pairs.append(Pair(doc_id=document.doc_id, question=question, answer=answer))
    return made.chunks


def _write_part(building: Path, part: int, chunks: Sequence[Chunk]) -> int:
    write_chunks(chunks, building / f"part-{part:05d}.parquet")
    return part + 1


def _settle(corpus: Corpus, building: Path) -> None:
    """Mark what later filings superseded, write the facts, and give the chunk folder its name."""
    corpus.superseded = resolve(corpus.filings)
    for file in sorted(building.glob("part-*.parquet")) if corpus.superseded else ():
        chunks = read_part(file)
        if any(chunk.doc_id in corpus.superseded for chunk in chunks):
            write_chunks([replace(chunk, superseded_by=corpus.superseded.get(chunk.doc_id, ""))
                          for chunk in chunks], file)
    corpus.facts = [replace(fact, superseded=1) if fact.doc_id in corpus.superseded else fact for fact in corpus.facts]
    write_facts(corpus.facts, corpus.folder / "facts.parquet")
    shutil.rmtree(corpus.chunk_folder, ignore_errors=True)
    os.replace(building, corpus.chunk_folder)


def _safe(name: str) -> str:
    """Return a file name no document can climb out of the folder with."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name).strip(".") or "_"
