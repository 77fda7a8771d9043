"""The vector store: one Chroma collection on disk, always given vectors, never an embedding function.

Knows Chroma and nothing of recipes, files or ranking. Telemetry and reset are off here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap.errors import ConfigError, IndexMismatch, MissingExtra

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

Metadata = dict[str, str | int | float | bool]

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
    """A collection of unit vectors with flat metadata, by id. Open it with `open_store`; close() frees the files."""

    def __init__(self, client: ClientAPI, collection: Collection, space: str) -> None:
        self._client = client
        self._collection = collection
        self._batch = client.get_max_batch_size()
        self.space = space

    @property
    def count(self) -> int:
        """Return how many rows there are."""
        return int(self._collection.count())

    def rows(self) -> dict[str, Metadata]:
        """Return every row's metadata by id."""
        found = self._collection.get(include=["metadatas"])
        return {name: dict(row or {}) for name, row in zip(found["ids"], found["metadatas"] or [], strict=True)}

    def put(self, ids: Sequence[str], vectors: NDArray[np.float32], metadatas: Sequence[Metadata]) -> None:
        """Add rows, or replace those whose id is there already."""
        for part in _slices(len(ids), self._batch):
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
        found = self._collection.query(query_embeddings=[vector], n_results=max(1, min(top_k, self.count)),
                                       where=dict(where) if where else None, include=["distances"])
        distances = (found["distances"] or [[]])[0]
        pairs = [(name, score(distance, self.space))
                 for name, distance in zip(found["ids"][0], distances, strict=True)]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def vectors(self) -> tuple[list[str], NDArray[np.float32]]:
        """Return all ids and their vectors: (n, dimension) float32."""
        import numpy as np

        found = self._collection.get(include=["embeddings"])
        return found["ids"], np.asarray(found["embeddings"], dtype=np.float32)

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()


def open_store(folder: Path, collection: str, *, space: str, settings: Mapping[str, str | int], fresh: bool) -> Store:
    """Return the collection under folder, made when it is missing.

    settings (embedding model, format, …) are kept as the collection's metadata. With fresh, a collection made with
    other settings is deleted and made anew; without, it is an error.

    Raises:
        IndexMismatch: Chroma cannot open the folder, or the collection is missing or of other settings.
        ConfigError: the collection's name is not one Chroma takes.
    """
    client = _client(folder)
    from chromadb.errors import InvalidArgumentError

    present = {found.name: found for found in client.list_collections()}
    wanted = dict(settings) | {"space": space}
    if collection in present:
        stored = client.get_collection(collection, embedding_function=None)
        if all((stored.metadata or {}).get(key) == value for key, value in wanted.items()):
            return Store(client, stored, space)
        if not fresh:
            raise IndexMismatch(f"the collection {collection!r} was built with {stored.metadata}, not {wanted}.",
                                where=str(folder), fix="Build it again with: mundap index <recipe>")
        client.delete_collection(collection)
    elif not fresh:
        raise IndexMismatch(f"there is no collection {collection!r}.", where=str(folder),
                            fix="Build it with: mundap index <recipe>")
    try:
        # Chroma's default embedding function would fetch a model from the network: None, always.
        made = client.create_collection(collection, metadata=wanted, embedding_function=None,
                                        configuration={"hnsw": {"space": space}})
    except (InvalidArgumentError, ValueError) as error:
        raise ConfigError(
            f"index.collection: {collection!r} is no name for a Chroma collection: {error}",
            fix="Use 3 to 512 letters a-z, digits, '.', '_' or '-', a letter or digit at both ends.") from error
    return Store(client, made, space)


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))


def _client(folder: Path) -> ClientAPI:
    try:
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError
    except ImportError as error:
        raise MissingExtra("The index", "rag", "chromadb") from error
    try:
        return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False, allow_reset=False))
    except (ChromaError, ValueError, OSError, RuntimeError) as error:
        raise IndexMismatch(f"Chroma cannot open the store: {error}", where=str(folder),
                            fix="Delete the folder and build it again with: mundap index <recipe>") from error
