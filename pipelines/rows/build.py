"""All rows of both parts, in a fixed order: figures asked and computed, questions without an answer, given pairs."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.filters import Sift, keep
from pipelines.rejects import Rejects
from pipelines.rows.article_rows import article_rows
from pipelines.rows.derived import Derived
from pipelines.rows.derived_rows import derived_rows, lacking_rows
from pipelines.rows.fact_rows import Asked, fact_rows, figures_wanted
from pipelines.rows.generated_rows import generated_rows
from pipelines.rows.pool import Pool
from pipelines.rows.qa_rows import Pair, qa_rows
from pipelines.rows.row import Row
from pipelines.rows.settings import FORMS_OF, PARTS, RowSettings
from pipelines.rows.unanswerable_rows import share_wanted, unanswerable_rows
from pipelines.rows.written import Written
from pipelines.split import Part

__all__ = ["PARTS", "build_rows"]


def build_rows(pool: Pool, settings: RowSettings, pairs: Sequence[Pair], rejects: Rejects, *,
               generated: Sequence[Written] = (), sift: Sift = keep) -> dict[Part, list[Row]]:
    """Return part -> its rows. Every row tried is counted in rejects.tried and either returned or rejected.

    generated: pairs that a model wrote, where settings has no articles. sift: what every row must pass, the last look by default.
    """
    made: dict[Part, list[Row]] = {}
    for part in PARTS:
        rows: list[Row] = []
        asked: list[Asked] = []
        for row, one in fact_rows(pool, settings, part, rejects):
            rows.append(row)
            asked.append(one)
        figures = figures_wanted(pool, settings, part) * len(pool.documents(part))
        derived: list[Derived] = []
        for row, derivation in derived_rows(
                pool, settings, part, {kind: settings.wanted(kind, figures) for kind in FORMS_OF}, rejects):
            rows.append(row)
            derived.append(derivation)
        rows += unanswerable_rows(pool, settings, part, asked, rejects)
        if part == "train":    # an evaluation retrieves anew, and would find the operand that the row withholds
            rows += lacking_rows(pool, settings, part, derived,
                                 share_wanted(len(derived), settings.unanswerable_share), rejects)
        rows += qa_rows(pool, settings, part, pairs, rejects)
        rows += article_rows(pool, settings, part, rejects)
        rows += generated_rows(pool, settings, part, generated, rejects)
        made[part] = list(sift(rows, part, rejects))
    return made
