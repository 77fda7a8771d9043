"""The plain way to ask a row at another level: the level's words follow the instruction, the answer stays.

A domain whose answers differ by level passes a hook of its own to `AugmentSettings.level`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from pipelines.augment.augment import LevelHook
from pipelines.augment.row_question import Record
from pipelines.quality.candidate import Candidate


def by_instruction(instruction: str, levels: Mapping[str, str]) -> LevelHook:
    """Return a hook that asks a row, which must have no level yet, at one of the levels (name -> its instruction)."""
    def at_level(record: Record, rng: random.Random) -> Record | None:
        row = Candidate(record=record)
        if row.text("level") or row.text("instruction") != instruction or not levels:
            return None
        name = rng.choice(sorted(levels))
        return {**record, "instruction": levels[name], "level": name}

    return at_level
