"""The retriever: a question in, the chunks nearest to it out, best first.

Vectors and BM25 each offer candidates, a fusion makes one ranking of them. What the question names of the index's own
metadata (a company, a year) narrows the search, but never to nothing: the last filter is dropped until something is
left, and the result says so. Outdated chunks are left out. Makes no prompt and calls no language model.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from mundap.chunk import Chunk
from mundap.embedder import Embedder, TextEmbedder
from mundap.errors import IndexMismatch
from mundap.paths import resolve
from mundap.question import analyse
from rag.fusion import FUSIONS, Fused, Ranking
from rag.hit import Hit
from rag.index import Index, is_superseded, open_index

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Up to this many vectors (384 floats: 77 MB) are held in memory once a filter is used, and the rows a filter keeps are
# compared exactly; Chroma's filtered walk over the graph is the slower and may miss rows.
EXACT_ROWS = 50_000

Filters = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval(Sequence[Hit]):
    """The hits, best first, and how they were found; reads as a list of its hits.

    filters were in force; dropped would have left nothing. timings_ms: analyse, embed, dense, bm25, fuse, total.
    """

    hits: tuple[Hit, ...]
    filters: Filters = field(default_factory=dict)
    dropped: Filters = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    @overload
    def __getitem__(self, at: int) -> Hit: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, at: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[at]


class Retriever:
    """Searches one index. recipe is a whole rag.yaml; its `retrieval` section is used."""

    def __init__(self, index: Index, embedder: TextEmbedder, recipe: Mapping[str, Any]) -> None:
        settings = recipe["retrieval"]
        self.index = index
        self.embedder = embedder
        self.top_k: int = settings["top_k"]
        self.candidates: int = settings["candidates"]
        self._fuse = FUSIONS[settings["fusion"]]
        self._current = frozenset(name for name, chunk in index.chunks.items() if not is_superseded(chunk))
        self._by_value: dict[str, dict[str, set[str]]] = {}
        self.vocabulary: dict[str, list[str | int]] = {name: _values(index, name) for name in settings["filters"]}

    @classmethod
    def open(cls, recipe: Mapping[str, Any], project: Path) -> Retriever:
        """Return a retriever over the recipe's own index and embedding model.

        Raises:
            IndexMismatch: the index is missing or was built with other settings.
            ModelError: the embedding model is missing.
        """
        embedder = Embedder(resolve(recipe["index"]["embedding_model"], project))
        return cls(open_index(recipe, project, embedder), embedder, recipe)

    def chunk(self, chunk_id: str) -> Chunk:
        """Return one chunk of the index.

        Raises:
            IndexMismatch: the index holds no such chunk: it was built from other rows.
        """
        found = self.index.chunks.get(chunk_id)
        if found is None:
            raise IndexMismatch(f"there is no chunk {chunk_id!r}.", where="the index",
                                fix="Build rows and index from the same documents: mundap run <folder>")
        return found

    def close(self) -> None:
        """Let go of the index's files."""
        self.index.close()

    def search(self, question: str, *, top_k: int | None = None, filters: Filters | None = None) -> Retrieval:
        """Return the top_k chunks (default: the recipe's) that fit the question, best first.

        filters maps a metadata field to the values allowed; None means those the question itself names, and an empty
        mapping means none. The result is shorter than top_k when the index is small.
        """
        clock = _Clock()
        asked: Filters = analyse(question, self.vocabulary).filters if filters is None else filters
        kept, dropped, allowed = self._narrow(asked)
        clock.lap("analyse")
        wanted = self.top_k if top_k is None else top_k
        depth = max(self.candidates, wanted)
        vector = self.embedder.embed_queries([question])[0]
        clock.lap("embed")
        dense = self._dense(vector, depth, kept, allowed)
        clock.lap("dense")
        bm25 = self.index.lexical.search(question, depth, None if len(allowed) == len(self.index.chunks) else allowed)
        clock.lap("bm25")
        hits = self._hits(self._fuse([dense, bm25]), {"dense": dense, "bm25": bm25}, wanted)
        clock.lap("fuse")
        return Retrieval(hits=hits, filters=kept, dropped=dropped, timings_ms=clock.timings_ms)

    def _narrow(self, asked: Filters) -> tuple[dict[str, Sequence[Any]], dict[str, Sequence[Any]], frozenset[str]]:
        """Return the filters in force, those dropped, and the ids left: all current chunks when no filter is left."""
        kept, dropped = dict(asked), dict[str, Sequence[Any]]()
        while kept:
            allowed = self._current.intersection(*(self._ids(name, values) for name, values in kept.items()))
            if allowed:
                return kept, dropped, allowed
            name = next(reversed(kept))
            dropped[name] = kept.pop(name)
        return kept, dropped, self._current

    def _ids(self, name: str, values: Sequence[Any]) -> set[str]:
        """Return the ids of the chunks whose metadata field has one of the values; 2023 and "2023" are the same."""
        if name not in self._by_value:
            groups: dict[str, set[str]] = {}
            for chunk in self.index.chunks.values():
                if name in chunk.metadata:
                    groups.setdefault(str(chunk.metadata[name]), set()).add(chunk.chunk_id)
            self._by_value[name] = groups
        return set().union(*(self._by_value[name].get(str(value), set()) for value in values))

    def _dense(self, vector: NDArray[np.float32], depth: int, kept: Filters, allowed: frozenset[str]) -> Ranking:
        """Return the allowed chunks nearest to a vector by cosine."""
        if len(allowed) == len(self.index.chunks):
            return self.index.store.nearest(vector, depth)
        if len(self.index.chunks) <= EXACT_ROWS:
            return self._exact(vector, depth, allowed)
        return self.index.store.nearest(vector, depth, _where(kept, self.vocabulary))

    def _exact(self, vector: NDArray[np.float32], depth: int, allowed: frozenset[str]) -> Ranking:
        import numpy as np

        ids, vectors = self._matrix
        rows = [at for at, name in enumerate(ids) if name in allowed]
        scores = vectors[rows] @ vector
        order = np.argsort(-scores, kind="stable")[:depth]
        return [(ids[rows[at]], float(scores[at])) for at in order]

    @cached_property
    def _matrix(self) -> tuple[list[str], NDArray[np.float32]]:
        """Return all ids, sorted, and their vectors."""
        ids, vectors = self.index.store.vectors()
        order = sorted(range(len(ids)), key=ids.__getitem__)
        return [ids[at] for at in order], vectors[order]

    def _hits(self, fused: Fused, rankings: Mapping[str, Ranking], wanted: int) -> tuple[Hit, ...]:
        """Return the best hits; of chunks with the same text only one, since a prompt has room for few.

        Where scores tie or texts are the same, the report of the figures' own year comes before a later one that
        repeats them for comparison.
        """
        chunks = self.index.chunks
        found = sorted(((chunks[name], score) for name, score in fused if name in chunks),
                       key=lambda pair: (-round(pair[1], 9), years_late(pair[0]), pair[0].chunk_id))
        best: dict[str, tuple[Chunk, float]] = {}
        for chunk, score in found:
            twin = best.get(chunk.text)
            if twin is None:
                best[chunk.text] = (chunk, score)
            elif years_late(chunk) < years_late(twin[0]):
                best[chunk.text] = (chunk, twin[1])  # in its twin's place
        sources = {label: {name for name, _ in ranking} for label, ranking in rankings.items()}
        return tuple(
            Hit(chunk=chunk, score=score, rank=rank,
                retriever="+".join(label for label, names in sources.items() if chunk.chunk_id in names))
            for rank, (chunk, score) in enumerate(list(best.values())[:wanted], start=1))


class _Clock:
    """Milliseconds by lap; `total` is their sum so far."""

    def __init__(self) -> None:
        self.timings_ms: dict[str, float] = {}
        self._started = self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.timings_ms[name] = (now - self._last) * 1000
        self.timings_ms["total"] = (now - self._started) * 1000
        self._last = now


def years_late(chunk: Chunk) -> int:
    """Return how many years after the usual one a chunk's figures were reported: 0 in the report of their own year.

    An annual report of 2023 is filed in 2024; its column for 2022 is one year late. Without both years: 0.
    """
    fiscal_year = chunk.metadata.get("fiscal_year")
    return abs(chunk.date // 10_000 - 1 - fiscal_year) if isinstance(fiscal_year, int) and chunk.date else 0


def _values(index: Index, name: str) -> list[str | int]:
    values = {value for chunk in index.chunks.values() if isinstance(value := chunk.metadata.get(name), str | int)}
    whole = all(isinstance(value, int) for value in values)
    return sorted(values) if whole else sorted(map(str, values))


def _where(filters: Filters, vocabulary: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return Chroma's form of the filters, outdated chunks left out; to Chroma 2023 is not "2023", so types matter."""
    clauses: list[dict[str, Any]] = [{"superseded": {"$eq": 0}}]
    for name, values in filters.items():
        typed = {str(value): value for value in vocabulary.get(name, ())}
        clauses.append({name: {"$in": [typed.get(str(value), value) for value in values]}})
    return {"$and": clauses} if len(clauses) > 1 else clauses[0]
