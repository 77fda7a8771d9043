"""The command that comes after a training, ready to paste: the export or chat recipe that stands beside the recipe.

train_x.yaml is followed by export_x.yaml. Where that recipe names another adapter than the one just trained, the
command names the right one.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from mundap import yaml_lines
from mundap.errors import ConfigError
from mundap.paths import resolve, show
from mundap.recipe import Kind

_AFTER: tuple[Kind, ...] = ("export", "chat")
_ADAPTER = "adapter_name_or_path"


def after_training(recipe: Path, output_dir: Path, project: Path) -> str:
    """Return the next command for a train recipe's file whose adapter lies in output_dir."""
    variant = recipe.stem.removeprefix("train")
    for kind in _AFTER:
        for name in (f"{kind}{variant}.yaml", f"{kind}.yaml"):
            beside = recipe.parent / name
            if beside.is_file():
                return " ".join([f"mundap {kind} {shlex.quote(show(beside, project))}",
                                 *_other_adapter(beside, output_dir, project)])
    return "mundap check"


def _other_adapter(file: Path, output_dir: Path, project: Path) -> list[str]:
    """Return the word that names the adapter just trained, when a recipe names another one."""
    try:
        named = yaml_lines.read(file).values.get(_ADAPTER)
    except ConfigError:
        return []
    # best_model and the like lie below the folder and are as good as it
    if not named or output_dir in (place := resolve(str(named), project), *place.parents):
        return []
    return [shlex.quote(f"{_ADAPTER}={show(output_dir, project)}")]
