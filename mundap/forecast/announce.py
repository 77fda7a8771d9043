"""The forecast of a training that is about to start, in a few lines; whatever goes wrong here stops no training."""

from __future__ import annotations

from collections.abc import Callable

from mundap.errors import MundapError
from mundap.forecast.forecast import forecasts
from mundap.forecast.words import short
from mundap.recipe import Recipe


def before_training(recipe: Recipe, *, say: Callable[[str], None]) -> None:
    """Say in a few lines what a training will do; a forecast that fails is said, and nothing is raised."""
    try:
        for line in short(forecasts([recipe], say=say)[0]):
            say(line)
    except MundapError as error:
        say(f"no forecast: {error.where + ': ' if error.where else ''}{error.what}")
    except Exception as error:   # a fault of the forecast's own must not cost anyone a training either
        say(f"no forecast: {type(error).__name__}: {error}")
