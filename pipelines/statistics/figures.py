"""What follows from the cells of one group and year: sums, shares and ranks. Measures that are not additive have ranks only.

A sum is refused where a figure is missing, since the sum of the rest would be taken for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from pipelines.statistics.dataset import Record, Slice, Value
from pipelines.statistics.spec import Measure, Spec

Kind = Literal["cell", "total", "share", "rank"]
_RANKS = 2   # as many as the lines that a prompt quotes of a passage
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: of a slice (cell, share, rank) or of a part of the group (total: what of the slice is fixed).

    share is in %, rounded to one place; rank counts from 1, the largest first. rows are where it comes from.
    """

    kind: Kind
    measure: Measure
    slice: Slice
    value: Value
    rank: int = 0
    rows: tuple[int, ...] = ()


def cells(spec: Spec, records: Sequence[Record]) -> list[Figure]:
    """Return every figure of the records that is there."""
    return [Figure(kind="cell", measure=measure, slice=record.slice, value=value, rows=(record.row,))
            for record in records for measure in spec.measures if (value := record.values[measure.name]) is not None]


def computed(spec: Spec, records: Sequence[Record]) -> list[Figure]:
    """Return the totals, shares and ranks of a group's records of one year; rows of a whole ("전국") are left out."""
    parts = [record for record in records if not _whole(spec, record)]
    found: list[Figure] = []
    for measure in spec.measures:
        values = [(record, record.values[measure.name]) for record in parts]
        if len(parts) < 2:
            continue
        found += _ranks(measure, values)
        if measure.additive and all(value is not None for _, value in values):
            found += _totals(spec, measure, values)
    return found


def rounded_share(part: Value, total: Value) -> Decimal:
    """Return a share in %, to one place, halves up."""
    return (Decimal(part) / Decimal(total) * 100).quantize(_TENTH, ROUND_HALF_UP)


def _whole(spec: Spec, record: Record) -> bool:
    return any(key.whole and value == key.whole for key, value in zip(spec.slices, record.slice, strict=True))


def _ranks(measure: Measure, values: Sequence[tuple[Record, Value | None]]) -> list[Figure]:
    """Return the first ranks among three or more slices, as far as no two are equal."""
    known = sorted(((value, record) for record, value in values if value is not None),
                   key=lambda pair: -pair[0])
    if len(known) < 3 or len(known) < len(values):
        return []
    found = []
    for at, (value, record) in enumerate(known[:min(_RANKS, len(known) - 1)]):
        if value == known[at + 1][0]:
            break
        found.append(Figure(kind="rank", measure=measure, slice=record.slice, value=value, rank=at + 1, rows=(record.row,)))
    return found


def _totals(spec: Spec, measure: Measure, values: Sequence[tuple[Record, Value | None]]) -> list[Figure]:
    known = [(record, value) for record, value in values if value is not None]
    total = sum(value for _, value in known)
    rows = tuple(record.row for record, _ in known)
    found = [Figure(kind="total", measure=measure, slice=("",) * len(spec.slices), value=total, rows=rows)]
    if len(spec.slices) > 1:
        for at in range(len(spec.slices)):
            for name in dict.fromkeys(record.slice[at] for record, _ in known):
                own = [(record, value) for record, value in known if record.slice[at] == name]
                if 1 < len(own) < len(known):
                    fixed = tuple(name if place == at else "" for place in range(len(spec.slices)))
                    found.append(Figure(kind="total", measure=measure, slice=fixed, value=sum(value for _, value in own),
                                        rows=tuple(record.row for record, _ in own)))
    if total:
        found += [Figure(kind="share", measure=measure, slice=record.slice, value=rounded_share(value, total),
                         rows=rows) for record, value in known if value]
    return found
