"""The training runs below saves/: what each was made from, how it came out, and what it logged.

Reads mundap's own record and the trainer's files, which a run of LLaMA Board or of bare llamafactory-cli leaves as well.
Starts, writes and draws nothing. A file that cannot be read is told (`damaged`), and the rest of its run is shown.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from mundap import yaml_lines
from mundap.errors import ConfigError
from mundap.provenance import RECORD, RESOLVED, read_record
from mundap.secret_keys import is_secret
from mundap.training import history, run_folder, run_stats
from mundap.training.history import History, Point
from mundap.training.progress import LOG_NAME, Step, read_log

# lost: its record says it runs, and its process is gone. unknown: nobody recorded how it ended, or another machine knows.
State = Literal["running", "finished", "stopped", "failed", "lost", "unknown"]

STATE = "trainer_state.json"
MOST = 500            # folders looked into; more than anyone reads
_DEPTH = 6            # levels below saves/
_BOARDS = "training_args.yaml"   # LLaMA Board's own copy of a run's arguments
_NO_RUNS = ("checkpoint-", "tmp-checkpoint-", ".", run_folder.BEST, run_folder.FINAL)
_ENDS: Mapping[str, State] = {"finished": "finished", "stopped": "stopped", "failed": "failed"}
_EMPTY = History(points=(), epochs=(), best_epoch=None, best_step=None)
_UNREADABLE = (OSError, ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training run. key is its folder below saves/. Losses are None where none was logged, or it was no number.

    steps are those done, total_steps 0 where nobody said how many there are to be. seconds is how long it took or, where
    only the trainer's log tells, how long the last session did. left_s is of a run under way. diverged counts the logged
    losses that were no numbers. damaged names the files that could not be read.
    """

    key: str
    folder: Path
    state: State
    story: History
    record: Mapping[str, Any]
    written: float                # when its newest file was, as time.time() counts
    steps: int = 0
    total_steps: int = 0
    seconds: float | None = None
    left_s: float | None = None
    loss: float | None = None
    last_loss: float | None = None
    eval_loss: float | None = None
    peak_bytes: int = 0
    trainable: int = 0
    diverged: int = 0
    damaged: tuple[str, ...] = ()

    @property
    def recipe(self) -> str:
        """Return the recipe it was started with, "" where none is recorded."""
        return _text(self.record.get("recipe"))

    @property
    def started(self) -> str:
        """Return when it was started, local time, "" where that is not recorded."""
        return _text(self.record.get("started"))

    @property
    def fingerprint(self) -> str:
        """Return the hash of its recipe, data and base model, "" where none is recorded."""
        return _text(self.record.get("fingerprint"))

    def recorded(self, key: str) -> dict[str, str]:
        """Return a mapping of the record (datasets, versions) as texts; a list's are joined; empty where there is none."""
        found = self.record.get(key)
        if not isinstance(found, Mapping):
            return {}
        return {str(name): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                for name, value in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing two runs differ in; None where a run says nothing of it."""

    name: str
    left: str | None
    right: str | None


def find(saves: Path) -> list[Run]:
    """Return every run below a folder, the newest first."""
    return sorted((read(folder, saves) for folder in _folders(saves)), key=lambda run: (-run.written, run.key))


def read(folder: Path, saves: Path) -> Run:
    """Return the run in a folder, as far as what lies there can be read."""
    record = read_record(folder)
    damaged = [name for name in (RECORD, STATE, run_stats.STATS) if _is_broken(folder / name)]
    try:
        story, steps = _logged(folder, _signature(folder))
        points = tuple(_clean(point) for point in story.points)
        diverged = sum(_lost(before, after) for before, after in zip(story.points, points, strict=True))
    except _UNREADABLE:
        story, steps, points, diverged = _EMPTY, (), (), 0
        damaged.append(LOG_NAME)
    run = Run(key=folder.relative_to(saves).as_posix(), folder=folder, record=record, written=_written(folder),
              state=_state(record, steps), story=replace(story, points=points), diverged=diverged,
              damaged=tuple(damaged))
    return _measured(run, steps)


def differences(left: Run, right: Run) -> list[Difference]:
    """Return what two runs were made from and differ in: recipe keys, data, base model, packages, code; secrets masked."""
    first, second = _made_from(left), _made_from(right)
    return [Difference(name=name, left=first.get(name), right=second.get(name))
            for name in dict.fromkeys([*first, *second]) if first.get(name) != second.get(name)]


def by_fingerprint(runs: Sequence[Run]) -> dict[str, Run]:
    """Return runs by fingerprint; of several alike, the newest."""
    return {run.fingerprint: run for run in reversed(runs) if run.fingerprint}


def _folders(saves: Path) -> Iterator[Path]:
    """Yield the folders that hold a run: links are not followed, checkpoints are none."""
    count = 0
    for place, below, files in os.walk(saves):
        folder = Path(place)
        below[:] = sorted(name for name in below if not name.startswith(_NO_RUNS)) \
            if len(folder.relative_to(saves).parts) < _DEPTH else []
        if folder != saves and not {RECORD, STATE, LOG_NAME}.isdisjoint(files):
            yield folder
            count += 1
            if count == MOST:
                return


@lru_cache(maxsize=128)
def _logged(folder: Path, signature: tuple[tuple[int, int], ...]) -> tuple[History, tuple[Step, ...]]:
    """Return what a run logged; read again only when its files changed."""
    story, steps = history.read(folder), tuple(read_log(folder / LOG_NAME))
    if not story.points:    # a run of bare llamafactory-cli may have left the trainer's state alone
        story = replace(story, points=tuple(_of_state(history.trainer_state(folder))))
    return story, steps


def _signature(folder: Path) -> tuple[tuple[int, int], ...]:
    found = []
    for name in (LOG_NAME, STATE, RECORD):
        try:
            about = (folder / name).stat()
            found.append((about.st_mtime_ns, about.st_size))
        except OSError:
            found.append((0, 0))
    return tuple(found)


def _of_state(state: Mapping[str, Any]) -> Iterator[Point]:
    for entry in state.get("log_history", ()):
        if entry.get("loss") is not None or entry.get("eval_loss") is not None:
            yield Point(step=int(entry["step"]), epoch=entry.get("epoch"), loss=entry.get("loss"),
                        eval_loss=entry.get("eval_loss"), learning_rate=entry.get("learning_rate"), seconds=0)


def _measured(run: Run, steps: Sequence[Step]) -> Run:
    """Return a run with its numbers: the record's where it came to an end, else the trainer's log's."""
    summary, stats, last = _mapping(run.record.get("summary")), run_stats.read(run.folder), steps[-1] if steps else None
    points = run.story.points
    losses = [point.loss for point in points if point.loss is not None]
    evaluated = [point.eval_loss for point in points if point.eval_loss is not None]
    under_way = run.state == "running"
    resumed = _text(run.record.get("resumed_from")).rpartition("-")[2]
    return replace(
        run, steps=_count(summary.get("steps")) or (last.current if last else max((one.step for one in points), default=0)),
        total_steps=_count(summary.get("total_steps")) or (last.total if last else 0),
        seconds=_number(summary.get("seconds")) or (float(last.elapsed_s) if last else None),
        left_s=last.left_s(int(resumed) if resumed.isdigit() else 0) if last and under_way and _has_begun(run) else None,
        loss=_number(summary.get("loss")) if "loss" in summary else _number(run.story.train_loss),
        last_loss=losses[-1] if losses else None, eval_loss=evaluated[-1] if evaluated else _number(summary.get("eval_loss")),
        peak_bytes=_count(summary.get("peak_rss_bytes")), trainable=_count(stats.get("trainable_parameters")))


def _state(record: Mapping[str, Any], steps: Sequence[Step]) -> State:
    said = _ENDS.get(_text(record.get("state")))
    if said is not None:
        return said
    if record.get("state") == "running":
        elsewhere = _mapping(record.get("process")).get("host") != run_folder.this_process()["host"]
        return "running" if run_folder.running(record) is not None else "unknown" if elsewhere else "lost"
    ended = bool(steps) and 0 < steps[-1].total <= steps[-1].current
    return "finished" if ended else "unknown"


def _has_begun(run: Run) -> bool:
    """Return whether the log was written since the run's process started; one that goes on begins with the earlier log."""
    started = _number(_mapping(run.record.get("process")).get("started"))
    try:
        return started is None or (run.folder / LOG_NAME).stat().st_mtime >= started
    except OSError:
        return False


def _made_from(run: Run) -> dict[str, str]:
    """Return what a run was made from, by name and as text."""
    found: dict[str, str] = {}
    for name in (RESOLVED, _BOARDS):
        try:
            values = yaml_lines.read(run.folder / name).values
        except ConfigError:
            continue
        found = {key: "•••" if is_secret(key) else json.dumps(value, ensure_ascii=False, default=str).strip('"')
                 for key, value in sorted(values.items())}
        break
    for key in ("datasets", "models", "versions", "machine"):
        found |= {f"{key}: {name}": value for name, value in run.recorded(key).items()}
    return found | {key: text for key in ("git", "mundap") if (text := _text(run.record.get(key)))}


def _clean(point: Point) -> Point:
    """Return a logged moment whose losses are numbers, or None."""
    return replace(point, loss=_number(point.loss), eval_loss=_number(point.eval_loss))


def _lost(before: Point, after: Point) -> bool:
    return (before.loss is not None and after.loss is None) or (before.eval_loss is not None and after.eval_loss is None)


def _is_broken(path: Path) -> bool:
    try:
        return not isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except FileNotFoundError:
        return False
    except _UNREADABLE:
        return True


def _written(folder: Path) -> float:
    times = []
    for name in (LOG_NAME, RECORD, STATE):
        try:
            times.append((folder / name).stat().st_mtime)
        except OSError:
            continue
    return max(times, default=0.0)


def _number(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _count(value: object) -> int:
    number = _number(value)
    return int(number) if number is not None and number > 0 else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
