"""The index of a rag.yaml and how it is built: child chunks in a Chroma collection, BM25 beside it, and a manifest.

    indexes/demo/
      manifest.json     what the version that serves was built with (versions.py), replaced as a build's last act
      versions/<name>/
        chroma/         vectors and flat metadata; ids are chunk ids; on a server instead where index.server names one
        bm25/           mundap.lexical
        vectors.npy     the same vectors by row, in the order of the chunks (vectors.py)
        passages.npy    what each row's vector was made of (kept_vectors.py)
        chunks/         the chunks as indexed (Parquet), so that new documents cannot change what an old index returns

A build makes a new version while the old one goes on serving, and embeds only passages without a vector; one that was
killed goes on where it stopped. Opening it is opened.py's; ranking, retrieve.py's. Knows Chroma only through store.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata as packages
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap import folder_lock
from mundap.chunk import Chunk, read_chunks, write_chunks
from mundap.embedder import TextEmbedder
from mundap.errors import IndexMismatch, MundapError
from mundap.lexical import LexicalIndex
from mundap.paths import resolve, show
from rag.indexing import chroma_server, kept_vectors, versions
from rag.indexing.kept_vectors import Kept, save_passages
from rag.indexing.opened import (
    FORMAT,
    Index,
    bm25_of,
    collection_of,
    collection_settings,
    is_stale,
    open_index,
    rebuild_command,
)
from rag.indexing.passages import all_passages, children, chunking, digest, is_superseded, passage, row, source_digest
from rag.indexing.store import Metadata, copy_store, drop_collection, open_store
from rag.indexing.vectors import Vectors
from rag.indexing.versions import MANIFEST, read_manifest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["FORMAT", "MANIFEST", "Index", "IndexReport", "build", "is_stale", "is_superseded", "open_index", "passage",
           "read_manifest", "rebuild_command"]

SLICE = 256             # passages embedded between two writes: what a killed build loses at most
STORED_AT_ONCE = 2_000
PROGRESS_EVERY_S = 5.0
# A collection is copied and changed where no more than one row in so many has changed since it was made; beyond, it is
# made anew: rows taken out of Chroma's graph leave gaps in it.
PATCHED_SHARE = 10
OLDER = ("chroma", "bm25", "chunks", "vectors.npy")   # what formats 1 and 2 kept beside the manifest

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What a build did; path is the index folder, and the counts are against the version before.

    added chunks are new or have another text, updated ones other metadata. embedded counts the passages the model was run
    on: of equal texts one, and none that an unfinished build had done. seconds: embed, store, bm25 and total.
    """

    path: Path
    collection: str
    chunks: int
    added: int
    updated: int
    removed: int
    unchanged: int
    embedded: int
    seconds: Mapping[str, float]


@dataclass(slots=True)
class _Plan:
    """What differs between the chunks and the version before."""

    add: list[int] = field(default_factory=list)   # positions among the chunks
    update: dict[str, tuple[Metadata, Metadata]] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)

    @property
    def changes(self) -> int:
        return len(self.add) + len(self.update) + len(self.remove)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    """The version that serves, where its vectors are those of the model in use."""

    folder: Path
    manifest: Mapping[str, Any]
    rows: Mapping[str, Metadata]


def build(recipe: Mapping[str, Any], project: Path, embedder: TextEmbedder, say: Say) -> IndexReport:
    """Bring the index of a rag.yaml up to date with its chunks; embed only what has no vector yet.

    The version that serves goes on doing so until the new one is whole.

    Raises:
        DataError: there are no child chunks, or two of them share an id.
        ResourceError: another process builds this index, or the Chroma server does not answer.
        ConfigError: Chroma does not take the collection's name, or index.server is no address.
    """
    settings, place = recipe["index"], resolve(recipe["index"]["path"], project)
    source = resolve(settings["chunks"], project)
    address = chroma_server.address(settings)
    if address and chroma_server.warning(address):
        say(chroma_server.warning(address))
    chunks = children(source, project)
    place.mkdir(parents=True, exist_ok=True)
    with folder_lock.held(place, versions.WRITER, "Wait for it, or end it; readers are served meanwhile."):
        report = _build(recipe, project, chunks, embedder, say)
    return report


def _build(recipe: Mapping[str, Any], project: Path, chunks: Sequence[Chunk], embedder: TextEmbedder, say: Say
           ) -> IndexReport:
    """Make a version and let it serve. The lock is held."""
    started = time.monotonic()
    settings, place = recipe["index"], resolve(recipe["index"]["path"], project)
    source, where = resolve(settings["chunks"], project), show(place, project)
    stored = read_manifest(place) or {}
    versions.clean(place, stored.get("version"), _forgetting(say))
    wanted = _manifest(settings, project, embedder, source, chunks)
    last = _last(place, stored, embedder.identity)
    if last is not None and {key: stored.get(key) for key in wanted} == wanted:
        try:
            open_index(recipe, project, embedder).close()
        except IndexMismatch as error:
            say(f"{where}: {error.what} It is built again.")
            last = None
        else:
            kept_vectors.clear(place)   # of a build that was killed after publishing
            say(f"{where}: nothing has changed; {len(chunks):,} chunks are indexed.")
            return _report(place, wanted, _Plan(), 0, {"total": time.monotonic() - started})
    plan = _plan(chunks, last.rows if last else {})
    known = Kept(place, embedder.identity)
    if stored.get("format") == FORMAT and stored.get("embedding_model") == embedder.identity:
        known.take(versions.of(place, stored["version"]))
    seconds: dict[str, float] = {}
    embedded, seconds["embed"] = _embed(chunks, known, embedder, say)
    name = versions.begin(place)
    patched = _fill(settings, wanted, versions.of(place, name), chunks, known, plan, last, seconds, say)
    versions.publish(place, wanted | {"version": name, "patched": patched})
    kept_vectors.clear(place)
    versions.clean(place, name, _forgetting(say))
    _remove_older(place, stored, source)
    seconds["total"] = time.monotonic() - started
    report = _report(place, wanted, plan, embedded, seconds)
    say(f"{where}: {report.chunks:,} chunks ({report.added:,} added, {report.updated:,} updated, {report.removed:,} removed, "
        f"{report.unchanged:,} unchanged; {report.embedded:,} embedded) in {seconds['total']:.1f} s")
    return report


def _last(place: Path, stored: Mapping[str, Any], model: str) -> _Last | None:
    """Return the version that serves, or None where there is none, of this format and model, whose chunks can be read."""
    if stored.get("format") != FORMAT or stored.get("embedding_model") != model:
        return None
    folder = versions.of(place, stored["version"])
    try:
        rows = {chunk.chunk_id: row(chunk) for chunk in read_chunks(folder / "chunks")}
    except (MundapError, OSError, ValueError):
        return None
    return _Last(folder=folder, manifest=stored, rows=rows)


def _plan(chunks: Sequence[Chunk], stored: Mapping[str, Metadata]) -> _Plan:
    plan = _Plan(remove=sorted(stored.keys() - {chunk.chunk_id for chunk in chunks}))
    for at, chunk in enumerate(chunks):
        new, old = row(chunk), stored.get(chunk.chunk_id)
        if old is None or old.get("embedded") != new["embedded"]:
            plan.add.append(at)
        elif old != new:  # a chunk that was superseded since, for one: its vector still holds
            plan.update[chunk.chunk_id] = (old, new)
    return plan


def _embed(chunks: Sequence[Chunk], known: Kept, embedder: TextEmbedder, say: Say) -> tuple[int, float]:
    """Embed the passages that have no vector yet; return how many, and the seconds the model took."""
    texts = {found: passage(chunk) for chunk in chunks if (found := digest(chunk)) not in known}
    # By length, longest first: little padding, and memory peaks at once rather than at the end.
    queue = sorted(texts, key=lambda found: (-len(texts[found]), found))
    chars_total, chars_done, seconds = sum(map(len, texts.values())), 0, 0.0
    started = said = time.monotonic()
    for start in range(0, len(queue), SLICE):
        part = queue[start:start + SLICE]
        begun = time.monotonic()
        vectors = embedder.embed_passages([texts[found] for found in part])
        seconds += time.monotonic() - begun
        known.put(part, vectors)
        now, done = time.monotonic(), start + len(part)
        chars_done += sum(len(texts[found]) for found in part)
        if done == len(queue) or now - said >= PROGRESS_EVERY_S:
            said, spent = now, now - started
            say(f"embedded {done:,}/{len(queue):,} passages, {done / max(spent, 1e-9):.1f}/s, "
                f"{spent * (chars_total - chars_done) / chars_done:.0f} s left")
    return len(queue), seconds


def _fill(settings: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path, chunks: Sequence[Chunk], known: Kept,
          plan: _Plan, last: _Last | None, seconds: dict[str, float], say: Say) -> int:
    """Write a version's files and collection; return how many rows of the collection were changed since it was made."""
    begun = time.monotonic()
    digests = [digest(chunk) for chunk in chunks]
    matrix = known.matrix(digests)
    Vectors(matrix).save(folder)
    save_passages(folder, digests)
    write_chunks(chunks, folder / "chunks/part-00000.parquet")
    patched = _patch(settings, wanted, folder, chunks, matrix, plan, last)
    if patched is None:
        patched = 0
        _store(settings, wanted, folder, chunks, matrix, say)
    seconds["store"] = time.monotonic() - begun
    begun = time.monotonic()
    if last is not None and all(last.manifest.get(key) == wanted[key] for key in ("bm25", "kiwi", "passages")):
        shutil.copytree(last.folder / "bm25", folder / "bm25")
    else:
        say(f"BM25 over the morphemes of {len(chunks):,} chunks")
        ids = [chunk.chunk_id for chunk in chunks]
        values = wanted["bm25"] | {"words": tuple(wanted["bm25"].get("words", ()))}
        LexicalIndex.build(ids, map(passage, chunks), **values).save(folder / "bm25")
    seconds["bm25"] = time.monotonic() - begun
    return patched


def _patch(settings: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path, chunks: Sequence[Chunk], matrix: Floats,
           plan: _Plan, last: _Last | None) -> int | None:
    """Copy the collection on disk and change what differs; return how many rows that makes, or None where it will not do."""
    if last is None or any(last.manifest.get(key) != wanted[key] for key in ("collection", "space", "server")):
        return None
    patched = plan.changes + int(last.manifest.get("patched", 0))
    if wanted["server"] or patched * PATCHED_SHARE > len(chunks):
        return None
    try:
        copy_store(last.folder / "chroma", folder / "chroma")
        at, name = collection_of(settings, folder)
        store = open_store(at, name, space=wanted["space"], fresh=False, settings=collection_settings(wanted))
        try:
            store.delete(plan.remove)
            store.replace_metadata(plan.update)
            store.put([chunks[at].chunk_id for at in plan.add], matrix[plan.add], [row(chunks[at]) for at in plan.add])
            whole = store.count == len(chunks)
        finally:
            store.close()
    except (IndexMismatch, OSError, sqlite3.Error):
        whole = False   # the old one is damaged
    if not whole:
        shutil.rmtree(folder / "chroma", ignore_errors=True)
    return patched if whole else None


def _store(settings: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path, chunks: Sequence[Chunk], matrix: Floats,
           say: Say) -> None:
    """Make a version's collection anew."""
    at, name = collection_of(settings, folder)
    if isinstance(at, str):
        (folder / versions.COLLECTION).write_text(json.dumps({"server": at, "collection": name}), encoding="utf-8")
    store = open_store(at, name, space=wanted["space"], fresh=True, settings=collection_settings(wanted))
    said = time.monotonic()
    try:
        for start in range(0, len(chunks), STORED_AT_ONCE):
            part = chunks[start:start + STORED_AT_ONCE]
            store.put([chunk.chunk_id for chunk in part], matrix[start:start + len(part)], [row(chunk) for chunk in part])
            if time.monotonic() - said >= PROGRESS_EVERY_S:
                said = time.monotonic()
                say(f"stored {start + len(part):,}/{len(chunks):,} vectors")
    finally:
        store.close()


def _forgetting(say: Say) -> Callable[[Path], None]:
    """Return what deletes a version's collection on a server, and says so where that cannot be done."""
    def forget(version: Path) -> None:
        found = versions.read_json(version / versions.COLLECTION)
        if found:
            try:
                drop_collection(found["server"], found["collection"])
            except MundapError as error:
                say(f"the collection {found['collection']} stays on {found['server']}: {error.what}")
    return forget


def _remove_older(place: Path, stored: Mapping[str, Any], source: Path) -> None:
    """Remove what an index of an older format left beside its manifest."""
    if not 0 < int(stored.get("format", FORMAT)) < FORMAT:
        return
    for path in (place / name for name in OLDER):
        if path.is_dir() and path != source:
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _manifest(settings: Mapping[str, Any], project: Path, embedder: TextEmbedder, source: Path, chunks: Sequence[Chunk]
              ) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "collection": settings["collection"],
        "server": chroma_server.address(settings),
        "embedding_model": embedder.identity,
        "space": settings["space"],
        "bm25": bm25_of(settings, project),
        "kiwi": packages.version("kiwipiepy"),
        "chunking": chunking(source),
        "chunks": len(chunks),
        "passages": all_passages(chunks),
        "source": source_digest(source),
    }


def _report(place: Path, manifest: Mapping[str, Any], plan: _Plan, embedded: int, seconds: Mapping[str, float]
            ) -> IndexReport:
    total = manifest["chunks"]
    return IndexReport(path=place, collection=manifest["collection"], chunks=total, added=len(plan.add),
                       updated=len(plan.update), removed=len(plan.remove), embedded=embedded,
                       unchanged=total - len(plan.add) - len(plan.update), seconds=dict(seconds))
