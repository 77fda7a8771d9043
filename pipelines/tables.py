"""What every table of the corpus is, stored as tables.parquet beside facts.parquet: one row for each.

A fact's locator ("table 12, row 3, column 2") names the row here by doc_id and number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pipelines.reading import Reading, TableInfo

_LISTS = ("units", "footnotes")
_NUMBERS = ("number", "header_rows", "rows", "columns", "joined", "facts", "superseded")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTable:
    """One table and where it stands; facts is how many figures were taken from it."""

    doc_id: str
    section: str
    info: TableInfo
    facts: int
    superseded: int = 0


def placed_tables(reading: Reading) -> Iterator[PlacedTable]:
    """Yield the tables of a reading that its reader described, in order."""
    for section in reading.sections:
        for block in section.blocks:
            if block.table is not None:
                yield PlacedTable(doc_id=reading.document.doc_id, section=" > ".join(section.path), info=block.table,
                                  facts=len(block.facts), superseded=int(section.superseded))


def table_of_tables(tables: Sequence[PlacedTable]) -> Any:
    """Return the tables as an Arrow table, one row each."""
    import pyarrow as pa

    names = ["doc_id", "section", *(field.name for field in fields(TableInfo)), "facts", "superseded"]
    schema = pa.schema([(name, pa.list_(pa.string()) if name in _LISTS else
                         pa.int64() if name in _NUMBERS else pa.string()) for name in names])
    rows = [{"doc_id": one.doc_id, "section": one.section, "facts": one.facts, "superseded": one.superseded}
            | {field.name: getattr(one.info, field.name) for field in fields(TableInfo)}
            for one in tables]
    return pa.Table.from_pylist(rows, schema=schema)
