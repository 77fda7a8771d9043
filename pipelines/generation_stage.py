"""The `generate:` section in the data stage: an unfinished generation is an error, so that no manifest calls it done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.errors import MissingExtra, ResourceError
from mundap.paths import resolve, show
from pipelines.rows.written import Written

_INTERRUPTED = "interrupted"


def generate_pairs(recipe: Mapping[str, Any], project: Path, say: Callable[[str], None], ledgers: Sequence[Path] = ()
                   ) -> dict[str, int]:
    """Run the generation of a recipe whose chunks are made; return how many tasks and pairs there are.

    ledgers: those of all shards, merged first.

    Raises:
        KeyboardInterrupt: it was stopped; what was answered is kept.
        ResourceError: a budget or a day's quota was used up before the end.
        ConfigError, DataError, GenerationError: as `pipelines.generate.generate` does.
    """
    try:
        from pipelines.generate.stage import generate_from
    except ImportError as error:
        raise MissingExtra("generating questions and answers", "generate", str(error.name)) from error
    report = generate_from(recipe, project, say, ledgers=ledgers)
    for name, value in report.table:
        say(f"  {name}: {value}")
    if report.stopped == _INTERRUPTED:
        raise KeyboardInterrupt
    if not report.complete:
        raise ResourceError(f"{report.left:,} of {report.tasks:,} tasks of the generation are left: {report.message}.",
                            where=show(resolve(recipe["generate"]["folder"], project), project),
                            fix="Run the same command again to go on.")
    say(f"  pairs: {show(report.rows_file, project)}")
    return {"tasks": report.tasks, "pairs": report.rows, "rejected": sum(report.rejected.values())}


def written_pairs(recipe: Mapping[str, Any], project: Path) -> Sequence[Written]:
    """Return the pairs that a finished generation kept, in the order of its chunks; none without `generate:`.

    Raises:
        DataError: a line of the file is no row.
    """
    if not recipe.get("generate"):
        return ()
    from pipelines.generate.row import ROWS, read_rows

    return read_rows(resolve(recipe["generate"]["folder"], project) / ROWS)
