"""The other recipes of a project, which a rule compares a recipe with; files that cannot be read are passed over."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from mundap.paths import resolve
from mundap.recipe import Kind, Recipe, kind_of, read


def recipes(recipe: Recipe, kind: Kind) -> Iterator[Recipe]:
    """Yield every recipe of a kind under the project's configs/ and beside the recipe itself, by path."""
    files = {*(recipe.project / "configs").rglob(f"{kind}*.yaml"), *recipe.path.parent.glob(f"{kind}*.yaml")}
    for file in sorted(files):
        if kind_of(file) == kind and not {"presets", "prompts"} & set(file.parts):
            found = _read(file, file.stat().st_mtime_ns)
            if found is not None:
                yield found


def same_place(one: Any, other: Any, project: Path) -> bool:
    """Return whether two values of a recipe name the same folder."""
    return bool(one) and bool(other) and resolve(str(one), project) == resolve(str(other), project)


def below(adapter: Any, output_dir: Any, project: Path) -> bool:
    """Return whether an adapter is a checkpoint or a best_model folder of an output_dir."""
    return bool(adapter) and bool(output_dir) \
        and resolve(str(output_dir), project) in resolve(str(adapter), project).parents


def trained_by(recipe: Recipe) -> Recipe | None:
    """Return the train recipe that writes a chat or export recipe's adapter, or None."""
    adapter = recipe.values.get("adapter_name_or_path")
    for train in recipes(recipe, "train"):
        written = train.values.get("output_dir")
        if same_place(adapter, written, recipe.project) or below(adapter, written, recipe.project):
            return train
    return None


@lru_cache(maxsize=512)
def _read(file: Path, changed_ns: int) -> Recipe | None:
    try:
        return read(file)
    except ConfigError:
        return None   # the checker tells about that file itself
