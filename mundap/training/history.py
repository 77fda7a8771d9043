"""What a training did, epoch by epoch, from the trainer's own log: losses, minutes, the best epoch.

A run that was resumed has logged some steps twice; the later account of a step is the one that counts. Times come from
the trainer in whole seconds. Reads and writes files, trains nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mundap.provenance import write_text
from mundap.training.progress import LOG_NAME, Step, read_log

HISTORY = "training_history.json"
_ROUNDING = 1e-6   # an epoch's last step is logged as 0.9999999 now and then


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One logged moment. seconds is the time since the point before it, in the same session."""

    step: int
    epoch: float | None
    loss: float | None
    eval_loss: float | None
    learning_rate: float | None
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One epoch, counted from 1. train_loss is the mean over its logged steps, eval_loss the last evaluation's."""

    epoch: int
    steps: int
    train_loss: float | None
    eval_loss: float | None
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that was logged. best_epoch is that of the best evaluation, None when nothing was evaluated."""

    points: tuple[Point, ...]
    epochs: tuple[Epoch, ...]
    best_epoch: int | None
    best_step: int | None

    @property
    def train_loss(self) -> float | None:
        """Return the mean training loss over the logged steps, None when none was logged."""
        return _mean([(loss, steps) for *_, steps, loss in _covered(self.points)])

    @property
    def evaluations(self) -> dict[int, float]:
        """Return the evaluation loss by step."""
        return {point.step: point.eval_loss for point in self.points if point.eval_loss is not None}


def read(folder: Path) -> History:
    """Return the history of the run in an output folder; an empty one when the trainer logged nothing."""
    state = trainer_state(folder)
    points = _points(read_log(folder / LOG_NAME), _named_evaluations(state))
    evaluations = {point.step: point.eval_loss for point in points if point.eval_loss is not None}
    best = state.get("best_global_step") if evaluations else None
    best = int(best) if best else min(evaluations, key=lambda step: (evaluations[step], step), default=None)
    number = next((_number(point.epoch) for point in points if point.step == best and point.epoch is not None), None)
    return History(points=tuple(points), epochs=tuple(_epochs(points)), best_epoch=number, best_step=best)


def write(folder: Path, history: History) -> None:
    """Write training_history.json: the epochs, the best of them, and every logged moment."""
    content = {"epochs": [asdict(epoch) for epoch in history.epochs], "best_epoch": history.best_epoch,
               "best_step": history.best_step,
               "log": [{key: value for key, value in asdict(point).items() if value is not None}
                       for point in history.points]}
    write_text(folder / HISTORY, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=True) + "\n")


def losses(folder: Path) -> dict[int, float]:
    """Return the training loss by logged step."""
    return {point.step: point.loss for point in read(folder).points if point.loss is not None}


def trainer_state(folder: Path) -> dict[str, Any]:
    """Return the trainer's state in a folder, or else in its newest checkpoint; empty when neither is there."""
    checkpoints = sorted(folder.glob("checkpoint-*"), key=lambda path: (len(path.name), path.name), reverse=True)
    for place in (folder, *checkpoints):
        try:
            found = json.loads((place / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict):
            return found
    return {}


def _named_evaluations(state: Mapping[str, Any]) -> dict[int, float]:
    """Return the evaluation loss by step where each of several sets has its own: the mean over the sets.

    The trainer's log, unlike its state, has no place for such names as eval_<set>_loss.
    """
    found: dict[int, list[float]] = {}
    for entry in state.get("log_history", ()):
        for key, value in entry.items():
            if key.startswith("eval_") and key.endswith("_loss") and key != "eval_loss":
                found.setdefault(int(entry.get("step", 0)), []).append(float(value))
    return {step: sum(values) / len(values) for step, values in found.items()}


def _points(steps: Sequence[Step], named: Mapping[int, float]) -> list[Point]:
    """Return the moments that count, in order: a later session replaces what it did again."""
    kept: list[Point] = []
    elapsed_s, previous = 0, 0
    for step in steps:
        if step.current < previous or step.elapsed_s < elapsed_s:   # another session began
            kept = [point for point in kept if point.step < step.current]
            elapsed_s = 0
        bare = step.loss is None and step.eval_loss is None
        kept.append(Point(step=step.current, epoch=step.epoch, loss=step.loss, learning_rate=step.learning_rate,
                          eval_loss=named.get(step.current) if bare else step.eval_loss,
                          seconds=step.elapsed_s - elapsed_s))
        elapsed_s, previous = step.elapsed_s, step.current
    return kept


def _epochs(points: Sequence[Point]) -> list[Epoch]:
    """Return the epochs; an interval that crosses a border is shared out evenly over its steps."""
    shares: dict[int, list[tuple[float, int]]] = {}
    for first, last, epoch_before, epoch_after, _, loss in _covered(points):
        for step in range(first, last + 1):
            at = epoch_before + (epoch_after - epoch_before) * (step - first + 1) / (last - first + 1)
            shares.setdefault(_number(at), []).append((loss, 1))
    seconds, steps = _spent(points)
    evaluated = {_number(point.epoch): point.eval_loss for point in points
                 if point.eval_loss is not None and point.epoch is not None}
    return [Epoch(epoch=number, steps=steps[number], train_loss=_mean(shares.get(number, [])),
                  eval_loss=evaluated.get(number), minutes=round(seconds[number] / 60, 2))
            for number in sorted(steps)]


def _covered(points: Sequence[Point]) -> list[tuple[int, int, float, float, int, float]]:
    """Return for each logged loss the steps it is the mean of: first, last, epoch before and after, count, loss."""
    found = []
    step, epoch = 0, 0.0
    for point in points:
        if point.loss is None:
            continue
        if point.step > step:
            after = point.epoch if point.epoch is not None else epoch
            found.append((step + 1, point.step, epoch, after, point.step - step, point.loss))
            epoch = after
        step = point.step
    return found


def _spent(points: Sequence[Point]) -> tuple[dict[int, float], dict[int, int]]:
    """Return the seconds and the steps of each epoch; empty where the log tells no epochs."""
    seconds: dict[int, float] = {}
    steps: dict[int, int] = {}
    step, epoch = 0, 0.0
    for point in points:
        if point.epoch is None:
            continue
        count = point.step - step
        for done in range(1, count + 1):
            number = _number(epoch + (point.epoch - epoch) * done / count)
            seconds[number] = seconds.get(number, 0) + point.seconds / count
            steps[number] = steps.get(number, 0) + 1
        if count == 0:   # an evaluation, or the end: time passed, no step was made
            number = _number(point.epoch)
            seconds[number] = seconds.get(number, 0) + point.seconds
            steps.setdefault(number, 0)
        step, epoch = point.step, point.epoch
    return seconds, steps


def _number(epoch: float) -> int:
    """Return the epoch, from 1, that a fraction of epochs done lies in: 0.4 and 1.0 are epoch 1."""
    return max(1, math.ceil(epoch - _ROUNDING))


def _mean(weighted: Sequence[tuple[float, int]]) -> float | None:
    total = sum(weight for _, weight in weighted)
    return sum(value * weight for value, weight in weighted) / total if total else None
