"""Which figures belong together in a computed question: the candidates of each form that start from one figure.

Every operand can be asked about by name, has one value in the corpus (for its basis, where the basis is needed), and
stands in a chunk of the same part of the split.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from pipelines.facts import PlacedFact
from pipelines.rows.arithmetic import number, one_unit, share
from pipelines.rows.askable import compact, one_value, period, why_not
from pipelines.rows.derived import Derived, told_apart
from pipelines.rows.fact_rows import settled_by_basis
from pipelines.rows.pool import Pool
from pipelines.split import Part

Ratios = Mapping[str, tuple[str, str]]
Finder = Callable[[Pool, PlacedFact, Part, random.Random], Iterator[Derived]]
RANKED = 3
_MAX_WORDS = 3   # of a label that is asked for beside another
# What can be divided by its total: not averages, rates, prices or years of service.
_NO_PARTS = re.compile(r"평균|율|률|단가|1인|주당|비중|연수|가격|지수|면가")
_TOTAL = re.compile(r"^(?P<base>.+?)\s*(?:합계|총계|계)$")
_ALSO_TOTAL = re.compile(r"(?:합계|소계|누계|\s총?계)$")   # 자산총계 is an item of its own


def basis_needed(pool: Pool, facts: Sequence[PlacedFact]) -> bool | None:
    """Return whether a question about these figures must name their basis; None when even that does not settle them."""
    needed = False
    for fact in facts:
        if why_not(fact):
            return None
        rivals = pool.by_subject[pool.subject(fact)]
        if not one_value(rivals):
            if not fact.basis or not settled_by_basis(fact, rivals):
                return None
            needed = True
    return needed


def changes(pool: Pool, fact: PlacedFact, part: Part, rng: random.Random) -> Iterator[Derived]:
    """Yield the figure against the same of the year before."""
    company, year, when, key = pool.subject(fact)
    for old in pool.by_subject.get((company, year - 1, when, key), ()):
        if (old.basis, old.unit) == (fact.basis, fact.unit) and _in_part(pool, old, part):
            yield from _asked(pool, "change", "change", (fact, old))
            return


def comparisons(pool: Pool, fact: PlacedFact, part: Part, rng: random.Random) -> Iterator[Derived]:
    """Yield the figure against another company's of the same item and year."""
    for other in _elsewhere(pool, fact, part, rng)[:1]:
        pair = (fact, other) if rng.random() < 0.5 else (other, fact)
        yield from _asked(pool, "comparison", "comparison", pair)


def rankings(pool: Pool, fact: PlacedFact, part: Part, rng: random.Random, *, companies: bool) -> Iterator[Derived]:
    """Yield the figure among other companies' of its item, where a prompt has room for them, or its table's others."""
    others = _elsewhere(pool, fact, part, rng) if companies and rng.random() < 0.5 else []
    if len(others) >= RANKED - 1:
        chosen = [fact, *others[:RANKED - 1]]
        form = "ranking_companies"
    else:
        chosen = [fact, *rng.sample(beside := _beside(pool, fact), min(len(beside), RANKED - 1))]
        form = "ranking_items"
    if len(chosen) == RANKED and told_apart(chosen):
        rng.shuffle(chosen)
        yield from _asked(pool, "ranking", form, tuple(chosen))


def ratios(pool: Pool, fact: PlacedFact, part: Part, rng: random.Random, *, known: Ratios) -> Iterator[Derived]:
    """Yield the ratios that have a name and this figure above the line."""
    for name, (above, below) in known.items():
        if pool.key(fact.item) != pool.key(above):
            continue
        company, year, when, _ = pool.subject(fact)
        found = pool.by_subject.get((company, year, when, pool.key(below)), [])
        for whole in sorted(found, key=lambda one: one.chunk_id != fact.chunk_id):
            if (whole.basis, whole.unit) == (fact.basis, fact.unit) and share(fact, whole) \
                    and _in_part(pool, whole, part):
                yield from _asked(pool, "share", "share", (fact, whole), name)
                break


def parts(pool: Pool, fact: PlacedFact, part: Part, rng: random.Random) -> Iterator[Derived]:
    """Yield the figure as part of its own table's total."""
    total = _total(pool, fact)
    if total is not None and share(fact, total):
        yield from _asked(pool, "share", "share", (fact, total))


def _asked(pool: Pool, kind: str, form: str, facts: tuple[PlacedFact, ...], name: str = "") -> Iterator[Derived]:
    needed = basis_needed(pool, facts)
    if needed is not None:
        yield Derived(kind=kind, form=form, facts=facts, with_basis=needed, name=name)  # type: ignore[arg-type]


def _in_part(pool: Pool, fact: PlacedFact, part: Part) -> bool:
    return pool.in_part(pool.chunks[fact.chunk_id], part)


def _elsewhere(pool: Pool, fact: PlacedFact, part: Part, rng: random.Random) -> list[PlacedFact]:
    """Return one figure of each other company that reports the item for the same time and basis, in random order."""
    _, year, when, key = pool.subject(fact)
    companies = [company for company, years in pool.by_item[key].items() if company != fact.company and year in years]
    found = []
    for company in rng.sample(companies, len(companies)):
        rivals = pool.by_subject.get((company, year, when, key), ())
        fitting = [other for other in rivals
                   if other.basis == fact.basis and one_unit(fact, other) and _in_part(pool, other, part)]
        if fitting and basis_needed(pool, fitting[:1]) is not None:
            found.append(fitting[0])
    return found


def _beside(pool: Pool, fact: PlacedFact) -> list[PlacedFact]:
    """Return the chunk's other figures of the same unit, time and basis; those of the same heading alone if enough."""
    found: dict[str, PlacedFact] = {}
    if not _lists(fact):
        return []
    for other in pool.by_chunk[fact.chunk_id]:
        if (other.unit, other.basis, other.fiscal_year, period(other)) == \
                (fact.unit, fact.basis, fact.fiscal_year, period(fact)) and pool.key(other.item) != pool.key(fact.item) \
                and not why_not(other) and number(other) > 0 and _lists(other):
            found.setdefault(pool.key(other.item), other)
    heading = fact.item.split()[0]
    alike = [other for other in found.values() if " " in fact.item and other.item.split()[0] == heading]
    return alike if len(alike) >= RANKED - 1 else list(found.values())


def _lists(fact: PlacedFact) -> bool:
    """Return whether an item can stand in a list of items: a short label, no total, no average or rate."""
    return (len(fact.item.split()) <= _MAX_WORDS and not _ALSO_TOTAL.search(fact.item)
            and not _NO_PARTS.search(compact(fact.item)))


def _total(pool: Pool, fact: PlacedFact) -> PlacedFact | None:
    """Return the total of the figure's own table that it is a part of: "매출액 합계" of "매출액 수출"; None if unsure.

    The parts are those with the total's label before or after a blank; they must add up to it, within rounding.
    """
    if not _lists(fact):
        return None
    row = [other for other in pool.by_chunk[fact.chunk_id] if not why_not(other) and
           (other.unit, other.basis, other.fiscal_year, period(other)) ==
           (fact.unit, fact.basis, fact.fiscal_year, period(fact))]
    for total in row:
        match = _TOTAL.match(total.item)
        if not match or not match["base"].strip():
            continue
        base = match["base"].strip()
        rows = {other.item: other for other in row if other is not total and not _ALSO_TOTAL.search(other.item)
                 and (other.item.startswith(base + " ") or other.item.endswith(" " + base))}
        whole = number(total)
        if fact.item in rows and len(rows) > 1 and abs(sum(map(number, rows.values())) - whole) <= len(rows):
            return total
    return None
