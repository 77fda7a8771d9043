"""Near-duplicate hits: the same article in ten riders, the same paragraph in two filings; a prompt has room for one.

Two chunks are twins when they are about the same thing (the same company, year, product: whatever questions filter by),
hold the same figures in the same order, and are worded almost alike. A figure that differs is never a duplicate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from mundap.chunk import Chunk
from mundap.question import squeeze
from rag.search.hit import Hit

SIMILARITY = 0.9   # Jaccard of character 4-grams
_SIZE = 4
_REMEMBERED = 512   # texts taken apart that are kept: a few searches' candidates, not the whole index
_FIGURE = re.compile(r"\d[\d,.]*")


class Twins:
    """Finds the near-duplicates among hits. fields are metadata that tell things apart; standing() is a chunk's rank."""

    def __init__(self, fields: Collection[str], standing: Callable[[Chunk], tuple[int, int]]) -> None:
        self._fields = tuple(fields)
        self._standing = standing

    def collapse(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return the hits, best first, each with its near-duplicates folded into it; Hit.twins has their citations.

        The twin whose standing() is smallest stands for all, in the place of the best of them.
        """
        kept: list[Hit] = []
        for hit in hits:
            at = next((at for at, other in enumerate(kept) if self.alike(hit.chunk, other.chunk)), None)
            if at is None:
                kept.append(hit)
                continue
            other = kept[at]
            first, second = (hit, other) if self._standing(hit.chunk) < self._standing(other.chunk) else (other, hit)
            kept[at] = replace(first, twins=(*other.twins, second.chunk.citation))
        return kept

    def alike(self, one: Chunk, other: Chunk) -> bool:
        """Return whether two chunks say the same of the same thing."""
        if one.text == other.text:
            return True
        if not 0.8 < (len(one.text) + 1) / (len(other.text) + 1) < 1.25:
            return False
        if any(one.metadata.get(name) != other.metadata.get(name) for name in self._fields):
            return False
        if _figures(one.text) != _figures(other.text):
            return False
        grams, others = _grams(one.text), _grams(other.text)
        shared = len(grams & others)
        return shared >= SIMILARITY * (len(grams) + len(others) - shared)


@lru_cache(maxsize=_REMEMBERED)
def _figures(text: str) -> tuple[str, ...]:
    return tuple(_FIGURE.findall(text))


@lru_cache(maxsize=_REMEMBERED)
def _grams(text: str) -> frozenset[str]:
    squeezed = squeeze(text)
    return frozenset(squeezed[at : at + _SIZE] for at in range(max(1, len(squeezed) - _SIZE + 1)))
