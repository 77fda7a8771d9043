"""The retriever: a question in, the chunks nearest to it out, best first.

Vectors and BM25 each offer candidates, a fusion makes one score of both. What the question names of the index's own
metadata (a company, a year) narrows the search, but never to nothing: the last filter is dropped until something is
left, and the result says so. Where a question names several companies or years, each gets its own best chunk. What does
not hold on the day asked for is left out. Makes no prompt and calls no language model.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from mundap.chunk import Chunk
from mundap.day import iso
from mundap.embedder import Embedder, TextEmbedder
from mundap.errors import IndexMismatch
from mundap.paths import resolve
from mundap.question import analyse
from rag.indexing.build import Index, is_superseded, open_index
from rag.search.filters import Filters, Rows
from rag.search.fusion import FUSIONS
from rag.search.hit import Hit
from rag.search.twins import Twins

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

# Up to this many vectors, and wherever a filter is in force, every row is compared: at 50,000 rows of 384 floats that
# takes a few milliseconds and misses nothing. Chroma's graph is for what is larger (benchmarks/retrieval.py).
EXACT_ROWS = 50_000
QUESTIONS_KEPT = 256   # vectors of questions asked before; a follow-up or another level asks the same again
GATHER_SHARE = 5   # below one row in five it is quicker to gather the rows than to multiply them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval(Sequence[Hit]):
    """The hits, best first, and how they were found; reads as a list of its hits.

    filters were in force; dropped would have left nothing. timings_ms: analyse, embed, dense, bm25, fuse, total.
    """

    hits: tuple[Hit, ...]
    filters: Filters = field(default_factory=dict)
    dropped: Filters = field(default_factory=dict)
    as_of: int | None = None
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
        self.dense_weight: float = settings["dense_weight"]
        self._fuse = FUSIONS[settings["fusion"]]
        self._chunks = tuple(index.chunks.values())
        self._row_of = {chunk.chunk_id: at for at, chunk in enumerate(self._chunks)}
        self._rows = Rows(self._chunks)
        self._now = self._rows.holding()
        self.vocabulary: dict[str, list[str | int]] = {name: _values(index, name) for name in settings["filters"]}
        self._twins = Twins(settings["filters"], standing)
        self._vector = lru_cache(maxsize=QUESTIONS_KEPT)(lambda text: self.embedder.embed_queries([text])[0])
        self._documents = {chunk.doc_id: (chunk.breadcrumbs.split(" > ")[0], chunk.date) for chunk in self._chunks}
        self._sections: dict[str, list[Chunk]] = {}
        for chunk in self._chunks:
            self._sections.setdefault(chunk.parent_id, []).append(chunk)

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

    def section(self, chunk: Chunk) -> Sequence[Chunk]:
        """Return the chunks of a chunk's section (its parent's children), in the document's order."""
        return self._sections.get(chunk.parent_id, (chunk,))

    def amendment(self, chunk: Chunk) -> str:
        """Return what has taken a chunk's place, with its date: "가온 2023 사업보고서 (2024-05-10)"; "" where nothing has."""
        if not is_superseded(chunk):
            return ""
        title, date = self._documents.get(chunk.superseded_by, (chunk.superseded_by, 0))
        return f"{title} ({day})" if (day := iso(date)) else title or "다른 문서"

    def newest(self, name: str, filters: Filters, as_of: int | None = None) -> int | None:
        """Return the greatest value of a field of whole numbers among the rows that filters keep; None where there is none."""
        _, _, allowed = self._narrow({field: values for field, values in filters.items() if field != name}, as_of)
        values = (value for value in reversed(self.vocabulary.get(name, [])) if isinstance(value, int))
        return next((value for value in values if (allowed & self._rows.having(name, [value])).any()), None)

    def close(self) -> None:
        """Let go of the index's files."""
        self.index.close()

    def search(self, question: str, *, top_k: int | None = None, filters: Filters | None = None,
               as_of: int | None = None) -> Retrieval:
        """Return the top_k chunks (default: the recipe's) that fit the question, best first.

        filters maps a metadata field to the values allowed; None means those the question itself names, and an empty
        mapping means none. as_of (YYYYMMDD): only what held on that day. The result is shorter than top_k when the
        index is small.
        """
        clock = _Clock()
        asked: Filters = analyse(question, self.vocabulary).filters if filters is None else filters
        kept, dropped, allowed = self._narrow(asked, as_of)
        clock.lap("analyse")
        wanted = self.top_k if top_k is None else top_k
        depth = max(self.candidates, wanted)
        vector = self._vector(question)
        clock.lap("embed")
        dense = self._dense(vector, depth, allowed)
        clock.lap("dense")
        bm25 = self.index.lexical.scores(question)
        clock.lap("bm25")
        names = [allowed & mask for mask in self._rows.combinations(kept)] or [allowed]
        ranked = [self._ranked(vector, dense, bm25, mask, depth) for mask in names if mask.any()]
        hits = tuple(_first(_in_turn(ranked), wanted))
        clock.lap("fuse")
        return Retrieval(hits=hits, filters=kept, dropped=dropped, as_of=as_of, timings_ms=clock.timings_ms)

    def _narrow(self, asked: Filters, as_of: int | None) -> tuple[dict[str, Sequence[Any]], dict[str, Sequence[Any]], Mask]:
        """Return the filters in force, those dropped, and the rows left: all that hold when no filter is left."""
        kept, dropped = dict(asked), dict[str, Sequence[Any]]()
        holding = self._now if as_of is None else self._rows.holding(as_of)
        while kept:
            allowed = holding.copy()
            for name, values in kept.items():
                allowed &= self._rows.having(name, values)
            if allowed.any():
                return kept, dropped, allowed
            name = next(reversed(kept))
            dropped[name] = kept.pop(name)
        return kept, dropped, holding

    def _dense(self, vector: Floats, depth: int, allowed: Mask) -> Floats:
        """Return each row's similarity to a vector, -inf for a row that is not allowed or that Chroma did not offer."""
        import numpy as np

        vectors, found = self.index.vectors, np.full(len(allowed), -np.inf, dtype=np.float32)
        kept = int(np.count_nonzero(allowed))
        if len(allowed) > EXACT_ROWS and kept == len(allowed):
            rows = np.array(sorted(self._row_of[name] for name, _ in self.index.store.nearest(vector, depth)), dtype=np.intp)
            found[rows] = vectors.similarity(vector, rows)
        elif kept * GATHER_SHARE < len(allowed):
            rows = np.flatnonzero(allowed)
            found[rows] = vectors.similarity(vector, rows)
        else:
            found[allowed] = vectors.similarity(vector)[allowed]
        return found

    def _ranked(self, vector: Floats, dense: Floats, bm25: Floats, allowed: Mask, depth: int) -> list[Hit]:
        """Return the candidates of either side among the allowed rows, best first.

        Of near-duplicates only one, since a prompt has room for few. Where scores tie or texts are the same, the report
        of the figures' own year comes before a later one that repeats them for comparison, and a newer one before an older.
        """
        import numpy as np

        near, worded = _top(np.where(allowed, dense, -np.inf), depth, -np.inf), _top(np.where(allowed, bm25, 0), depth, 0)
        rows = np.union1d(near, worded)
        similar = dense[rows]
        unknown = np.isneginf(similar)
        similar[unknown] = self.index.vectors.similarity(vector, rows[unknown])
        scores = self._fuse(similar, bm25[rows], self.dense_weight)
        offered = {"dense": _places(near, dense), "bm25": _places(worded, bm25)}
        hits = [Hit(chunk=self._chunks[row], score=float(score), rank=0, dense=float(cosine), bm25=float(bm25[row]),
                    retriever="+".join(label for label, found in offered.items() if row in found),
                    dense_rank=offered["dense"].get(row, 0), bm25_rank=offered["bm25"].get(row, 0))
                for row, score, cosine in zip(rows.tolist(), scores, similar, strict=True)]
        hits.sort(key=lambda hit: (-round(hit.score, 5), standing(hit.chunk), hit.chunk.chunk_id))
        return self._twins.collapse(hits)


def _top(scores: Floats, depth: int, above: float) -> NDArray[np.intp]:
    """Return the rows of the depth highest scores, those not above a bound left out; of equal ones the first rows.

    The rows above the bound come first, since they are few (BM25 is 0 nearly everywhere) and a partition of many equal
    numbers takes nine milliseconds at 100,000 rows.
    """
    import numpy as np

    rows = np.flatnonzero(scores > above)
    if depth >= len(rows):
        return rows
    held = scores[rows]
    bound = np.partition(held, len(held) - depth)[len(held) - depth]
    best = rows[held > bound]
    return np.concatenate([best, rows[held == bound][: depth - len(best)]])


def _places(rows: NDArray[np.intp], scores: Floats) -> dict[int, int]:
    """Return row -> its place by score among the rows, from 1; of equal ones the first row comes first."""
    import numpy as np

    ordered = rows[np.lexsort((rows, -scores[rows]))]
    return {row: place for place, row in enumerate(ordered.tolist(), start=1)}


def _in_turn(rankings: Sequence[Sequence[Hit]]) -> Iterator[Hit]:
    """Yield the hits of several rankings, each one's first before any one's second; a hit of two rankings once."""
    said: set[str] = set()
    for round_ in zip_longest(*rankings):
        for hit in round_:
            if hit is not None and hit.chunk.chunk_id not in said:
                said.add(hit.chunk.chunk_id)
                yield hit


def _first(hits: Iterator[Hit], wanted: int) -> Iterator[Hit]:
    return (replace(hit, rank=rank) for rank, hit in enumerate(islice(hits, wanted), start=1))


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


def standing(chunk: Chunk) -> tuple[int, int]:
    """Return a key that is smaller the better a chunk speaks for what it says: in its own year's report, and the newest."""
    return years_late(chunk), -chunk.date


def _values(index: Index, name: str) -> list[str | int]:
    values = {value for chunk in index.chunks.values() if isinstance(value := chunk.metadata.get(name), str | int)}
    whole = all(isinstance(value, int) for value in values)
    return sorted(values) if whole else sorted(map(str, values))
