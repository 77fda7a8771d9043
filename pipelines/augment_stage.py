"""The `augment:` section in the data stage: more training rows, each held against its passages as every row is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.augment.augment import augment
from pipelines.augment.levels import by_instruction
from pipelines.augment.settings import load_settings
from pipelines.quality_stage import Sieve
from pipelines.rejects import Rejects
from pipelines.rows.row import Row
from pipelines.rows.settings import RowSettings


def augmented(rows: Sequence[Row], recipe: Mapping[str, Any], project: Path, settings: RowSettings, sieve: Sieve,
              rejects: Rejects) -> list[Row]:
    """Return the training rows followed by the augmented ones that pass the checks; without `augment:` as they are.

    Raises:
        ConfigError: the file of question endings is missing or wrong.
    """
    levels = {name: level.instruct(settings.instruction) for name, level in settings.levels.items()}
    wanted = load_settings(recipe, project, by_instruction(settings.instruction, levels) if levels else None)
    if wanted is None:
        return list(rows)
    made, _ = augment([row.record for row in rows], wanted)
    further = [Row(**{name: str(value) for name, value in record.items()}) for record in made[len(rows):]]
    for _ in further:
        rejects.attempt()
    return [*rows, *sieve.of_copies().sift(further, "train", rejects)]
