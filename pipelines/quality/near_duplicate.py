"""Rows that ask a kept row's question in almost the same words, and answer it with the same figures.

MinHash over syllable trigrams of the question, particles and blanks taken off, finds the pairs; their exact Jaccard
similarity decides. Own numpy code and not datasketch: here the figures belong into the bucket's key, since rows made
from templates differ in nothing else, and without that ten thousand of them meet in a few buckets (benchmarks/quality.py
measures both).

Two questions are different however alike they look when their figures differ (2022년, 2023년), their answers' figures
differ, their answers stand in different chunks (two products' terms), or a word of one is neither in the other nor a
longer form of one of its words (수입, 수출).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mundap.grounding import claims
from mundap.grounding.claim import Claim
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter
from pipelines.quality.ngrams import bare, ngrams, stem, stems

if TYPE_CHECKING:
    from pipelines.quality.ngrams import Hashes

# Source: Broder 1997 (MinHash); Leskovec et al., Mining of Massive Datasets, 3.4 (banding). Of pairs at 0.8, 99.8% share
# one of 16 bands of 5 rows: 1 - (1 - 0.8^5)^16.
BANDS, ROWS = 16, 5
TRIGRAM = 3
_RANDOM = np.random.default_rng(1)
_FACTORS = _RANDOM.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_SHIFTS = _RANDOM.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64)


def make(domain: Domain, *, min_similarity: float) -> Filter:
    """Return the filter. min_similarity: Jaccard similarity (0 to 1) from which two questions are one."""
    seen = NearDuplicates(min_similarity)

    def judge(row: Candidate) -> str:
        other = seen.near(row.question, row.output, row.text("gold_chunk"))
        return f"near_duplicate: {other}" if other else KEEP

    return Filter(judge=judge, kept=lambda row: seen.add(row.question, row.output, row.text("gold_chunk")))


class NearDuplicates:
    """The questions met so far, about 3 kB each. Ask `near` first, then `add`; the last signature is kept between."""

    def __init__(self, min_similarity: float) -> None:
        self._least = min_similarity
        self._questions: list[str] = []
        self._buckets: defaultdict[int, list[int]] = defaultdict(list)
        self._last: tuple[tuple[str, str, str], list[int], Hashes] | None = None

    def near(self, question: str, answer: str = "", place: str = "") -> str:
        """Return the first question met that this one repeats, or "". place: where the answer stands, if known."""
        keys, shingles = self._keys(question, answer, place)
        met: set[int] = set()
        for key in keys:
            met.update(self._buckets.get(key, ()))
        for at in sorted(met):
            other = self._questions[at]
            if similarity(shingles, ngrams(stems(other), TRIGRAM)) >= self._least and same_words(question, other):
                return other
        return ""

    def add(self, question: str, answer: str = "", place: str = "") -> None:
        """Remember a question."""
        at = len(self._questions)
        self._questions.append(question)
        for key in self._keys(question, answer, place)[0]:
            self._buckets[key].append(at)

    def _keys(self, question: str, answer: str, place: str) -> tuple[list[int], Hashes]:
        if self._last is None or self._last[0] != (question, answer, place):
            shingles = ngrams(stems(question), TRIGRAM)
            told = (_figures(question), _figures(answer), place)
            keys = [hash((band, row, told)) for band, row in enumerate(_bands(shingles))]
            self._last = ((question, answer, place), keys, shingles)
        return self._last[1], self._last[2]


def similarity(one: Hashes, other: Hashes) -> float:
    """Return the Jaccard similarity of two sets of n-grams, 0 to 1."""
    if not len(one) or not len(other):
        return float(len(one) == len(other))
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def same_words(one: str, other: str) -> bool:
    """Return whether each word that only one question has is a longer or shorter form of one that only the other has.

    The last word is the verb, which may differ: 얼마인가요, 얼마입니까.
    """
    first, second = [_words(text) for text in (one, other)]
    left, right = [word for word in first if word not in second], [word for word in second if word not in first]
    return all(any(word in held or held in word for held in right) for word in left if word != first[-1]) and \
        all(any(word in held or held in word for held in left) for word in right if word != second[-1])


def _words(text: str) -> list[str]:
    return [word for word in (bare(stem(word)) for word in text.split()) if word] or [""]


def _figures(text: str) -> frozenset[object]:
    return frozenset(_meaning(claim) for claim in claims(text))


def _meaning(claim: Claim) -> object:
    return (claim.value, claim.unit) if claim.value is not None else claim.parts


def _bands(shingles: Hashes) -> Iterator[bytes]:
    """Yield the bands of the MinHash signature. Source: multiply-shift hashing, Dietzfelbinger et al. 1997."""
    if not len(shingles):
        yield from (b"",) * BANDS
        return
    signature = ((shingles[:, None] * _FACTORS + _SHIFTS) >> np.uint64(32)).min(axis=0)
    yield from (row.tobytes() for row in signature.reshape(BANDS, ROWS))
