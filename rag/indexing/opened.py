"""An index opened for search: the version that serves, checked against the recipe, and held while it is read."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mundap.chunk import Chunk, read_chunks
from mundap.embedder import TextEmbedder
from mundap.errors import IndexMismatch, MundapError
from mundap.lexical import LexicalIndex, load_words
from mundap.paths import resolve, show
from rag.indexing import chroma_server, versions
from rag.indexing.passages import source_digest
from rag.indexing.store import Place, Store, open_store
from rag.indexing.vectors import Vectors
from rag.indexing.versions import read_manifest

FORMAT = 3
_TRIES = 5   # a version may be replaced between reading its name and opening it, but not so often

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A version of an index opened for search: the vectors, BM25, and the chunks by id in the order of their files.

    It stays as it is while newer versions are published; close() lets it be removed.
    """

    path: Path
    store: Store
    lexical: LexicalIndex
    vectors: Vectors
    chunks: Mapping[str, Chunk]
    manifest: Mapping[str, Any]
    held: IO[bytes]

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()
        self.held.close()


def open_index(recipe: Mapping[str, Any], project: Path, embedder: TextEmbedder) -> Index:
    """Return the index a rag.yaml names, ready for search.

    Raises:
        IndexMismatch: it is not there or not whole, or its embedding model, space, collection, server, format or BM25
            values are not the recipe's.
        ResourceError: the Chroma server does not answer.
    """
    settings, place = recipe["index"], resolve(recipe["index"]["path"], project)
    where, command, address = show(place, project), rebuild_command(recipe), chroma_server.address(settings)
    if address and chroma_server.warning(address):
        _log.warning("%s", chroma_server.warning(address))
    for _ in range(_TRIES):
        stored = _fitting(recipe, project, place, where, embedder)
        held = versions.hold(place, str(stored.get("version")))
        if held is not None:
            break
    else:
        raise IndexMismatch("the index is damaged: the version its manifest names is gone.", where=where,
                            fix=f"Build it again with: {command}")
    if is_stale(stored, resolve(settings["chunks"], project)):
        _log.warning("%s: the chunks have changed since the index was built. Bring it up to date with: %s",
                     where, command)
    try:
        return _opened(settings, place, stored, held, where, command)
    except BaseException:
        held.close()
        raise


def is_stale(manifest: Mapping[str, Any], chunk_folder: Path) -> bool:
    """Return whether the chunk files are not those indexed; an index whose chunks are gone is not stale."""
    return chunk_folder.is_dir() and source_digest(chunk_folder) != manifest["source"]


def rebuild_command(recipe: Mapping[str, Any]) -> str:
    """Return the command that builds this recipe's index."""
    return f"mundap index configs/{recipe['domain']}/rag.yaml"


def _fitting(recipe: Mapping[str, Any], project: Path, place: Path, where: str, embedder: TextEmbedder) -> dict[str, Any]:
    """Return the manifest of the version that serves; IndexMismatch where it is not what the recipe asks for."""
    settings, command = recipe["index"], rebuild_command(recipe)
    stored = read_manifest(place)
    if stored is None:
        begun = any((place / name).exists() for name in ("versions", "partial", "chroma"))
        raise IndexMismatch(f"the index {'was not built to its end' if begun else 'is not there'}.", where=where,
                            fix=f"Build it with: {command}")
    wanted = {"format": FORMAT, "collection": settings["collection"], "embedding_model": embedder.identity,
              "space": settings["space"], "bm25": bm25_of(settings, project), "server": chroma_server.address(settings)}
    differ = [f"{key}: stored {_words(stored.get(key))}, wanted {_words(value)}"
              for key, value in wanted.items() if stored.get(key) != value]
    if differ:
        raise IndexMismatch("the index was built with other settings than the recipe's.", where=where,
                            fix="\n".join([*differ, f"Build it again with: {command}"]))
    return stored


def _opened(settings: Mapping[str, Any], place: Path, stored: Mapping[str, Any], held: IO[bytes], where: str,
            command: str) -> Index:
    folder = versions.of(place, stored["version"])
    try:
        chunks = {chunk.chunk_id: chunk for chunk in read_chunks(folder / "chunks")}
    except (MundapError, OSError, ValueError) as error:
        raise IndexMismatch(f"the index is damaged: its chunks cannot be read: {error}", where=where,
                            fix=f"Build it again with: {command}") from error
    lexical, vectors = LexicalIndex.load(folder / "bm25"), Vectors.load(folder)
    at, name = collection_of(settings, folder)
    store = open_store(at, name, space=settings["space"], fresh=False, settings=collection_settings(stored))
    try:
        count = store.count
        if not count == len(vectors) == len(chunks) == len(lexical.ids) == stored["chunks"]:
            counts = f"{count} and {len(vectors)} vectors, {len(chunks)} chunks, {len(lexical.ids)} BM25 rows"
            raise IndexMismatch(f"the index is damaged: {counts}, where the manifest says {stored['chunks']}.",
                                where=where, fix=f"Build it again with: {command}")
    except BaseException:
        store.close()
        raise
    return Index(path=folder, store=store, lexical=lexical, vectors=vectors, chunks=chunks, manifest=stored, held=held)


def bm25_of(settings: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return what the lexical index is made with, as the manifest keeps it: its values and the words of its dictionary.

    Raises:
        ConfigError: the dictionary is missing, or holds what is no word.
    """
    given = settings.get("dictionary")
    words = load_words(resolve(given, project)) if given else ()
    return dict(settings["bm25"]) | ({"words": list(words)} if words else {})


def collection_of(settings: Mapping[str, Any], folder: Path) -> tuple[Place, str]:
    """Return where a version's collection is and its name there: on a server, the version's name is part of it."""
    address = chroma_server.address(settings)
    return (folder / "chroma", settings["collection"]) if address is None else (
        address, f"{settings['collection']}-{folder.name}")


def collection_settings(manifest: Mapping[str, Any]) -> dict[str, str | int]:
    """Return what a collection is marked with; space is added by the store."""
    return {"format": manifest["format"], "embedding_model": manifest["embedding_model"]}


def _words(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else repr(value)
