"""The statistics libraries of the eval extra, imported when first used: they take seconds to load."""

from __future__ import annotations

import importlib
from typing import Any

from mundap.errors import MissingExtra


def library(module: str) -> Any:
    """Return an imported module of scipy, statsmodels, krippendorff or scikit-learn.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra("the statistics of an evaluation", "eval", module.split(".")[0]) from error
