"""The gate on the `Row`s that pipelines/rows makes, in place of pipelines/filters.py where data.yaml has `filters:`.

    gate = Gate.of(recipe["filters"], domain=Domain(decline_text=…, count=count, max_tokens=limit))
    for part in PARTS:                     # train first: an eval row that copies one of train is then dropped
        made[part] = list(sift_rows(rows, gate, part, rejects))

One gate serves the whole run, so that its report counts both parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipelines.quality.gate import Gate
from pipelines.rejects import Rejects
from pipelines.rows.row import Row


def sift_rows(rows: Iterable[Row], gate: Gate, part: str, rejects: Rejects) -> Iterator[Row]:
    """Yield the rows kept, with what was masked in them; each other goes to rejects. A row's id stays what it was."""
    for row in rows:
        before = row.record
        verdict = gate.judge(before)
        if verdict.reason:
            detail = "; ".join(text for text in (row.id, verdict.detail) if text)
            rejects.add(verdict.reason, part=part, subject=str(verdict.record["question"]), detail=detail)
            continue
        changed = {name: str(value) for name, value in verdict.record.items() if value != before[name]}
        yield replace(row, **changed) if changed else row
