"""What of a chunk is indexed: the text that is embedded and searched, and the flat row it is filtered by."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, read_chunks
from mundap.errors import DataError
from mundap.paths import show
from rag.indexing.store import Metadata
from rag.indexing.versions import read_manifest


def passage(chunk: Chunk) -> str:
    """Return what of a chunk is embedded and searched: its breadcrumbs (company, year, section) and its text."""
    return f"{chunk.breadcrumbs}\n{chunk.text}"


def digest(chunk: Chunk) -> bytes:
    """Return the SHA-256 of a chunk's passage: chunks that share it share a vector."""
    return hashlib.sha256(passage(chunk).encode()).digest()


def is_superseded(chunk: Chunk) -> bool:
    """Return whether a later filing took the chunk's place, or its source calls it outdated."""
    return bool(chunk.superseded_by or chunk.metadata.get("superseded"))


def row(chunk: Chunk) -> Metadata:
    """Return a chunk's row in the collection: flat values to filter by, and what its vector was made of."""
    flat: Metadata = {name: value for name, value in chunk.metadata.items()
                      if isinstance(value, str | int | float | bool)}
    return flat | {"doc_id": chunk.doc_id, "parent_id": chunk.parent_id, "date": chunk.date,
                   "superseded_by": chunk.superseded_by, "superseded": int(is_superseded(chunk)),
                   "embedded": digest(chunk).hex()[:16]}


def children(source: Path, project: Path) -> list[Chunk]:
    """Return the child chunks of a folder.

    Raises:
        DataError: there are none, or two share an id.
    """
    chunks = read_chunks(source, "child")
    if not chunks:
        raise DataError("there are parent chunks here but no child chunk to index.", where=show(source, project),
                        fix="Make them again with: mundap data <recipe>")
    twice = [name for name, count in Counter(chunk.chunk_id for chunk in chunks).items() if count > 1]
    if twice:
        raise DataError(f"{len(twice)} chunk ids stand more than once, the first is {twice[0]!r}.",
                        where=show(source, project), fix="Make the chunks again with: mundap data <recipe>")
    return chunks


def all_passages(chunks: Sequence[Chunk]) -> str:
    """Return a SHA-256 over every chunk's id and passage, in their order."""
    lines = "\n".join(f"{chunk.chunk_id} {digest(chunk).hex()}" for chunk in chunks)
    return hashlib.sha256(lines.encode()).hexdigest()


def source_digest(folder: Path) -> str:
    """Return a SHA-256 over the chunk files of a folder."""
    found = hashlib.sha256()
    for part in sorted(folder.glob("part-*.parquet")):
        with part.open("rb") as file:
            found.update(f"{part.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()


def chunking(source: Path) -> Any:
    """Return the chunking values of the data manifest beside a chunk folder, or None when there is no manifest."""
    found = read_manifest(source.parent) or {}
    return (found.get("config") or {}).get("chunks")
