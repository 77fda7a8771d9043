"""A recipe as it runs, written down: one flat file that bare llamafactory-cli takes, saying what it was made from.

Its paths are absolute and so this machine's. It is written beside every output, into every log, and by --save.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from mundap.provenance import write_text
from mundap.recipe import SCHEMA_OF, Recipe
from mundap.schema_check import SCHEMA_DIR
from mundap.yaml_lines import dump

_MADE = "# Resolved by mundap from "


def text(recipe: Recipe, values: Mapping[str, Any], file: Path) -> str:
    """Return the contents of a resolved recipe that is to stand at file: its schema, its origin, its values."""
    name = f"{SCHEMA_OF[recipe.kind]}.schema.json"
    own = recipe.project / "configs" / "schema" / name
    place = os.path.relpath(own if own.is_file() else SCHEMA_DIR / name, file.parent)
    laid = [f"presets: {', '.join(recipe.presets)}"] if recipe.presets else []
    laid += [f"command line: {shlex.join(recipe.overrides)}"] if recipe.overrides else []
    origin = "; ".join([recipe.name, *laid]).replace("\n", " ")
    return (f"# yaml-language-server: $schema={place}\n{_MADE}{origin}\n"
            f"# Run: llamafactory-cli {'export' if recipe.kind == 'export' else 'train'} {file.name}\n"
            + dump(dict(values)))


def save(recipe: Recipe, values: Mapping[str, Any], file: Path) -> None:
    """Write a resolved recipe where the user wants it.

    Raises:
        ConfigError: a file that was not made so stands there, or its folder is missing.
    """
    if not file.parent.is_dir():
        raise ConfigError("there is no such folder.", where=str(file.parent), fix="Make it first, or give another.")
    if file.exists() and _MADE not in file.read_text(encoding="utf-8", errors="replace"):
        raise ConfigError("this file was written by hand; it is not written over.", where=str(file),
                          fix="Give --save another name, for example train_resolved.yaml.")
    write_text(file, text(recipe, values, file.resolve()))
