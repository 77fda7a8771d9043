"""One recipe's forecast: rows, steps, parameters, memory and time put together."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import architecture, factory
from mundap.architecture import Architecture
from mundap.forecast import duration as timing
from mundap.forecast import lengths, parameters
from mundap.forecast.cards import CARDS, CPU, Card, here
from mundap.forecast.duration import Duration
from mundap.forecast.memory import Memory, memory
from mundap.forecast.rows import Rows, Trouble, measure
from mundap.forecast.steps import BATCH, Steps, process_count, steps
from mundap.paths import home
from mundap.recipe import Recipe

# Upstream's default for a recipe that names none. Source: llamafactory/hparams/data_args.py (0.9.5).
CUTOFF_LEN = 2048
_FITS = 0.9   # of a card's memory: the rest goes to fragments and to whatever else runs on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a training will come to; None where nobody here can tell.

    rows is a Trouble when they could not be counted. card is the device meant, None when none was named and this
    machine's is not known; smallest is then the smallest known card that holds the training.
    """

    recipe: Recipe
    values: Mapping[str, Any]
    arch: Architecture | None
    rows: Rows | Trouble
    steps: Steps | None
    parameters: int | None
    trainable: int | None
    memory: Memory | None
    card: Card | None
    smallest: Card | None
    duration: Duration | None

    @property
    def cutoff_len(self) -> int:
        """Return the recipe's cutoff_len, upstream's default when it names none."""
        return int(self.values.get("cutoff_len") or CUTOFF_LEN)

    @property
    def fits(self) -> bool | None:
        """Return whether the training fits the card meant, or None when either is not known."""
        if self.memory is None or self.card is None:
            return None
        return self.memory.total <= self.card.memory_bytes * _FITS


def forecasts(recipes: Sequence[Recipe], *, card: Card | None = None, devices: int | None = None,
              say: Callable[[str], None] = lambda line: None) -> list[Forecast]:
    """Return the forecast of each train recipe, for the device named or else for what this machine has.

    Raises:
        MissingExtra: LLaMA-Factory is not installed.
        LaunchError: the probe that counts rows failed as a whole.
    """
    if not recipes:
        return []
    resolved = [factory.resolved(recipe.values, recipe.project) for recipe in recipes]
    counted = measure(resolved, recipes[0].project, say=say)
    return [_forecast(recipe, values, rows, card, devices)
            for recipe, values, rows in zip(recipes, resolved, counted, strict=True)]


def _forecast(recipe: Recipe, values: Mapping[str, Any], rows: Rows | Trouble, card: Card | None, devices: int | None
              ) -> Forecast:
    arch = architecture.find(str(values.get("model_name_or_path") or ""), recipe.project)
    if card is not None:   # what is named is asked about, whatever the recipe says of processors
        values = {**values, "use_cpu": card.name == CPU}
    env = {**os.environ, **({"CUDA_VISIBLE_DEVICES": ""} if values.get("use_cpu") else {})}
    processes = devices or process_count(values, env)
    known = arch is not None and parameters.covered(arch)
    trainable = parameters.trainable(values, arch) if arch is not None else None
    planned = _steps(values, rows, processes)
    held = memory(values, arch, trainable, _largest_batch(values, rows, "per_device_train_batch_size"), processes,
                  _largest_batch(values, rows, "per_device_eval_batch_size") if _evaluates(values) else 0
                  ) if arch and trainable else None
    meant = here(values, env) if card is None else card
    smallest = next((one for one in CARDS if held and held.total <= one.memory_bytes * _FITS
                     and (one.bf16 or not values.get("bf16"))), None)
    return Forecast(recipe=recipe, values=values, arch=arch, rows=rows, steps=planned, trainable=trainable,
                    parameters=parameters.total(arch) if arch is not None and known else None, memory=held, card=meant,
                    smallest=smallest if meant is None else None,
                    duration=_duration(values, arch, rows, planned, trainable, meant or smallest, home(recipe.project)))


def _steps(values: Mapping[str, Any], rows: Rows | Trouble, processes: int) -> Steps | None:
    if isinstance(rows, Rows):
        return steps(values, rows.sequences, processes)
    return steps(values, 0, processes) if int(values.get("max_steps") or -1) > 0 else None


def _largest_batch(values: Mapping[str, Any], rows: Rows | Trouble, key: str) -> int:
    """Return the tokens of the largest batch there can be, padding included; evaluation rows are taken to be alike."""
    batch = int(values.get(key) or BATCH)
    if isinstance(rows, Trouble) or not rows.lengths:
        return batch * int(values.get("cutoff_len") or CUTOFF_LEN)
    return batch * lengths.padded(rows.packed_length or max(rows.lengths))


def _evaluates(values: Mapping[str, Any]) -> bool:
    return str(values.get("eval_strategy") or "no") in ("steps", "epoch")


def _duration(values: Mapping[str, Any], arch: Architecture | None, rows: Rows | Trouble, planned: Steps | None,
              trainable: int | None, card: Card | None, root: Path) -> Duration | None:
    if arch is None or not trainable or card is None or planned is None or isinstance(rows, Trouble) \
            or not rows.lengths or not planned.total:
        return None
    length = float(rows.packed_length or lengths.batch_length(rows.lengths, planned.batch))
    operations = planned.sequences_seen * length * timing.operations_per_token(values, arch, trainable, length)
    operations += (_evaluations(values, planned) * rows.eval_rows * lengths.mean(rows.lengths)
                   * timing.forward_per_token(arch, length))
    return timing.duration(operations, values, card, planned.processes, root)


def _evaluations(values: Mapping[str, Any], planned: Steps) -> int:
    """Return how often a recipe that evaluates does so, the last time after training; steps below 1 are shares."""
    strategy = str(values.get("eval_strategy") or "no")
    if strategy == "epoch":
        return math.ceil(planned.epochs) + 1
    if strategy != "steps":
        return 0
    every = float(values.get("eval_steps") or values.get("logging_steps") or 500)
    return (int(1 / every) if every < 1 else int(planned.total // every)) + 1
