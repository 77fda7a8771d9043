"""A fact with its place: the document and chunk whose line states it; stored as facts.parquet beside the chunks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFact:
    """One figure and the chunk line that states it. superseded is 1 when an amendment or the source outdates it."""

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
    superseded: int = 0


def write_facts(facts: Iterable[PlacedFact], path: Path) -> None:
    """Write the facts to one Parquet file by way of a temporary name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = ("fiscal_year", "superseded")
    schema = pa.schema([(name, pa.int64() if name in numbers else pa.string()) for name in PlacedFact.__slots__])
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    pq.write_table(pa.Table.from_pylist([asdict(fact) for fact in facts], schema=schema), temporary,
                   compression="zstd")
    os.replace(temporary, path)


def read_facts(path: Path) -> list[PlacedFact]:
    """Return every fact of a facts.parquet, in the order written."""
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return [PlacedFact(**row) for row in rows]
