"""Make a recipe of what LLaMA Board ran or saved: the opened recipe's text with only the changed keys changed.

Without a recipe it began as, a new text is written in the house's order. Nothing is written over unasked, and what is
written has passed the schema.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import recipe as recipes
from mundap import schema_check, yaml_lines
from mundap.board import changes, recipe_text, source
from mundap.board.source import Source
from mundap.checking import rules
from mundap.errors import ConfigError
from mundap.paths import home, project_root, show
from mundap.problem import Problem, error_for

_SCHEMA_LINE = "# yaml-language-server: $schema="


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A recipe ready to be written: its text, and how it differs from what it was made from."""

    path: Path
    project: Path
    text: str
    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the recipe's path as a person types it."""
        return show(self.path, self.project)


def plan(found: Path, out: Path, *, like: Path | None = None, force: bool = False) -> Plan:
    """Return the recipe that a Board run or saved form would become; nothing is written.

    Raises:
        ConfigError: nothing is found there, out is no train recipe's name or is there already, or the values are not
            what the schema allows.
        LaunchError: see source.read.
    """
    path = _target(out, force=force)
    project = project_root(path.parent)
    read = source.read(_found(found, project), project)
    base = _base(read, like, project)
    if base is None:
        text, notes = _new(read, path, project)
        old, before = "", "nothing"
    else:
        file = recipes.load(base, kind="train").values
        old, before = base.read_bytes().decode("utf-8"), show(base, project)   # as bytes: line ends stay as they are
        text, notes = _changed(read, base, path, file, old)
    _require_sound(text, show(path, project))
    lines = difflib.unified_diff(old.splitlines(), text.splitlines(), before, show(path, project), n=0, lineterm="")
    return Plan(path=path, project=project, text=text, differences=tuple(lines), notes=(*read.notes, *notes))


def write(ready: Plan) -> list[Problem]:
    """Write the recipe, and return what the rules between files find wrong with it."""
    ready.path.parent.mkdir(parents=True, exist_ok=True)
    temporary = ready.path.with_name(ready.path.name + ".tmp")
    temporary.write_bytes(ready.text.encode("utf-8"))   # as bytes: the line ends of the recipe it was made from stay
    os.replace(temporary, ready.path)
    return rules.check(recipes.read(ready.path))


def _target(out: Path, *, force: bool) -> Path:
    path = (Path.cwd() / out).resolve()
    if recipes.kind_of(path) != "train" or path.suffix not in (".yaml", ".yml"):
        raise ConfigError("is no name for a train recipe.", where=str(out),
                          fix="Begin it with train: configs/demo/train_new.yaml.")
    if path.exists() and not force:
        raise ConfigError("is there already.", where=str(out), fix="Add --force to write over it, or name another.")
    return path


def _found(path: Path, project: Path) -> Path:
    """Return a path as given, or from the project's root or the home, as runs and workspaces are shown."""
    candidates = (path, project / path, home(project) / path)
    return next((one for one in candidates if one.exists()), path)


def _base(read: Source, like: Path | None, project: Path) -> Path | None:
    """Return the recipe whose text is kept: the one named, or the one that was opened, where it is still there."""
    if like is not None:
        return recipes.read(like).path
    named = read.opened.get("recipe")
    path = project / str(named)
    return path if named and path.is_file() else None


def _changed(read: Source, base: Path, path: Path, file: Mapping[str, Any], old: str) -> tuple[str, list[str]]:
    """Return the text of a recipe with what was changed on the page, and what is to be said about it."""
    project = project_root(path.parent)
    name = show(base, project)
    opened = read.opened if read.opened.get("recipe") == name else {}
    start: Mapping[str, Any] = opened.get("values", file)
    # What presets and the command line laid over the file when it was opened is part of what ran.
    laid = {key: start.get(key) for key in {*start, *opened.get("file", start)}
            if start.get(key) != opened.get("file", start).get(key)}
    edits = laid | changes.changed(read.args, start, project)
    edits = {key: value for key, value in edits.items() if value != file.get(key)}
    if path != base:
        old = _readdressed(old, base, path, project)
        edits["output_dir"] = _own_folder(str(file.get("output_dir", "")), path)
    notes = _notes(read, {**file, **edits}, project)
    if beside := _commented(old, edits, name):
        notes.append(f"a comment stands beside a value that is new; see whether it still holds: {', '.join(beside)}")
    return recipe_text.edited(old, edits, name=name), notes


def _commented(text: str, edits: Mapping[str, Any], name: str) -> list[str]:
    lines, numbers = text.splitlines(), yaml_lines.parse(text, name=name).lines
    return [key for key in edits if (key,) in numbers and " #" in lines[numbers[key,] - 1]]


def _new(read: Source, path: Path, project: Path) -> tuple[str, list[str]]:
    """Return the text of a recipe that began as none."""
    values = changes.fresh(read.args, project)
    values["output_dir"] = _own_folder("", path)
    notes = _notes(read, values, project)
    notes.append("no recipe is known that this began as; --like RECIPE keeps the comments of one")
    return recipe_text.new(values, _header(values, path, project)), notes


def _notes(read: Source, values: Mapping[str, Any], project: Path) -> list[str]:
    notes = []
    if left := changes.not_taken(read.args):
        notes.append(f"not taken over, being secrets or no keys of a recipe: {', '.join(left)}")
    if read.args.get("trust_remote_code") is True and not values.get("trust_remote_code"):
        notes.append("trust_remote_code was true there, as LLaMA Board sets it; the recipe says false")
    own = str(values.get("deepspeed", ""))
    if own.startswith("configs/") and not (project / own).is_file():
        notes.append(f"there is no {own} yet; it stands for the file of the same name in LLaMA Board's own folder")
    return notes


def _require_sound(text: str, name: str) -> None:
    loaded = yaml_lines.parse(text, name=name)
    found = schema_check.findings(loaded.values, "train")
    if found:
        raise error_for([Problem(where=f"{name}:{loaded.lines.get(one.path[:1], 1)}", key=str(one.path[0]),
                                 what=one.what, fix=one.fix) for one in found], name)


def _readdressed(text: str, base: Path, path: Path, project: Path) -> str:
    """Return a recipe's text with its opening comments naming the new file and finding the schema from there."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if not line.lstrip("\ufeff").startswith("#"):
            break
        if _SCHEMA_LINE in line:
            end = line[len(line.rstrip("\r\n")):]
            lines[number] = f"{line[:line.index(_SCHEMA_LINE)]}{_schema_line(path, project)}{end}"
        else:
            lines[number] = line.replace(show(base, project), show(path, project))
    return "".join(lines)


def _schema_line(path: Path, project: Path) -> str:
    schema = os.path.relpath(project / "configs" / "schema" / "train.schema.json", path.parent)
    return f"{_SCHEMA_LINE}{Path(schema).as_posix()}"


def _own_folder(before: str, path: Path) -> str:
    """Return an output folder for the new recipe: two that write to one folder would overwrite one another."""
    suffix = path.stem.partition("_")[2]
    if before:
        return f"{before}-{suffix or path.parent.name}"
    return f"saves/{path.parent.name}/{suffix or 'lora'}"


def _header(values: Mapping[str, Any], path: Path, project: Path) -> list[str]:
    name = show(path, project)
    return [_schema_line(path, project),
            f"# Makes: {_article(str(values.get('finetuning_type', 'lora')))} of {values['model_name_or_path']}, as set "
            "in LLaMA Board.",
            f"# Run:   mundap train {name}   (or: llamafactory-cli train {name})",
            f"# Needs: not measured; `mundap doctor --recipe {name}` says whether this machine has it.",
            "# Time:  not measured; `mundap check --data` forecasts it."]


def _article(method: str) -> str:
    return {"lora": "a LoRA adapter", "oft": "an OFT adapter", "freeze": "a partly tuned copy",
            "full": "a tuned copy"}.get(method, "an adapter")
