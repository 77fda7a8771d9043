"""The split of terms by article titles: an article of one name is on one side in every product and rider at once.

So no clause that is held out has a near copy of itself, from another product, in training.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from mundap.chunk import Chunk
from pipelines.rows.clauses import title_of
from pipelines.split import Part


def split_articles(chunks: Sequence[Chunk], *, eval_share: float, seed: int) -> dict[str, Part]:
    """Return chunk_id -> part. Titles go to eval in the order of a hash while their chunks stay within eval_share."""
    names = {chunk.chunk_id: "".join(title_of(chunk).split()) or chunk.parent_id for chunk in chunks}
    sizes = Counter(names.values())
    room = round(len(chunks) * eval_share)
    held: set[str] = set()
    for name in sorted(sizes, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).hexdigest()):
        if sizes[name] <= room:
            held.add(name)
            room -= sizes[name]
    return {chunk_id: "eval" if name in held else "train" for chunk_id, name in names.items()}
