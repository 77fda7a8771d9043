"""A train recipe's datasets are in dataset_info.json and their files are there."""

from __future__ import annotations

from collections.abc import Iterator

from mundap import dataset_info, yaml_lines
from mundap.errors import ConfigError, closest
from mundap.paths import show
from mundap.problem import Problem
from mundap.recipe import Recipe, kind_of


def datasets_registered(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each dataset name without an entry and for each entry without its file."""
    folder = dataset_info.folder(recipe.values, recipe.project)
    if recipe.kind != "train" or folder is None:
        return
    try:
        entries = dataset_info.read(folder)
    except ConfigError as error:
        yield recipe.problem(("dataset_dir",), f"{error.where}: {error.what}", error.fix)
        return
    for key in ("dataset", "eval_dataset"):
        for name in dataset_info.named(recipe.values, key):
            if name not in entries:
                yield recipe.problem((key,), f"'{name}' is not registered in dataset_info.json.",
                                     f"{closest(name, entries)}Registered: {', '.join(sorted(entries))}.")
                continue
            place = dataset_info.source(entries[name], folder)
            if place is not None and not place.exists():
                maker = _maker(name, recipe)
                fix = f"Make it with: mundap data {maker}" if maker else "Put it there, or correct its file_name."
                yield recipe.problem((key,), f"{show(place, recipe.project)} is not there.", fix, later=bool(maker))


def _maker(name: str, recipe: Recipe) -> str:
    """Return the data recipe that writes a dataset, or an empty text."""
    for file in sorted((recipe.project / "configs").rglob("data*.yaml")):
        if kind_of(file) != "data":
            continue
        try:
            rows = yaml_lines.read(file).values.get("rows") or {}
        except ConfigError:
            continue   # the checker tells about that file itself
        if isinstance(rows, dict) and name in (rows.get("dataset"), f"{rows.get('dataset')}_eval"):
            return show(file, recipe.project)
    return ""
