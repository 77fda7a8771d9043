"""All rows of both parts, in a fixed order: figures, then questions without an answer, then given pairs."""

from __future__ import annotations

from collections.abc import Sequence

from mundap.token_count import Count
from pipelines.filters import keep
from pipelines.rejects import Rejects
from pipelines.rows.fact_rows import Asked, fact_rows
from pipelines.rows.pool import Pool
from pipelines.rows.qa_rows import Pair, qa_rows
from pipelines.rows.row import Row
from pipelines.rows.settings import RowSettings
from pipelines.rows.unanswerable_rows import unanswerable_rows
from pipelines.split import Part

PARTS: tuple[Part, ...] = ("train", "eval")


def build_rows(pool: Pool, settings: RowSettings, pairs: Sequence[Pair], rejects: Rejects, *,
               max_tokens: int | None = None, count: Count | None = None) -> dict[Part, list[Row]]:
    """Return part -> its rows. Every row tried is counted in rejects.tried and either returned or rejected."""
    made: dict[Part, list[Row]] = {}
    for part in PARTS:
        rows: list[Row] = []
        asked: list[Asked] = []
        for row, one in fact_rows(pool, settings, part, rejects):
            rows.append(row)
            asked.append(one)
        rows += unanswerable_rows(pool, settings, part, asked, rejects)
        rows += qa_rows(pool, settings, part, pairs, rejects)
        made[part] = list(keep(rows, part, rejects, max_tokens=max_tokens, count=count))
    return made
