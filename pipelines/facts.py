"""A fact with its place: the document and chunk whose line states it; stored as facts.parquet beside the chunks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NUMBERS = ("fiscal_year", "superseded")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFact:
    """One figure and the chunk line that states it.

    fiscal_year, period, basis, value, unit and source are the reader's: see `pipelines.reading.Fact`. check is what a
    comparison with OpenDART's own accounts found: "agrees", "differs", or "" where there was nothing to compare with.
    superseded is 1 when an amendment or the source outdates it.
    """

    doc_id: str
    chunk_id: str
    section: str
    company: str
    fiscal_year: int
    basis: str
    item: str
    value: str
    unit: str
    line: str
    locator: str
    period: str = ""
    source: str = "table"
    check: str = ""
    superseded: int = 0


def fact_table(facts: Sequence[PlacedFact]) -> Any:
    """Return the facts as an Arrow table, one row each."""
    import pyarrow as pa

    names = PlacedFact.__slots__
    return pa.table([pa.array([getattr(fact, name) for fact in facts], pa.int64() if name in _NUMBERS else pa.string())
                     for name in names], names)


def read_facts(path: Path, *, doc_ids: Collection[str] | None = None) -> list[PlacedFact]:
    """Return the facts of a facts.parquet, in the order written; only those of certain documents when they are given.

    Memory holds one row group beside what is returned.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found: list[PlacedFact] = []
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            if doc_ids is not None:
                table = table.filter(pc.is_in(table["doc_id"], pa.array(sorted(doc_ids), pa.string())))
            found += [PlacedFact(**row) for row in table.to_pylist()]
    return found
