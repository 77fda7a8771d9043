"""The index of a rag.yaml: child chunks in a Chroma collection, BM25 beside it, and a manifest written last.

    indexes/demo/
      chroma/         vectors and flat metadata; ids are chunk ids
      bm25/           mundap.lexical
      vectors.npy     the same vectors by row, in the order of the chunks (vectors.py)
      chunks/         the chunks as indexed (Parquet), so that new documents cannot change what an old index returns
      manifest.json   what it was built with; its presence means done

Building again embeds only what is new or changed; a build that was killed goes on where it stopped. Does not rank
(retrieve.py) and knows Chroma only through store.py.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata as packages
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, read_chunks, write_chunks
from mundap.embedder import TextEmbedder
from mundap.errors import DataError, IndexMismatch
from mundap.lexical import LexicalIndex
from mundap.paths import resolve, show
from rag.store import Metadata, Store, open_store
from rag.vectors import FILE as VECTORS
from rag.vectors import Vectors

FORMAT = 2
MANIFEST = "manifest.json"
SLICE = 256             # chunks embedded between two writes: what a killed build loses at most
PROGRESS_EVERY_S = 5.0

Say = Callable[[str], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What a build did. added were embedded; updated kept their vectors; seconds by embed, store, bm25 and total."""

    path: Path
    collection: str
    chunks: int
    added: int
    updated: int
    removed: int
    unchanged: int
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index opened for search: the vectors, BM25, and the chunks by id in the order of their files."""

    path: Path
    store: Store
    lexical: LexicalIndex
    vectors: Vectors
    chunks: Mapping[str, Chunk]
    manifest: Mapping[str, Any]

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()


@dataclass(slots=True)
class _Plan:
    """What differs between the chunks and the collection."""

    add: list[Chunk] = field(default_factory=list)
    update: dict[str, tuple[Metadata, Metadata]] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.add or self.update or self.remove)


def passage(chunk: Chunk) -> str:
    """Return what of a chunk is embedded and searched: its breadcrumbs (company, year, section) and its text."""
    return f"{chunk.breadcrumbs}\n{chunk.text}"


def is_superseded(chunk: Chunk) -> bool:
    """Return whether a later filing took the chunk's place, or its source calls it outdated."""
    return bool(chunk.superseded_by or chunk.metadata.get("superseded"))


def build(recipe: Mapping[str, Any], project: Path, embedder: TextEmbedder, say: Say) -> IndexReport:
    """Bring the index of a rag.yaml up to date with its chunks; embed only what is new or changed.

    Raises:
        DataError: there are no child chunks, or two of them share an id.
        IndexMismatch: Chroma cannot open the folder.
    """
    started = time.monotonic()
    settings, folder = recipe["index"], resolve(recipe["index"]["path"], project)
    source = resolve(settings["chunks"], project)
    chunks = _children(source, project)
    wanted, previous = _manifest(recipe, embedder, source, chunks), read_manifest(folder)
    folder.mkdir(parents=True, exist_ok=True)
    store = open_store(folder / "chroma", settings["collection"], space=settings["space"], fresh=True,
                       settings=_collection_settings(wanted))
    try:
        plan = _plan(chunks, store.rows())
        if plan.empty and previous == wanted and (folder / "bm25").is_dir() and (folder / VECTORS).is_file():
            say(f"{show(folder, project)}: nothing has changed; {len(chunks):,} chunks are indexed.")
            return _report(folder, wanted, plan, {"total": time.monotonic() - started})
        (folder / MANIFEST).unlink(missing_ok=True)  # from here to the end the index is not whole
        seconds = _fill(store, plan, embedder, say)
        _by_row(store, chunks).save(folder)
    finally:
        store.close()
    seconds["bm25"] = _fill_bm25(folder / "bm25", chunks, wanted, previous, say)
    _write_chunks(chunks, folder / "chunks")
    _write_manifest(folder, wanted)
    seconds["total"] = time.monotonic() - started
    report = _report(folder, wanted, plan, seconds)
    say(f"{show(folder, project)}: {report.chunks:,} chunks ({report.added:,} embedded, {report.updated:,} updated, "
        f"{report.removed:,} removed, {report.unchanged:,} unchanged) in {seconds['total']:.1f} s")
    return report


def open_index(recipe: Mapping[str, Any], project: Path, embedder: TextEmbedder) -> Index:
    """Return the index a rag.yaml names, ready for search.

    Raises:
        IndexMismatch: it is not there or not whole, or its embedding model, space, collection, format or BM25 values
            are not the recipe's.
    """
    settings, folder = recipe["index"], resolve(recipe["index"]["path"], project)
    where, command = show(folder, project), rebuild_command(recipe)
    stored = read_manifest(folder)
    if stored is None:
        state = "was not built to its end" if (folder / "chroma").exists() else "is not there"
        raise IndexMismatch(f"the index {state}.", where=where, fix=f"Build it with: {command}")
    wanted = {"format": FORMAT, "collection": settings["collection"], "embedding_model": embedder.identity,
              "space": settings["space"], "bm25": dict(settings["bm25"])}
    differ = [f"{key}: stored {_words(stored.get(key))}, wanted {_words(value)}"
              for key, value in wanted.items() if stored.get(key) != value]
    if differ:
        raise IndexMismatch("the index was built with other settings than the recipe's.", where=where,
                            fix="\n".join([*differ, f"Build it again with: {command}"]))
    if is_stale(stored, resolve(settings["chunks"], project)):
        _log.warning("%s: the chunks have changed since the index was built. Bring it up to date with: %s",
                     where, command)
    chunks = {chunk.chunk_id: chunk for chunk in read_chunks(folder / "chunks")}
    lexical, vectors = LexicalIndex.load(folder / "bm25"), Vectors.load(folder)
    store = open_store(folder / "chroma", settings["collection"], space=settings["space"], fresh=False,
                       settings=_collection_settings(stored))
    if not store.count == len(vectors) == len(chunks) == len(lexical.ids) == stored["chunks"]:
        counts = f"{store.count} and {len(vectors)} vectors, {len(chunks)} chunks, {len(lexical.ids)} BM25 rows"
        store.close()
        raise IndexMismatch(f"the index is damaged: {counts}, where the manifest says {stored['chunks']}.",
                            where=where, fix=f"Build it again with: {command}")
    return Index(path=folder, store=store, lexical=lexical, vectors=vectors, chunks=chunks, manifest=stored)


def is_stale(manifest: Mapping[str, Any], chunk_folder: Path) -> bool:
    """Return whether the chunk files are not those indexed; an index whose chunks are gone is not stale."""
    return chunk_folder.is_dir() and _source(chunk_folder) != manifest["source"]


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a finished build, or None."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def rebuild_command(recipe: Mapping[str, Any]) -> str:
    """Return the command that builds this recipe's index."""
    return f"mundap index configs/{recipe['domain']}/rag.yaml"


def _children(source: Path, project: Path) -> list[Chunk]:
    chunks = read_chunks(source, "child")
    if not chunks:
        raise DataError("there are parent chunks here but no child chunk to index.", where=show(source, project),
                        fix="Make them again with: mundap data <recipe>")
    twice = [name for name, count in Counter(chunk.chunk_id for chunk in chunks).items() if count > 1]
    if twice:
        raise DataError(f"{len(twice)} chunk ids stand more than once, the first is {twice[0]!r}.",
                        where=show(source, project), fix="Make the chunks again with: mundap data <recipe>")
    return chunks


def _plan(chunks: Sequence[Chunk], stored: Mapping[str, Metadata]) -> _Plan:
    plan = _Plan(remove=sorted(stored.keys() - {chunk.chunk_id for chunk in chunks}))
    for chunk in chunks:
        row, old = _row(chunk), stored.get(chunk.chunk_id)
        if old is None or old.get("embedded") != row["embedded"]:
            plan.add.append(chunk)
        elif old != row:  # a chunk that was superseded since, for one: its vector still holds
            plan.update[chunk.chunk_id] = (old, row)
    return plan


def _fill(store: Store, plan: _Plan, embedder: TextEmbedder, say: Say) -> dict[str, float]:
    """Carry out the plan; return the seconds spent embedding and storing."""
    seconds = {"embed": 0.0, "store": 0.0}
    started = said = time.monotonic()
    store.delete(plan.remove)
    store.replace_metadata(plan.update)
    seconds["store"] += time.monotonic() - started
    # By length, longest first: little padding, and memory peaks at once rather than at the end.
    queue = sorted(plan.add, key=lambda chunk: (-len(passage(chunk)), chunk.chunk_id))
    chars_total, chars_done = sum(len(passage(chunk)) for chunk in queue), 0
    for start in range(0, len(queue), SLICE):
        part = queue[start:start + SLICE]
        texts = [passage(chunk) for chunk in part]
        begun = time.monotonic()
        vectors = embedder.embed_passages(texts)
        embedded = time.monotonic()
        store.put([chunk.chunk_id for chunk in part], vectors, [_row(chunk) for chunk in part])
        now = time.monotonic()
        seconds["embed"] += embedded - begun
        seconds["store"] += now - embedded
        chars_done += sum(map(len, texts))
        done = start + len(part)
        if done == len(queue) or now - said >= PROGRESS_EVERY_S:
            said, spent = now, now - started
            say(f"embedded {done:,}/{len(queue):,} chunks, {done / max(spent, 1e-9):.1f}/s, "
                f"{spent * (chars_total - chars_done) / chars_done:.0f} s left")
    return seconds


def _fill_bm25(folder: Path, chunks: Sequence[Chunk], wanted: Mapping[str, Any], previous: Mapping[str, Any] | None,
               say: Say) -> float:
    """Build BM25 unless the last finished build was over the same passages; return the seconds it took."""
    started = time.monotonic()
    same = previous is not None and all(previous.get(key) == wanted[key] for key in ("bm25", "kiwi", "passages"))
    if not (same and folder.is_dir()):
        say(f"BM25 over the morphemes of {len(chunks):,} chunks")
        ids = [chunk.chunk_id for chunk in chunks]
        LexicalIndex.build(ids, map(passage, chunks), **wanted["bm25"]).save(folder)
    return time.monotonic() - started


def _by_row(store: Store, chunks: Sequence[Chunk]) -> Vectors:
    """Return the collection's vectors in the order of the chunks."""
    ids, matrix = store.vectors()
    at = {name: row for row, name in enumerate(ids)}
    return Vectors(matrix[[at[chunk.chunk_id] for chunk in chunks]])


def _row(chunk: Chunk) -> Metadata:
    """Return a chunk's row in the collection: flat values to filter by, and what its vector was made of."""
    row: Metadata = {name: value for name, value in chunk.metadata.items()
                     if isinstance(value, str | int | float | bool)}
    return row | {"doc_id": chunk.doc_id, "parent_id": chunk.parent_id, "date": chunk.date,
                  "superseded_by": chunk.superseded_by, "superseded": int(is_superseded(chunk)),
                  "embedded": _digest(passage(chunk))[:16]}


def _manifest(recipe: Mapping[str, Any], embedder: TextEmbedder, source: Path, chunks: Sequence[Chunk]
              ) -> dict[str, Any]:
    settings = recipe["index"]
    return {
        "format": FORMAT,
        "collection": settings["collection"],
        "embedding_model": embedder.identity,
        "space": settings["space"],
        "bm25": dict(settings["bm25"]),
        "kiwi": packages.version("kiwipiepy"),
        "chunking": _chunking(source),
        "chunks": len(chunks),
        "passages": _digest("\n".join(f"{chunk.chunk_id} {_digest(passage(chunk))}" for chunk in chunks)),
        "source": _source(source),
    }


def _collection_settings(manifest: Mapping[str, Any]) -> dict[str, str | int]:
    """Return what must agree for vectors to be kept; space is added by the store."""
    return {"format": manifest["format"], "embedding_model": manifest["embedding_model"]}


def _chunking(source: Path) -> Any:
    """Return the chunking values of the data manifest beside the chunk folder, or None when there is no manifest."""
    found = read_manifest(source.parent) or {}
    return (found.get("config") or {}).get("chunks")


def _source(folder: Path) -> str:
    digest = hashlib.sha256()
    for part in sorted(folder.glob("part-*.parquet")):
        with part.open("rb") as file:
            digest.update(f"{part.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _write_chunks(chunks: Sequence[Chunk], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    write_chunks(chunks, folder / "part-00000.parquet")


def _write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    temporary = folder / (MANIFEST + ".tmp")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(temporary, folder / MANIFEST)


def _report(folder: Path, manifest: Mapping[str, Any], plan: _Plan, seconds: Mapping[str, float]) -> IndexReport:
    total = manifest["chunks"]
    return IndexReport(path=folder, collection=manifest["collection"], chunks=total, added=len(plan.add),
                       updated=len(plan.update), removed=len(plan.remove),
                       unchanged=total - len(plan.add) - len(plan.update), seconds=dict(seconds))


def _words(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else repr(value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
