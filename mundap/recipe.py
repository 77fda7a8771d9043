"""A recipe: one YAML file's values with presets and `key=value` words laid over them, checked, defaults filled in.

Order: recipe < preset < command line. What kind of recipe a file is follows from its name: data, train, chat, export,
rag or eval, then anything after an underscore. What other files must agree with it is checked by rules/, not here.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from mundap import overrides as overlay
from mundap import schema_check, yaml_lines
from mundap.errors import ConfigError, closest
from mundap.paths import project_root, show
from mundap.problem import Problem, error_for
from mundap.yaml_lines import KeyPath

Kind = Literal["data", "train", "chat", "export", "rag", "eval"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Chat and export recipes are read by the same LLaMA-Factory dataclasses.
SCHEMA_OF: Mapping[str, str] = {"data": "data", "train": "train", "chat": "infer", "export": "infer", "rag": "rag",
                                "eval": "eval"}
# Only our own schemas hold defaults; LLaMA-Factory knows its own.
OURS = ("data", "rag", "eval")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A recipe as it will run. given holds what files and command line say; values adds the schema's defaults.

    presets and overrides are the names and words that were laid over the file, in their order.
    """

    kind: Kind
    path: Path
    project: Path
    given: Mapping[str, Any]
    values: dict[str, Any]
    origins: Mapping[KeyPath, str]
    presets: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the recipe's path as a person types it."""
        return show(self.path, self.project)

    def where(self, *path: str | int) -> str:
        """Return `file:line` of a key, or of the nearest key above it that is written down."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.origins:
                return self.origins[path[:end]]
        return self.name

    def problem(self, path: KeyPath, what: str, fix: str = "", *, code: str = "", later: bool = False) -> Problem:
        """Return a problem at one of this recipe's keys."""
        return Problem(where=self.where(*path), key=overlay.show(path), what=what, fix=fix, code=code, later=later)

    def findings(self) -> list[Problem]:
        """Return what the schema finds wrong with the recipe."""
        order = {key: place for place, key in enumerate(self.origins)}
        found = schema_check.findings(self.given, SCHEMA_OF[self.kind])
        found.sort(key=lambda one: order.get(one.path, -1))   # as they stand in the file; what is missing comes first
        return [self.problem(one.path, one.what, one.fix, code=one.code) for one in found]


def kind_of(path: Path) -> Kind | None:
    """Return the kind a file's name says it is, or None."""
    stem = path.stem.split("_", 1)[0]
    return stem if stem in KINDS else None


def load(path: str | Path, *, presets: Sequence[str] = (), overrides: Sequence[str] = (), kind: Kind | None = None
         ) -> Recipe:
    """Return a checked recipe.

    Raises:
        ConfigError: the file or a preset is missing or not YAML, the kind is unknown or not the one expected, or the
            schema forbids something; all of the schema's findings are told at once.
    """
    recipe = read(path, presets=presets, overrides=overrides)
    if kind is not None and recipe.kind != kind:
        raise ConfigError(f"is a {recipe.kind} recipe; a {kind} recipe is needed.", where=recipe.name,
                          fix=f"Give the {kind}.yaml beside it.")
    problems = recipe.findings()
    if problems:
        raise error_for(problems, recipe.name)
    return recipe


def read(path: str | Path, *, presets: Sequence[str] = (), overrides: Sequence[str] = ()) -> Recipe:
    """Return a recipe that the schema has not seen yet, for the checker.

    Raises:
        ConfigError: a file is missing or not YAML, or the file's name says no kind.
    """
    file = _find(Path(path))
    project = project_root(file.parent)
    kind = kind_of(file)
    if kind is None:
        raise ConfigError("the file name does not say what kind of recipe this is.", where=show(file, project),
                          fix=f"Begin it with one of {', '.join(KINDS)}: train.yaml, train_qwen3_lora.yaml.")
    values, origins = _layer({}, {}, file, show(file, project), keep_null=True)
    for preset in presets:
        over = preset_path(preset, project)
        values, origins = _layer(values, origins, over, show(over, project))
    for word in overrides:
        key, value = overlay.parse(word)
        values = overlay.put(values, key, value)
        origins = {at: line for at, line in origins.items() if at[:len(key)] != key}
        origins[key] = f"command line ({word})"
    full = schema_check.with_defaults(values, SCHEMA_OF[kind]) if kind in OURS else values
    return Recipe(kind=kind, path=file, project=project, given=values, values=full, origins=origins,
                  presets=tuple(presets), overrides=tuple(overrides))


def preset_path(name: str, project: Path) -> Path:
    """Return the file of a preset: a name in configs/presets, or a YAML file by its path.

    Raises:
        ConfigError: there is none of that name.
    """
    if name.endswith((".yaml", ".yml")):
        return _find(Path(name))
    folder = project / "configs" / "presets"
    known = sorted(file.stem for file in folder.glob("*.yaml"))
    if name not in known:
        raise ConfigError(f"there is no preset {name!r}.", where="command line",
                          fix=f"{closest(name, known)}Presets in configs/presets: {', '.join(known) or 'none'}.")
    return folder / f"{name}.yaml"


def sibling(recipe: Recipe, kind: Kind) -> Path | None:
    """Return the recipe of another kind in the same folder, or None when there is none."""
    file = recipe.path.parent / f"{kind}.yaml"
    return file if file.is_file() else None


def _layer(values: Mapping[str, Any], origins: Mapping[KeyPath, str], file: Path, name: str, *, keep_null: bool = False
           ) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """Return values and origins with a file laid over them."""
    loaded = yaml_lines.read(file, name=name)
    merged = loaded.values if keep_null else overlay.merge(values, loaded.values)
    return merged, {**origins, **{key: f"{name}:{line}" for key, line in loaded.lines.items()}}


def _find(path: Path) -> Path:
    """Return the absolute path of a recipe: as given, or from the project's root.

    Raises:
        ConfigError: there is no such file; names the nearest recipe.
    """
    for candidate in (path, project_root() / path):
        if candidate.is_file():
            return candidate.resolve()
    root = project_root()
    known = [show(file, root) for file in sorted((root / "configs").rglob("*.yaml"))]
    near = difflib.get_close_matches(path.as_posix(), known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Recipes are in {root / 'configs'}."
    raise ConfigError("there is no such recipe.", where=str(path), fix=hint)
