"""The `augment:` section of data.yaml, its file of endings read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundap.paths import resolve
from pipelines.augment.augment import AugmentSettings, LevelHook
from pipelines.augment.paraphrase import load_endings


def load_settings(recipe: Mapping[str, Any], project: Path, level: LevelHook | None = None) -> AugmentSettings | None:
    """Return the recipe's settings, None where it has no `augment:`. level: how its rows are asked at another level.

    Raises:
        ConfigError: the file of endings is missing or wrong.
    """
    given = recipe.get("augment")
    if given is None:
        return None
    endings = load_endings(resolve(given["endings"], project)) if given["ways"].get("paraphrase") else {}
    return AugmentSettings(share=given["share"], ways=given["ways"], endings=endings, level=level, seed=recipe["seed"])
