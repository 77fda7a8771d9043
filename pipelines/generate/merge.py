"""The ledgers of several shards put together: proves that no task is done twice and none is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from mundap.chunk import Chunk
from mundap.errors import DataError
from pipelines.generate.ledger import NAME, read_history, written_lines
from pipelines.generate.lock import held
from pipelines.generate.row import GeneratedRow, rows_of, write_bytes
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


def merge_into(folder: Path, ledgers: Sequence[Path], chunks: Iterable[Chunk], settings: GenerateSettings) -> int:
    """Write one ledger of all into a folder, where the next run finds nothing left to ask; return how many pairs it keeps.

    Raises:
        DataError: as `merge` does, or the folder has a ledger of its own that is not among those given.
        ResourceError: another process writes the folder, or the disk is full.
    """
    rows = merge(ledgers, chunks, settings)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NAME
    if target.is_file() and target.resolve() not in {path.resolve() for path in ledgers}:
        raise DataError("this folder has a ledger already, which is not among those to merge.", where=str(target),
                        fix="Give it with --merge too, or move it away.")
    with held(folder):
        write_bytes(target, (line for path in ledgers for line in written_lines(path, header=path == ledgers[0])))
    return len(rows)


def _names(tasks: Sequence[Task]) -> str:
    shown = [f"{task.chunk.chunk_id} {task.kind.name}{' ' + task.level if task.level else ''}" for task in tasks[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(tasks) - _SHOWN} more" if len(tasks) > _SHOWN else "")
