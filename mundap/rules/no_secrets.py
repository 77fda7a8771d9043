"""Keys and tokens come from the environment and never stand in a recipe, since recipes are committed and printed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mundap.problem import Problem
from mundap.recipe import Recipe

_SECRET = re.compile(r"(?:hub_token|api_key|secret|password|webhook_url)$")


def no_secrets(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key that would hold a secret; the value is not repeated."""
    for key, value in recipe.values.items():
        if _SECRET.search(key) and value:
            yield recipe.problem((key,), "a secret must not stand in a recipe.",
                                 "Take the line out and set an environment variable: HF_TOKEN for the hub, "
                                 "WANDB_API_KEY or SWANLAB_API_KEY for a tracker.")
