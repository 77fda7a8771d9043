"""How well the retriever finds the passage that answers, beside each of its halves and plain reciprocal rank fusion.

Every way sees the same passages and vectors. The dense weight is chosen on every other question of all sets together and
used on the rest, and the other way round: every question is answered with a weight it had no part in choosing.
Differences are paired over questions, their intervals bootstrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray
from retrieval_sets import QuestionSet

from mundap.chunk import Chunk, write_chunks
from mundap.embedder import TextEmbedder
from rag.indexing.build import Index, build, open_index
from rag.search.fusion import reciprocal_rank_fusion
from rag.search.retrieve import Retriever

DEPTH, AT = 10, (1, 5, 10)
WEIGHTS = (6, 9, 12, 15, 18, 21, 24, 30)
RESAMPLES = 10_000
SINGLE = ("dense", "BM25, spaces", "BM25, Kiwi")
OURS = "ours"

Floats = NDArray[np.float64]
Ranking = Sequence[Sequence[str]]   # for every question the passages found, best first


class Remembering:
    """An embedder that keeps its questions' vectors: ten ways of searching ask the same ones."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self.embedder, self.identity, self.dimension = embedder, embedder.identity, embedder.dimension
        self.embed_passages = embedder.embed_passages
        self._known: dict[str, NDArray[np.float32]] = {}

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the questions' vectors, each embedded once."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self.embedder.embed_queries(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def measure(sets: Sequence[QuestionSet], folder: Path, embedder: TextEmbedder) -> dict[str, Any]:
    """Return per set and way MRR@10 and recall, the weights chosen, and the paired differences."""
    remembering = Remembering(embedder)
    rankings = {one.name: _rankings(one, folder / str(at), remembering) for at, one in enumerate(sets)}
    tuning = [{weight: float(np.mean([_reciprocal(one, found[_weighted(weight)])[half::2].mean()
                                      for one, found in zip(sets, rankings.values(), strict=True)])) for weight in WEIGHTS}
              for half in (0, 1)]
    chosen = [max(scores, key=scores.__getitem__) for scores in tuning]
    for one in sets:   # the even questions get the weight of the odd ones
        ways = [rankings[one.name][_weighted(weight)] for weight in reversed(chosen)]
        rankings[one.name] = {way: rankings[one.name][way] for way in (*SINGLE, "RRF")} | {
            OURS: [ways[at % 2][at] for at in range(len(one.questions))]}
    table = {one.name: {way: _figures(one, found) for way, found in rankings[one.name].items()} for one in sets}
    return {"chosen_weights": chosen, "tuning_mrr": tuning, "sets": table, "differences": _differences(sets, rankings)}


def _rankings(given: QuestionSet, folder: Path, embedder: TextEmbedder) -> dict[str, Ranking]:
    """Return every way's rankings over an index of one set, built and opened by the code that ships."""
    recipe: dict[str, Any] = {
        "domain": "measured",
        "index": {"chunks": "chunks", "path": "index", "collection": "measured", "embedding_model": "", "space": "cosine",
                  "bm25": {"k1": 1.5, "b": 0.75}},
        "retrieval": {"top_k": DEPTH, "candidates": 50, "fusion": "weighted", "dense_weight": 0, "filters": []}}
    write_chunks([Chunk(chunk_id=name, doc_id=name, parent_id=name, level="child", text=text, breadcrumbs="", citation=name,
                        token_count=0, date=0) for name, text in given.passages.items()], folder / "chunks/part-00000.parquet")
    build(recipe, folder, embedder, print)
    index = open_index(recipe, folder, embedder)
    try:
        found: dict[str, Ranking] = _plain(given, index, embedder)
        for weight in WEIGHTS:
            retriever = Retriever(index, embedder, recipe | {"retrieval": recipe["retrieval"] | {"dense_weight": weight}})
            found[_weighted(weight)] = [[hit.chunk.chunk_id for hit in retriever.search(text)] for text, _ in given.questions]
    finally:
        index.close()
    return found


def _plain(given: QuestionSet, index: Index, embedder: TextEmbedder) -> dict[str, Ranking]:
    """Return the rankings of the usual ways: the cosine as it is, BM25 on blanks and on morphemes, and RRF of two."""
    names = np.array(index.lexical.ids)
    vectors = embedder.embed_queries([text for text, _ in given.questions]) @ index.vectors.matrix.T
    words = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    vocabulary: dict[str, int] = {}
    words.index(([[vocabulary.setdefault(word, len(vocabulary)) for word in given.passages[name].split()] for name in names],
                 vocabulary), show_progress=False)
    found: dict[str, list[list[str]]] = {way: [] for way in (*SINGLE, "RRF")}
    for (text, _), cosine in zip(given.questions, vectors, strict=True):
        terms = [vocabulary[word] for word in text.split() if word in vocabulary]
        spaces = words.get_scores_from_ids(terms) if terms else np.zeros(len(names))
        kiwi = index.lexical.scores(text)
        for way, scores in zip(found, (cosine, spaces, kiwi, reciprocal_rank_fusion(cosine, kiwi)), strict=True):
            found[way].append(names[np.argsort(-scores, kind="stable")[:DEPTH]].tolist())
    return dict(found)


def _reciprocal(given: QuestionSet, found: Ranking) -> Floats:
    """Return every question's reciprocal rank of the first right passage among the first ten, 0 for none."""
    return np.array([next((1 / rank for rank, name in enumerate(names, start=1) if name in right), 0.0)
                     for names, (_, right) in zip(found, given.questions, strict=True)])


def _figures(given: QuestionSet, found: Ranking) -> dict[str, float]:
    """Return MRR@10 and recall@k."""
    recall = {k: np.array([len(right.intersection(names[:k])) / len(right)
                           for names, (_, right) in zip(found, given.questions, strict=True)]) for k in AT}
    return {"mrr@10": float(_reciprocal(given, found).mean())} | {
        f"recall@{k}": float(shares.mean()) for k, shares in recall.items()}


def _differences(sets: Sequence[QuestionSet], rankings: Mapping[str, Mapping[str, Ranking]]) -> dict[str, dict[str, Any]]:
    """Return ours minus the best single way in MRR@10, by set and over all sets alike, with a 95% interval.

    The best single way is the one that is best on the very questions reported, which favours it.
    """
    drawn = np.random.default_rng(0)
    by_set: dict[str, Floats] = {}
    told: dict[str, dict[str, Any]] = {}
    for one in sets:
        reached = {way: _reciprocal(one, rankings[one.name][way]) for way in (*SINGLE, OURS)}
        best = max(SINGLE, key=lambda way: float(reached[way].mean()))
        by_set[one.name] = reached[OURS] - reached[best]
        told[one.name] = {"best_single": best} | _interval(_resampled(by_set[one.name], drawn), by_set[one.name].mean())
    mean = np.mean([gained.mean() for gained in by_set.values()])
    together = np.mean([_resampled(gained, drawn) for gained in by_set.values()], axis=0)
    return told | {"average": {"best_single": "the best of each set"} | _interval(together, mean)}


def _resampled(gained: Floats, drawn: np.random.Generator) -> Floats:
    at = drawn.integers(0, len(gained), size=(RESAMPLES, len(gained)))
    return np.asarray(gained[at].mean(axis=1))


def _interval(means: Floats, difference: np.floating[Any]) -> dict[str, float]:
    low, high = np.quantile(means, [0.025, 0.975])
    return {"difference": float(difference), "low": float(low), "high": float(high)}


def _weighted(weight: float) -> str:
    return f"weighted {weight}"


def table(found: Mapping[str, Any], line: Callable[[str], None] = print) -> None:
    """Print the figures as Markdown."""
    line("| set | way | MRR@10 | recall@1 | recall@5 | recall@10 |\n|---|---|---|---|---|---|")
    for name, ways in found["sets"].items():
        for way, figures in ways.items():
            line(f"| {name} | {way} | " + " | ".join(f"{value:.3f}" for value in figures.values()) + " |")
    line("\n| set | best single | ours minus it, MRR@10 | 95% interval |\n|---|---|---|---|")
    for name, told in found["differences"].items():
        line(f"| {name} | {told['best_single']} | {told['difference']:+.3f} | {told['low']:+.3f} to {told['high']:+.3f} |")
    for half, (weight, scores) in enumerate(zip(found["chosen_weights"], found["tuning_mrr"], strict=True)):
        told = ", ".join(f"{tried}: {score:.4f}" for tried, score in scores.items())
        line(f"\nDense weight chosen on half {half + 1}: {weight}; MRR@10 there by weight: {told}")
