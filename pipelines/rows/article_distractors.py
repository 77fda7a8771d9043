"""Passages that could be taken for the article that answers: BM25 neighbours of the question, none of which answers it.

A question that names no product is asked of one product: passages of another could answer it too. Inside a product, a
passage that holds most words of the answer's own lines and every figure of them may state the same, and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from mundap.chunk import Chunk
from mundap.grounding import figures
from mundap.korean import morphemes
from mundap.lexical import LexicalIndex

SAME_WORDS = 0.6       # share of the answer's content morphemes above which a passage may state the same
_LOOKED_AT = 24


class Neighbours:
    """The chunks of one part of the split, indexed by BM25 over their breadcrumbs and text."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.chunks = {chunk.chunk_id: chunk for chunk in chunks}
        self._index = LexicalIndex.build(list(self.chunks), [f"{chunk.breadcrumbs}\n{chunk.text}" for chunk in chunks])

    def hard(self, question: str, true: Chunk, lines: Sequence[str], wanted: int, *, own_product: bool) -> list[Chunk]:
        """Return up to `wanted` chunks, the likest first. own_product: only of the true chunk's product."""
        found = []
        for chunk_id in self._index.nearest(question, _LOOKED_AT):
            chunk = self.chunks[chunk_id]
            same = _product(chunk) == _product(true)
            if chunk.parent_id == true.parent_id or (own_product and not same) or (same and answers(chunk, lines)):
                continue
            found.append(chunk)
            if len(found) == wanted:
                break
        return found


def _product(chunk: Chunk) -> tuple[str, str]:
    return chunk.doc_id, str(chunk.metadata.get("product", ""))


def answers(chunk: Chunk, lines: Sequence[str]) -> bool:
    """Return whether a chunk may state what the lines state: every figure of them, and most of their words."""
    told = "\n".join(lines)
    words = set(morphemes(told))
    held = set(morphemes(f"{chunk.breadcrumbs}\n{chunk.text}"))
    values = {claim.value for claim in figures(told)}
    return len(words & held) >= SAME_WORDS * len(words) and values <= {claim.value for claim in figures(chunk.text)}
