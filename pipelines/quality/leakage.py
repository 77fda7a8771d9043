"""How near the rows held out are to those trained on, and the ones too near moved over to train.

    overlap      share of an eval row's syllable 13-grams (question and answer) that some train row holds
    similarity   cosine of its question to the nearest train question, where there is an embedding model

13 syllables, blanks aside, are four to five Korean words: about what an English 8-gram spans, while 13 words, as GPT-3
was checked with, would be two sentences. Measured on question and answer alone: rows made from templates share their
instruction, and passages are kept apart by the split itself. A question whose figures differ from its nearest one's asks
something else, however near their vectors are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mundap.grounding import claims
from pipelines.quality.candidate import Candidate
from pipelines.quality.ngrams import bare, ngrams
from pipelines.quality.report import table

if TYPE_CHECKING:
    from mundap.embedder import TextEmbedder

SYLLABLES = 13
MAX_OVERLAP = 0.6       # an eval row of which more than this stands in train is moved
MAX_SIMILARITY = 0.98   # e5 puts unrelated Korean questions at about 0.8 to 0.9
NO_MODEL = "there is no embedding model here (mundap models)"
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """How near one eval row is: its share of shared n-grams; its nearest train row by embedding (-1: not measured)."""

    overlap: float
    similarity: float = -1.0
    nearest: int = -1
    same_figures: bool = False

    def too_close(self, max_overlap: float, max_similarity: float) -> bool:
        """Return whether the row is too near to train to measure anything."""
        return self.overlap > max_overlap or (self.similarity > max_similarity and self.same_figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """The nearness of every eval row, and the rows that have to move (their places in the eval rows given)."""

    rows: tuple[Nearness, ...]
    moved: tuple[int, ...] = ()
    shared_chunks: int = 0
    embedded: bool = False
    why_not: str = ""

    def markdown(self, records: Sequence[Record] = ()) -> str:
        """Return the measurement as Markdown; records: the eval rows measured, for examples."""
        kept = [one for at, one in enumerate(self.rows) if at not in set(self.moved)]
        lines = ["# Leakage between train and eval", "",
                 f"{len(self.rows):,} eval rows measured, {len(self.moved):,} moved to train for being too close. "
                 f"{self.shared_chunks:,} passages stand in both parts.", "",
                 *table(["eval rows", "13-gram overlap: median", "95%", "highest", "cosine: median", "95%", "highest"], [
                     [name, *_spread([one.overlap for one in rows]),
                      *_spread([one.similarity for one in rows if one.similarity >= 0])]
                     for name, rows in (("before", self.rows), ("after", kept))])]
        if not self.embedded:
            lines += ["", f"Embeddings were not compared: {self.why_not}"]
        shown = [at for at in self.moved if at < len(records)][:5]
        if shown:
            lines += ["", "## Moved", "", *(f"- {Candidate(record=records[at]).question} (overlap "
                                           f"{self.rows[at].overlap:.0%})" for at in shown)]
        return "\n".join(lines) + "\n"


def measure(train: Sequence[Record], held_out: Sequence[Record], *, embedder: TextEmbedder | None = None,
            why_not: str = NO_MODEL) -> Leakage:
    """Return how near each eval row is to the train rows; without an embedder n-grams alone, and why_not is told."""
    known = np.unique(np.concatenate([_grams(row) for row in train])) if train else np.zeros(0, dtype=np.uint64)
    overlaps = [_share(_grams(row), known) for row in held_out]
    rows = [Nearness(overlap=overlap) for overlap in overlaps]
    if embedder is not None and train and held_out:
        rows = _embedded(train, held_out, overlaps, embedder)
    chunks = _chunks(train) & _chunks(held_out)
    return Leakage(rows=tuple(rows), shared_chunks=len(chunks), embedded=embedder is not None,
                   why_not="" if embedder is not None else why_not)


def plan_moves(train: Sequence[Record], held_out: Sequence[Record], *, embedder: TextEmbedder | None = None,
               max_overlap: float = MAX_OVERLAP, max_similarity: float = MAX_SIMILARITY, why_not: str = NO_MODEL) -> Leakage:
    """Return what was measured, `moved` naming every eval row that has to go over to train.

    With a row go the others that rest on its chunk, since train then knows that text. What moved is measured against in
    turn, until no row left is too close.
    """
    first = measure(train, held_out, embedder=embedder, why_not=why_not)
    gone = {at for at, one in enumerate(first.rows) if one.too_close(max_overlap, max_similarity)}
    while True:
        chunks = {chunk for at in gone if (chunk := Candidate(record=held_out[at]).text("gold_chunk"))}
        more = gone | {at for at, row in enumerate(held_out) if Candidate(record=row).text("gold_chunk") in chunks}
        left = [at for at in range(len(held_out)) if at not in more]
        moved = [held_out[at] for at in sorted(more)]
        if not moved or not left:
            gone = more
            break
        again = measure(moved, [held_out[at] for at in left])
        close = {at for at, one in zip(left, again.rows, strict=True) if one.overlap > max_overlap}
        if not close and more == gone:
            break
        gone = more | close
    return replace(first, moved=tuple(sorted(gone)))


def _grams(row: Record) -> np.typing.NDArray[np.uint64]:
    one = Candidate(record=row)
    asked, answer = bare(one.question), bare(one.output) if one.kind != "unanswerable" else ""
    return np.union1d(ngrams(asked, SYLLABLES), ngrams(answer, SYLLABLES))


def _share(own: np.typing.NDArray[np.uint64], known: np.typing.NDArray[np.uint64]) -> float:
    if not len(own) or not len(known):
        return 0.0
    at = np.minimum(np.searchsorted(known, own), len(known) - 1)
    return float((known[at] == own).mean())


def _chunks(rows: Sequence[Record]) -> set[str]:
    return {chunk for row in rows if (chunk := Candidate(record=row).text("gold_chunk"))}


def _embedded(train: Sequence[Record], held_out: Sequence[Record], overlaps: Sequence[float], embedder: TextEmbedder
              ) -> list[Nearness]:
    """Return the nearness with each eval question's nearest train question."""
    asked = [Candidate(record=row).question for row in train]
    own = [Candidate(record=row).question for row in held_out]
    known, vectors = embedder.embed_queries(asked), embedder.embed_queries(own)
    found = []
    for overlap, question, vector in zip(overlaps, own, vectors, strict=True):
        scores = known @ vector
        nearest = int(scores.argmax())
        found.append(Nearness(overlap=overlap, similarity=min(float(scores[nearest]), 1.0), nearest=nearest,
                              same_figures=_figures(question) == _figures(asked[nearest])))
    return found


def _figures(text: str) -> frozenset[object]:
    return frozenset((claim.value, claim.unit, claim.parts) for claim in claims(text))


def _spread(values: Sequence[float]) -> list[str]:
    if not values:
        return ["-", "-", "-"]
    ordered = sorted(values)
    return [f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)]:.2f}" for share in (0.5, 0.95, 1.0)]
