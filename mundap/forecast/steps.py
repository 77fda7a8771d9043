"""How many optimisation steps a training takes, and what one of them holds.

Source: transformers 5.5.4, Trainer.set_initial_training_values; accelerate 1.11, BatchSamplerShard.__len__.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mundap import factory

# The trainer's defaults.
BATCH = 8   # for evaluating as well
_ACCUMULATION, _EPOCHS = 1, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The shape of a run. sequences are rows, or packs of rows; batches are what one process sees in an epoch."""

    sequences: int
    processes: int
    batch: int
    accumulation: int
    epochs: float
    batches: int
    total: int

    @property
    def total_batch(self) -> int:
        """Return how many sequences one optimisation step learns from."""
        return self.batch * self.accumulation * self.processes

    @property
    def sequences_seen(self) -> float:
        """Return how many sequences all processes work through in the whole run."""
        per_epoch = max(math.ceil(self.batches / self.accumulation), 1)
        if not self.sequences or not self.total:
            return float(self.total * self.total_batch)
        return self.total / per_epoch * self.sequences


def steps(values: Mapping[str, Any], sequences: int, processes: int = 1) -> Steps:
    """Return the steps of a resolved recipe over a number of sequences.

    Every process gets the same number of batches: what does not divide is filled up from the beginning, or dropped
    with dataloader_drop_last. The last, incomplete group of accumulated batches is a step of its own.
    """
    batch = int(values.get("per_device_train_batch_size") or BATCH)
    accumulation = int(values.get("gradient_accumulation_steps") or _ACCUMULATION)
    epochs = float(values.get("num_train_epochs") or _EPOCHS)
    drop = bool(values.get("dataloader_drop_last"))
    whole = sequences // batch if drop else math.ceil(sequences / batch)
    batches = whole // processes if drop else math.ceil(whole / processes)
    per_epoch = max(math.ceil(batches / accumulation), 1)
    limit = int(values.get("max_steps") or -1)
    total = limit if limit > 0 else math.ceil(epochs * per_epoch) if sequences else 0
    return Steps(sequences=sequences, processes=processes, batch=batch, accumulation=accumulation,
                 epochs=total / per_epoch if limit > 0 else epochs, batches=batches, total=total)


def process_count(values: Mapping[str, Any], env: Mapping[str, str]) -> int:
    """Return how many processes will train: as the launch variables say, else one for each visible GPU."""
    return factory.processes(values, env) * int(env.get("NNODES") or 1)
