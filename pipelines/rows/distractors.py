"""Passages that could be taken for the right one: the same table of another year, another table, another company.

None of them states what is asked, so that exactly one passage can be cited.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

from mundap.chunk import Chunk
from pipelines.facts import PlacedFact
from pipelines.rows.pool import Pool
from pipelines.split import Part

TRUE_FIRST = 0.65  # retrieval puts the right chunk first about this often; the rest teaches not to rely on it
# Retrieval filters by company and year where the question names them, so the same year's other tables come up most.
_WEIGHTS = (("other_table", 0.4), ("other_year", 0.3), ("other_company", 0.3))


def choose(pool: Pool, fact: PlacedFact, part: Part, wanted: int, rng: random.Random, *, with_basis: bool
           ) -> list[Chunk]:
    """Return up to `wanted` chunks that resemble the fact's own but do not state it, the kinds mixed by seed."""
    found: dict[str, Chunk] = {}
    kinds: dict[str, Callable[[], list[Chunk]]] = {
        "other_table": lambda: other_table(pool, fact, part),
        "other_year": lambda: other_year(pool, fact, part),
        "other_company": lambda: other_company(pool, fact, part),
    }
    while len(found) < wanted and kinds:
        names = list(kinds)
        kind = rng.choices(names, [dict(_WEIGHTS)[name] for name in names])[0]
        free = [chunk for chunk in kinds[kind]() if chunk.chunk_id not in found and chunk.chunk_id != fact.chunk_id
                and not states(pool, chunk, fact, with_basis=with_basis)]
        if free:
            chunk = rng.choice(free)
            found[chunk.chunk_id] = chunk
        else:
            del kinds[kind]
    return list(found.values())


def other_year(pool: Pool, fact: PlacedFact, part: Part) -> list[Chunk]:
    """Return the company's chunks with the item for another year; failing that, the same section's of another year."""
    own = _own(pool, fact, part)
    same_item = [chunk for chunk in own if _year(chunk) != fact.fiscal_year and _gives(pool, chunk, fact)]
    return same_item or [chunk for chunk in own if _year(chunk) != fact.fiscal_year
                         and chunk.metadata.get("section") == fact.section]


def other_table(pool: Pool, fact: PlacedFact, part: Part) -> list[Chunk]:
    """Return the company's other chunks of the same year."""
    return [chunk for chunk in _own(pool, fact, part)
            if _year(chunk) == fact.fiscal_year and chunk.chunk_id != fact.chunk_id]


def other_company(pool: Pool, fact: PlacedFact, part: Part) -> list[Chunk]:
    """Return other companies' chunks that give the item for the same year; failing that, for any year."""
    others = [chunk for chunk in pool.by_item_chunks[pool.key(fact.item)].values()
              if chunk.metadata.get("company") != fact.company and pool.in_part(chunk, part)]
    return [chunk for chunk in others if _year(chunk) == fact.fiscal_year] or others


def states(pool: Pool, chunk: Chunk, fact: PlacedFact, *, with_basis: bool = False) -> bool:
    """Return whether a chunk holds the fact's company, year and item.

    with_basis: the question names the basis, so the other basis's figure does not answer it.
    """
    subject = pool.subject(fact)
    return any(pool.subject(held) == subject and not (with_basis and held.basis not in ("", fact.basis))
               for held in pool.by_chunk[chunk.chunk_id])


def ordered(true: Chunk, distractors: Sequence[Chunk], rng: random.Random) -> list[Chunk]:
    """Return the passages' chunks with the true one first in TRUE_FIRST of cases, else anywhere after."""
    chunks = list(distractors)
    at = 0 if rng.random() < TRUE_FIRST or not chunks else rng.randrange(1, len(chunks) + 1)
    chunks.insert(at, true)
    return chunks


def _own(pool: Pool, fact: PlacedFact, part: Part) -> Iterable[Chunk]:
    return (chunk for chunk in pool.by_company[fact.company].values() if pool.in_part(chunk, part))


def _year(chunk: Chunk) -> int:
    return int(chunk.metadata.get("fiscal_year") or 0)


def _gives(pool: Pool, chunk: Chunk, fact: PlacedFact) -> bool:
    key = pool.key(fact.item)
    return any(pool.key(held.item) == key for held in pool.by_chunk[chunk.chunk_id])
