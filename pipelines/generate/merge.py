"""The ledgers of several shards put together: proves that no task is done twice and none is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from mundap.chunk import Chunk
from mundap.errors import DataError
from pipelines.generate.ledger import read_history
from pipelines.generate.row import GeneratedRow, rows_of
from pipelines.generate.settings import GenerateSettings
from pipelines.generate.task import Task, TaskKey, tasks_of

_SHOWN = 5


def merge(ledgers: Sequence[Path], chunks: Iterable[Chunk], settings: GenerateSettings) -> list[GeneratedRow]:
    """Return the rows of all ledgers in the order of the chunks; chunks and settings are those of the whole work.

    The settings' own shard plays no part.

    Raises:
        DataError: a ledger is not there; a task is done in two of them, or in none (each is named).
    """
    missing_files = [str(path) for path in ledgers if not path.is_file()]
    if missing_files:
        raise DataError("this ledger is not there.", where=missing_files[0], fix="Copy it here from its machine.")
    tasks = tasks_of(chunks, dataclasses.replace(settings, shard=None))
    found: dict[TaskKey, list[tuple[Path, list[GeneratedRow]]]] = {task.key: [] for task in tasks}
    by_key = {task.key: task for task in tasks}
    for path in ledgers:
        for key, state in read_history(path, settings.models).states.items():
            if key in found and state.final is not None:
                found[key].append((path, rows_of(by_key[key], state.final)))
    double = [task for task in tasks if len(found[task.key]) > 1]
    if double:
        files = ", ".join(str(path) for path, _ in found[double[0].key])
        raise DataError(f"{len(double)} tasks are done twice: {_names(double)}", where=files,
                        fix="Give each shard's ledger once, made with shards of one and the same number.")
    missing = [task for task in tasks if not found[task.key]]
    if missing:
        raise DataError(f"{len(missing)} of {len(tasks)} tasks are done in no ledger: {_names(missing)}",
                        where=", ".join(map(str, ledgers)) or "no ledger",
                        fix="Finish those shards (the same command again), or add the ledger that is lacking.")
    return [row for task in tasks for row in found[task.key][0][1]]


def _names(tasks: Sequence[Task]) -> str:
    shown = [f"{task.chunk.chunk_id} {task.kind.name}{' ' + task.level if task.level else ''}" for task in tasks[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(tasks) - _SHOWN} more" if len(tasks) > _SHOWN else "")
