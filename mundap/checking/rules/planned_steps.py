"""How many optimisation steps a recipe comes to, from the rows on disk; only where that can be told for certain."""

from __future__ import annotations

import math

from mundap import dataset_info
from mundap.checking.rules import dataset_rows
from mundap.errors import ConfigError
from mundap.forecast.steps import steps
from mundap.recipe import Recipe


def planned_steps(recipe: Recipe) -> int | None:
    """Return the steps on one device, or None: packed or streamed rows, files that are not here, no rows named.

    More devices make fewer steps, so this is the most there can be.
    """
    values = recipe.values
    if recipe.kind != "train" or not values.get("do_train"):
        return None
    if values.get("max_steps", -1) > 0:
        return int(values["max_steps"])
    # Pre-training packs unless it is told not to.
    packed = values.get("packing", values.get("stage") == "pt") or values.get("neat_packing")
    if packed or values.get("streaming"):
        return None
    rows = _rows(recipe)
    if rows is None:
        return None
    held = values.get("val_size") or 0
    size, gathered, epochs = (values.get(key, default) for key, default in (
        ("per_device_train_batch_size", 8), ("gradient_accumulation_steps", 1), ("num_train_epochs", 3.0)))
    if not all(math.isfinite(number) for number in (held, epochs)) or min(size, gathered, epochs) <= 0 or held < 0:
        return None   # told by another rule
    rows -= math.ceil(rows * held) if held < 1 else int(held)
    return steps(values, rows).total or None


def _rows(recipe: Recipe) -> int | None:
    folder = dataset_info.folder(recipe.values, recipe.project)
    if folder is None:
        return None
    try:
        entries = dataset_info.read(folder)
    except ConfigError:
        return None
    total, most = 0, recipe.values.get("max_samples")
    for name in dataset_info.named(recipe.values, "dataset"):
        place = dataset_info.source(entries[name], folder) if name in entries else None
        found = dataset_rows.count(place) if place is not None and place.is_file() else None
        if found is None:
            return None
        wanted = entries[name].get("num_samples") or found
        if not isinstance(wanted, int):
            return None
        found = wanted
        total += min(found, most) if most else found
    return total or None
