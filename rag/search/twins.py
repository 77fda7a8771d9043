"""Near-duplicate hits: the same article in ten riders, the same paragraph in two filings; a prompt has room for one.

Two chunks are twins when they are about the same thing (the same company, year, product: whatever questions filter by),
hold the same figures in the same order, and are worded almost alike. A figure that differs is never a duplicate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from mundap.chunk import Chunk
from mundap.question import squeeze
from rag.search.hit import Hit

SIMILARITY = 0.9   # Jaccard of character 4-grams
_SIZE = 4
_FIGURE = re.compile(r"\d[\d,.]*")


class Twins:
    """Finds the near-duplicates among hits. fields are metadata that tell things apart; standing() is a chunk's rank."""

    def __init__(self, fields: Collection[str], standing: Callable[[Chunk], tuple[int, int]]) -> None:
        self._fields = tuple(fields)
        self._standing = standing
        self._seen: dict[str, tuple[object, frozenset[str]]] = {}

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
        (key, grams), (other_key, other_grams) = self._shape(one), self._shape(other)
        if key != other_key:
            return False
        shared = len(grams & other_grams)
        return shared >= SIMILARITY * (len(grams) + len(other_grams) - shared)

    def _shape(self, chunk: Chunk) -> tuple[object, frozenset[str]]:
        if chunk.chunk_id not in self._seen:
            text = squeeze(chunk.text)
            key = (tuple(str(chunk.metadata.get(name, "")) for name in self._fields), tuple(_FIGURE.findall(chunk.text)))
            grams = frozenset(text[at : at + _SIZE] for at in range(max(1, len(text) - _SIZE + 1)))
            self._seen[chunk.chunk_id] = key, grams
        return self._seen[chunk.chunk_id]
