"""The vector store: one Chroma collection, on disk or on a server, always given vectors, never an embedding function.

Knows Chroma and nothing of recipes, versions or ranking. Telemetry and reset are off here and nowhere else. Which server
a collection is on, and what its being away means, is server.py's to say.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap.errors import ConfigError, IndexMismatch, MissingExtra
from rag.indexing import chroma_server

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

Metadata = dict[str, str | int | float | bool]
Place = Path | str   # a folder, or the address of a Chroma server
_PAGE = 5_000        # rows asked for at once: SQLite takes no more than 32,766 values in a statement
_DATABASE = "chroma.sqlite3"

# Chroma's distances between unit vectors, as cosine similarity in [-1, 1]: its cosine and ip distances are 1 - dot,
# its l2 is squared, and |a - b|^2 = 2 - 2 dot. Source: Chroma documentation, "Configure", HNSW space.
SCORES: Mapping[str, Callable[[float], float]] = {
    "cosine": lambda distance: 1.0 - distance,
    "ip": lambda distance: 1.0 - distance,
    "l2": lambda distance: 1.0 - distance / 2.0,
}


def score(distance: float, space: str) -> float:
    """Return the cosine similarity (large is near) that a distance (small is near) of unit vectors stands for."""
    return SCORES[space](distance)


class Store:
    """A collection of unit vectors with flat metadata, by id. Open it with `open_store`; close() frees the files.

    On a server, every method raises ResourceError when the server does not answer.
    """

    def __init__(self, client: ClientAPI, collection: Collection, space: str, place: Place) -> None:
        self._client = client
        self._collection = collection
        self._batch = client.get_max_batch_size()
        self._place = place
        self.space = space

    @property
    def count(self) -> int:
        """Return how many rows there are."""
        with chroma_server.answering(self._place):
            return int(self._collection.count())

    def rows(self) -> dict[str, Metadata]:
        """Return every row's metadata by id."""
        return {name: dict(row or {}) for found in self._pages("metadatas")
                for name, row in zip(found["ids"], found["metadatas"] or [], strict=True)}

    def put(self, ids: Sequence[str], vectors: NDArray[np.float32], metadatas: Sequence[Metadata]) -> None:
        """Add rows, or replace those whose id is there already."""
        for part in _slices(len(ids), self._batch):
            with chroma_server.answering(self._place):
                self._collection.upsert(ids=list(ids[part]), embeddings=vectors[part], metadatas=list(metadatas[part]))

    def replace_metadata(self, changes: Mapping[str, tuple[Metadata, Metadata]]) -> None:
        """Give rows other metadata, keeping their vectors; changes maps an id to (old, new)."""
        ids = list(changes)
        # an update leaves the keys it does not name: None takes a key away
        rows = [dict.fromkeys(old.keys() - new.keys()) | new for old, new in changes.values()]
        for part in _slices(len(ids), self._batch):
            self._collection.update(ids=ids[part], metadatas=rows[part])

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows."""
        for part in _slices(len(ids), self._batch):
            self._collection.delete(ids=list(ids[part]))

    def nearest(self, vector: NDArray[np.float32], top_k: int, where: Mapping[str, Any] | None = None
                ) -> list[tuple[str, float]]:
        """Return up to top_k (id, cosine similarity), best first; equal ones in order of id."""
        with chroma_server.answering(self._place):
            found = self._collection.query(query_embeddings=[vector], n_results=max(1, min(top_k, self.count)),
                                           where=dict(where) if where else None, include=["distances"])
        distances = (found["distances"] or [[]])[0]
        pairs = [(name, score(distance, self.space))
                 for name, distance in zip(found["ids"][0], distances, strict=True)]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def vectors(self) -> tuple[list[str], NDArray[np.float32]]:
        """Return all ids and their vectors: (n, dimension) float32."""
        import numpy as np

        pages = list(self._pages("embeddings"))
        return ([name for found in pages for name in found["ids"]],
                np.concatenate([np.asarray(found["embeddings"], dtype=np.float32) for found in pages]))

    def _pages(self, what: str) -> Iterator[Any]:
        for part in _slices(self.count, _PAGE):
            with chroma_server.answering(self._place):
                yield self._collection.get(include=[what], limit=_PAGE, offset=part.start)

    def close(self) -> None:
        """Let go of the files."""
        chroma_server.close(self._client)


def open_store(place: Place, collection: str, *, space: str, settings: Mapping[str, str | int], fresh: bool) -> Store:
    """Return the collection in a folder or on a server (`http://host:port`), made when it is missing.

    settings (embedding model, format, …) are kept as the collection's metadata. With fresh, a collection of that name is
    deleted and made anew; without, a missing one or one with other settings is an error.

    Raises:
        IndexMismatch: Chroma cannot open the folder, or the collection is missing or of other settings.
        ResourceError: no Chroma server answers at the address.
        ConfigError: the collection's name is not one Chroma takes.
    """
    client = _client(place)
    try:
        with chroma_server.answering(place):
            found = _collection(client, place, collection, space, settings, fresh)
            return Store(client, found, space, place)
    except BaseException:
        chroma_server.close(client)
        raise


def copy_store(source: Path, target: Path) -> None:
    """Copy the store in a folder, also while others read it.

    Raises:
        OSError, sqlite3.Error: it cannot be read.
    """
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(_DATABASE + "*"))
    # SQLite's own copy: a reader that is just opening the store writes to this file
    with (closing(sqlite3.connect(f"{(source / _DATABASE).as_uri()}?mode=ro", uri=True)) as old,
          closing(sqlite3.connect(target / _DATABASE)) as new):
        old.backup(new)


def drop_collection(address: str, collection: str) -> None:
    """Delete a collection on a server; one that is not there is no error.

    Raises:
        ResourceError: no Chroma server answers at the address.
    """
    client = _client(address)
    try:
        with chroma_server.answering(address):
            if collection in {found.name for found in client.list_collections()}:
                client.delete_collection(collection)
    finally:
        chroma_server.close(client)


def _collection(client: ClientAPI, place: Place, name: str, space: str, settings: Mapping[str, str | int], fresh: bool
                ) -> Collection:
    from chromadb.errors import InvalidArgumentError

    wanted = dict(settings) | {"space": space}
    if name in {found.name for found in client.list_collections()}:
        if not fresh:
            stored = client.get_collection(name, embedding_function=None)
            if all((stored.metadata or {}).get(key) == value for key, value in wanted.items()):
                return stored
            raise IndexMismatch(f"the collection {name!r} was built with {stored.metadata}, not {wanted}.",
                                where=str(place), fix="Build it again with: mundap index <recipe>")
        client.delete_collection(name)
    elif not fresh:
        raise IndexMismatch(f"there is no collection {name!r}.", where=str(place),
                            fix="Build it with: mundap index <recipe>")
    try:
        # Chroma's default embedding function would fetch a model from the network: None, always.
        return client.create_collection(name, metadata=wanted, embedding_function=None,
                                        configuration={"hnsw": {"space": space}})
    except (InvalidArgumentError, ValueError) as error:
        raise ConfigError(
            f"index.collection: {name!r} is no name for a Chroma collection: {error}",
            fix="Use 3 to 512 letters a-z, digits, '.', '_' or '-', a letter or digit at both ends.") from error


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))


def _client(place: Place) -> ClientAPI:
    try:
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError
    except ImportError as error:
        raise MissingExtra("The index", "rag", "chromadb") from error
    settings = Settings(anonymized_telemetry=False, allow_reset=False)
    if isinstance(place, str):
        return chroma_server.client(place, settings)
    try:
        return chromadb.PersistentClient(str(place), settings=settings)
    except (ChromaError, ValueError, OSError, RuntimeError) as error:
        raise IndexMismatch(f"Chroma cannot open the store: {error}", where=str(place),
                            fix="Delete the folder and build it again with: mundap index <recipe>") from error
