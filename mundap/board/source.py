"""Read what LLaMA Board left behind: the arguments of a run, or a form saved on the page.

A run's folder holds training_args.yaml, which is what really ran; a saved form holds the fields, of which the same
arguments are worked out (arguments.py). Which recipe either began as is known from the workspace it was opened in.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mundap.board import arguments, workspace
from mundap.board.arguments import CUSTOM, Model
from mundap.board.form import elements
from mundap.board.opening import PAGE
from mundap.errors import ConfigError, LaunchError
from mundap.paths import home

ARGUMENTS = "training_args.yaml"
_LOOKUP_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was found: the arguments of LLaMA-Factory, and what the workspace remembers of the recipe opened in it."""

    path: Path
    args: dict[str, Any]
    opened: dict[str, Any]
    notes: tuple[str, ...] = ()


def read(path: Path, project: Path) -> Source:
    """Return what a run's folder, its training_args.yaml, or a saved form holds.

    Raises:
        ConfigError: nothing is there, or it is neither of the two.
        LaunchError: LLaMA-Factory did not say where a model of its list is.
    """
    file = _file(path)
    values = _yaml(file)
    if any(key.startswith("top.") or key.startswith("train.") for key in values):
        return _form(file, values)
    if "stage" not in values or "model_name_or_path" not in values:
        raise ConfigError("is neither a form that LLaMA Board saved nor the arguments of a run.", where=str(path),
                          fix="Give a folder below saves/ that holds training_args.yaml, or a file of "
                              "llamaboard_config/.")
    return Source(path=file, args=values, opened=_opened_for(file.parent.name, project))


def _file(path: Path) -> Path:
    if path.is_dir():
        path = path / ARGUMENTS
    if not path.is_file():
        raise ConfigError("there is no such file.", where=str(path),
                          fix="Give a run's folder (saves/<model>/<method>/<run>) or a file of llamaboard_config/.")
    return path.resolve()


def _yaml(file: Path) -> dict[str, Any]:
    """Return the file's values: the Board writes and reads plain safe YAML, where a recipe's numbers need more."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError("is not YAML.", where=str(file), fix="Save or run it again in LLaMA Board.") from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise ConfigError("is not a mapping of keys to values.", where=str(file),
                          fix="Save or run it again in LLaMA Board.")
    return found


def _form(file: Path, values: Mapping[str, Any]) -> Source:
    # A run's folder holds the form too, but only the workspace knows where the model is.
    folder = file.parent.parent
    opened = workspace.opened(folder)
    unknown = sorted(set(values) - elements())
    notes = (f"passed over, fields of another version of LLaMA Board: {', '.join(unknown)}",) if unknown else ()
    model = _model(values.get("top.model_name"), folder, file)
    return Source(path=file, args=arguments.made(values, model, where=str(file)), opened=opened, notes=notes)


def _model(name: Any, folder: Path, file: Path) -> Model:
    """Return the model a form means; the form holds its name alone, the workspace's settings its path."""
    settings = _yaml(folder / workspace.SETTINGS) if (folder / workspace.SETTINGS).is_file() else {}
    path = (settings.get("path_dict") or {}).get(name, "")
    if name == CUSTOM and path:
        return Model(path=path, cache_dir=settings.get("cache_dir"))
    if not isinstance(name, str) or name == CUSTOM:
        raise ConfigError("the form does not say where its model is.", where=str(file),
                          fix="Give the form in the workspace it was saved in, or the run's folder.")
    known = _ask(name)
    if not (path or known["path"]):
        raise ConfigError(f"LLaMA-Factory knows no model {name!r}.", where=str(file),
                          fix="Choose Custom on the page and give the model's path.")
    return Model(path=path or known["path"], name=name, vision=known["vision"], cache_dir=settings.get("cache_dir"))


def _ask(name: str) -> dict[str, Any]:
    """Return what LLaMA-Factory knows of a model in its list: a child process, since that list comes with torch."""
    from mundap import factory

    done = subprocess.run([sys.executable, str(PAGE), "model", name], capture_output=True, text=True,
                          timeout=_LOOKUP_S, env=factory.environment({}), check=False)
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        raise LaunchError(f"did not say where the model {name!r} is: {(done.stderr.splitlines() or ['nothing'])[-1]}",
                          where="llamafactory", fix="Check the installation: mundap doctor")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _opened_for(run: str, project: Path) -> dict[str, Any]:
    """Return what was opened for a run: its folder's name begins with the workspace's."""
    folder = home(project) / workspace.WORKSPACE / run.rpartition("_")[0]
    return workspace.opened(folder) if run.rpartition("_")[0] else {}

