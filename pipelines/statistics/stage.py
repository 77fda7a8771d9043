"""The statistics part of the data stage: rows of every statistics source, beside those made otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mundap.paths import resolve
from pipelines.rejects import Rejects
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row
from pipelines.rows.settings import PARTS, RowSettings
from pipelines.split import Part
from pipelines.statistics.dataset import Dataset, read_dataset
from pipelines.statistics.folders import write_folders
from pipelines.statistics.rows import Made, Wanted, statistics_rows
from pipelines.statistics.templates import load_wordings

READER = "statistics"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsRows:
    """The rows of every statistics source; none without such a source."""

    datasets: Sequence[Dataset] = ()
    made: Sequence[Made] = ()
    rows: Mapping[Part, Sequence[Row]] = field(default_factory=dict)

    def write(self, project: Path, domain: str, kept: Mapping[Part, Sequence[Row]], instruction: str) -> None:
        """Write data/<domain> from the rows that were kept and those augmented from them."""
        if self.datasets:
            write_folders(project, domain, self.datasets, {one.row.id: one for one in self.made}, kept, instruction)


def statistics_of(recipe: Mapping[str, Any], project: Path, pool: Pool, settings: RowSettings, rejects: Rejects
                  ) -> StatisticsRows:
    """Return the rows of the recipe's statistics sources, not sifted yet."""
    sources = [source for source in recipe["sources"] if source["reader"] == READER]
    if not sources:
        return StatisticsRows()
    options = recipe["rows"]["statistics"]
    wanted = Wanted(per_group=options["per_group"], kinds=options["kinds"],
                    unanswerable_share=settings.unanswerable_share,
                    wordings=load_wordings(resolve(options["questions"], project), project))
    datasets = [read_dataset(resolve(source["path"], project), project, source) for source in sources]
    made = {part: [one for data in datasets for one in statistics_rows(data, pool, settings, wanted, part, rejects)]
            for part in PARTS}
    return StatisticsRows(datasets=datasets, made=[one for part in PARTS for one in made[part]],
                          rows={part: [one.row for one in made[part]] for part in PARTS})
