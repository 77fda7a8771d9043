"""A figure read from a table, with all that names it, before the figures of the whole document are compared.

Candidates of one table that share a name get their heading row's label before it; agreement.py compares the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipelines.reading import Source

STATEMENT, SUMMARY, CASH_FLOW, FORM, OTHER, NOTE = range(6)  # how much plain item names can be trusted, best first
MAX_ITEM_CHARS = 80


class Candidate(NamedTuple):
    """A figure read from a table. parts are the labels and the measure that make up item.

    parent (the heading row) and topic qualify it if need be. fiscal_year and period are as in `pipelines.reading.Fact`.
    """

    kind: int
    fiscal_year: int
    period: str
    item: str
    parts: tuple[str, ...]
    parent: str
    topic: str
    value: str
    unit: str
    basis: str
    locator: str
    column: int = 0
    label: str = ""    # the row's own
    section: str = ""
    about_others: bool = False
    source: Source = "table"

    @property
    def name(self) -> tuple[int, str, str, str]:
        """Return what a reader would call the figure: year, period, basis, item."""
        return self.fiscal_year, self.period, self.basis, self.item


def with_parent(candidate: Candidate) -> Candidate:
    """Return the candidate with its heading row's label before its item, when it has one and the name stays short."""
    parent, item = candidate.parent, candidate.item
    if not parent or parent in item or len(parent) + len(item) >= MAX_ITEM_CHARS:
        return candidate
    return candidate._replace(item=f"{parent} {item}", parts=(parent, *candidate.parts))


def qualified_duplicates(found: list[Candidate], rows: Mapping[str, int]) -> list[Candidate]:
    """Return the candidates; where one item names several figures of a period, each with its heading row before it.

    rows counts the rows that bear a label: one that stands under two headings is qualified even if the other row is nil.
    Figures that still share a name are left out: the table alone does not say which is which.
    """
    plain = _counted(found)
    renamed = [
        with_parent(candidate) if plain[candidate.name] > 1 or rows.get(candidate.label, 1) > 1 else candidate
        for candidate in found
    ]
    again = _counted(renamed)
    return [candidate for candidate in renamed if again[candidate.name] == 1]


def _counted(candidates: Sequence[Candidate]) -> Counter[tuple[int, str, str, str]]:
    return Counter(candidate.name for candidate in candidates)
