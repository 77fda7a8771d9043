"""The statistics part of the data stage: rows of every statistics source, beside those made otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundap.paths import resolve
from mundap.token_count import Count
from pipelines.filters import keep
from pipelines.rejects import Rejects
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row
from pipelines.rows.settings import PARTS, RowSettings
from pipelines.split import Part
from pipelines.statistics.dataset import read_dataset
from pipelines.statistics.folders import write_folders
from pipelines.statistics.rows import Made, Wanted, statistics_rows
from pipelines.statistics.templates import load_wordings

READER = "statistics"


def add_statistics(rows: dict[Part, list[Row]], recipe: Mapping[str, Any], project: Path, pool: Pool,
                   settings: RowSettings, rejects: Rejects, *, max_tokens: int | None, count: Count | None
                   ) -> dict[Part, list[Row]]:
    """Return rows with those of the recipe's statistics sources after them; write data/<domain> as well.

    Without a statistics source, rows are returned as they are.
    """
    sources = [source for source in recipe["sources"] if source["reader"] == READER]
    if not sources:
        return rows
    options = recipe["rows"]["statistics"]
    wanted = Wanted(per_group=options["per_group"], kinds=options["kinds"],
                    unanswerable_share=settings.unanswerable_share,
                    wordings=load_wordings(resolve(options["questions"], project), project))
    datasets = [read_dataset(resolve(source["path"], project), project, source) for source in sources]
    held: dict[str, list[Made]] = {}
    for part in PARTS:
        made = [one for data in datasets for one in statistics_rows(data, pool, settings, wanted, part, rejects)]
        kept = list(keep([one.row for one in made], part, rejects, max_tokens=max_tokens, count=count))
        by_id = {one.row.id: one for one in made}
        held[part] = [by_id[row.id] for row in kept]
        rows[part] += kept
    write_folders(project, recipe["domain"], datasets, held, settings.instruction)
    return rows
