"""Run an older training again from nothing but its folder, into a new one, and compare the losses.

The resolved recipe beside the adapter says what ran, the record beside it on what: hashes of the rows, identity of the
base model, versions, processes. Other rows or another model make another run and are refused; other versions are told.
On a CPU the same seed gives the same losses to the last digit; on a GPU the order of additions may differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import provenance, yaml_lines
from mundap.errors import ConfigError
from mundap.factory import PLACES
from mundap.paths import home, project_root, resolve, show
from mundap.recipe import Recipe
from mundap.training import history, next_step, train
from mundap.training.train import Mode, Say, Summary

_HOW = ("overwrite_output_dir", "resume_from_checkpoint")   # how that run started, not what it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """An older run ready to be made again. refusals make it another run; warnings may change its last digits.

    recipe is the resolved one; first_recipe names the file it was resolved from.
    """

    recipe: Recipe
    folder: Path
    first_recipe: str
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]


def prepare(folder: Path, *, out: Path | None = None) -> Rerun:
    """Return a folder's run as a recipe that writes elsewhere, with every difference between then and now.

    Raises:
        ConfigError: the folder holds no run of ours, or out is that very folder.
    """
    folder = _found(folder)
    record = provenance.read_record(folder)
    file = folder / provenance.RESOLVED
    if "fingerprint" not in record or not file.is_file():
        raise ConfigError("this folder holds no run that mundap has recorded.", where=str(folder),
                          fix=f"Give an output_dir with {provenance.RECORD} and {provenance.RESOLVED} in it.")
    project = project_root()
    name = show(file, project)
    loaded = yaml_lines.read(file, name=name)
    given = {key: value for key, value in loaded.values.items() if key not in _HOW}
    values = _moved(given, record, project)
    target = resolve(str(out), project) if out is not None else _free(folder)
    if target == folder:
        raise ConfigError("a rerun into the same folder would destroy what it is compared with.", where=f"--out {out}",
                          fix="Leave --out out, or give a new folder.")
    values["output_dir"] = str(target)
    if values.get("dataset"):
        values.pop("tokenized_path", None)   # that run prepared these rows; from the same datasets they are the same
    recipe = Recipe(kind="train", path=file, project=project, given=values, values=values,
                    origins={path: f"{name}:{line}" for path, line in loaded.lines.items()},
                    presets=tuple(record.get("presets", ())), overrides=tuple(record.get("overrides", ())))
    refusals, warnings = _compared(values, record, project)
    return Rerun(recipe=recipe, folder=folder, first_recipe=str(record.get("recipe", "")), refusals=refusals,
                 warnings=warnings)


def run(ready: Rerun, *, mode: Mode = "ask", force: bool = False, say: Say = lambda line: None, live: bool = False
        ) -> Summary:
    """Train again and return what it came to.

    Raises:
        ConfigError: rows or model are others than then, and force is not given; or see train.run.
    """
    place = show(ready.folder, ready.recipe.project)
    if ready.refusals and not force:
        raise ConfigError("\n".join(["this run cannot be made again:", *ready.refusals]), where=place,
                          fix="Bring them back as they were, or train with what is here now: --force")
    for difference in (*ready.refusals, *ready.warnings):
        say(f"unlike then: {difference}")
    project = ready.recipe.project
    note = {"recipe": ready.first_recipe, "rerun_of": place, "unlike_then": [*ready.refusals, *ready.warnings]}
    summary = train.run(ready.recipe, mode=mode, say=say, live=live, note=note, told=True)
    # What comes next stands beside the recipe, not beside the folder.
    following = next_step.after_training(resolve(ready.first_recipe, project), summary.output_dir, project)
    return dataclasses.replace(summary, next_command=following)


def compared_losses(before: Path, now: Path) -> str:
    """Return in one line whether two runs logged the same training losses."""
    then, again = history.losses(before), history.losses(now)
    common = sorted(then.keys() & again.keys())
    if not common:
        return "losses: no step was logged by both runs"
    unequal = [step for step in common if then[step] != again[step]]
    if not unequal:
        return f"losses: the same as the first run's at all {len(common)} logged steps"
    step = unequal[0]
    largest = max(abs(then[one] - again[one]) for one in unequal)
    return (f"losses: unlike the first run's from step {step} on ({then[step]!r} then, {again[step]!r} now), "
            f"at most {largest:.2g} apart")


def _found(folder: Path) -> Path:
    """Return a folder's absolute path: as given, or as a recipe would name it."""
    return folder.resolve() if folder.is_dir() else resolve(str(folder), project_root())


def _free(folder: Path) -> Path:
    """Return the first free name after <folder>-rerun."""
    free, number = folder.with_name(f"{folder.name}-rerun"), 2
    while free.exists():
        free, number = folder.with_name(f"{folder.name}-rerun{number}"), number + 1
    return free


def _moved(values: Mapping[str, Any], record: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return values with the paths of a project that has moved since; a place that is still there stays."""
    roots = [(record.get("home"), home(project)), (record.get("project"), project)]
    moved = dict(values)
    for key in PLACES:
        if isinstance(moved.get(key), str):
            moved[key] = ",".join(_at(part, roots) for part in moved[key].split(","))
    return moved


def _at(place: str, roots: Sequence[tuple[Any, Path]]) -> str:
    path = Path(place)
    if not path.is_absolute() or path.exists():
        return place
    for before, now in roots:
        if before and path.is_relative_to(before) and (now / path.relative_to(before)).exists():
            return str(now / path.relative_to(before))
    return place


def _compared(values: Mapping[str, Any], record: Mapping[str, Any], project: Path
              ) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what makes this another run, and what may only change its last digits."""
    refusals = [
        *_unequal("the rows of {name}", record.get("datasets"), provenance.dataset_hashes(values, project)),
        *_unequal("how dataset_info.json reads {name}", record.get("entries"),
                  provenance.dataset_entries(values, project)),
        *_unequal("{name}", record.get("models"), provenance.model_identities(values, project))]
    now = provenance.versions()
    then = record.get("versions") or {}
    warnings = [f"{name} was {then.get(name, 'not installed')}, is {now.get(name, 'not installed')}"
                for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
    machine, here = record.get("machine") or {}, train.machine_used(values)
    warnings += [f"{name} was {machine[name]}, is {here[name]}" for name in here
                 if name in machine and machine[name] != here[name]]
    if record.get("resumed_from"):
        warnings.append(f"that run went on from {record['resumed_from']}; this one starts from the beginning")
    return tuple(refusals), tuple(warnings)


def _unequal(words: str, then: Any, now: Mapping[str, Any]) -> list[str]:
    """Return a line for every name under which something else is found now; none when then was not recorded."""
    if not isinstance(then, dict):
        return [words.format(name="everything") + ": that run did not record it"]
    return [f"{words.format(name=name)}: {_short(then.get(name))} then, {_short(now.get(name))} now"
            for name in sorted({*then, *now}) if then.get(name) != now.get(name)]


def _short(identity: Any) -> str:
    """Return an identity as a person compares it: a hash by its first letters."""
    if identity in (None, "", []):
        return "missing"
    text = ", ".join(map(str, identity)) if isinstance(identity, list) else str(identity)
    return text[:12] if len(text) == 64 and " " not in text else text
