"""Where a recipe writes, and what it reads of other runs: nothing is overwritten, resumed or reused unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mundap import provenance
from mundap.errors import closest
from mundap.paths import GENERATED, resolve
from mundap.problem import Problem
from mundap.recipe import Recipe
from mundap.rules.neighbours import recipes, same_place


def fresh_output(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for an output folder with checkpoints that llamafactory-cli would silently go on from.

    A folder with mundap's own record is left to mundap train, which tells one run from another.
    """
    values = recipe.values
    if recipe.kind != "train" or not values.get("do_train") or not values.get("output_dir"):
        return
    if values.get("overwrite_output_dir") or values.get("resume_from_checkpoint"):
        return
    folder = resolve(str(values["output_dir"]), recipe.project)
    if any(folder.glob("checkpoint-*")) and not provenance.read_record(folder):
        yield recipe.problem(("output_dir",), f"{values['output_dir']} holds checkpoints; LLaMA-Factory would go on "
                             "from the last one without a word.", "Say which: overwrite_output_dir: true, or "
                             "resume_from_checkpoint: true, or another output_dir.")


def own_output(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a folder that two recipes of the project write to."""
    key = {"train": "output_dir", "export": "export_dir"}.get(recipe.kind)
    if key is None:
        return
    for other in recipes(recipe.project, recipe.kind):
        if other.path < recipe.path and same_place(recipe.values.get(key), other.values.get(key), recipe.project):
            yield recipe.problem((key,), f"{recipe.values[key]} is written by {other.where(key)} as well.",
                                 "Give each recipe a folder of its own.")


def tokenized_rows_wanted(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for prepared rows that would be used in place of the datasets named."""
    path = recipe.values.get("tokenized_path")
    if recipe.kind == "train" and path and recipe.values.get("dataset") \
            and resolve(str(path), recipe.project).exists():
        yield recipe.problem(("tokenized_path",), f"{path} is already there; its rows would be used and dataset, "
                             "template and cutoff_len passed over.", f"Remove {path}, or take the line out.")


def checkpoint_there(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a checkpoint to resume from that is not there."""
    path = recipe.values.get("resume_from_checkpoint")
    if recipe.kind == "train" and isinstance(path, str) and not resolve(path, recipe.project).is_dir():
        yield recipe.problem(("resume_from_checkpoint",), f"there is no folder {path}.",
                             "Name a checkpoint-N folder, or true for the last one in output_dir.")


def adapter_comes_from_somewhere(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for an adapter below saves/ that is neither there nor written by any train recipe."""
    adapters = recipe.values.get("adapter_name_or_path")
    if recipe.kind not in ("chat", "export") or not isinstance(adapters, str):
        return
    written = [str(train.values.get("output_dir", "")) for train in recipes(recipe.project, "train")]
    for adapter in (part.strip() for part in adapters.split(",")):
        local = Path(adapter).parts[:1] and Path(adapter).parts[0] in GENERATED
        known = any(same_place(adapter, one, recipe.project) or _below(adapter, one, recipe.project) for one in written)
        if local and not known and not resolve(adapter, recipe.project).is_dir():
            yield recipe.problem(("adapter_name_or_path",), f"no train recipe writes {adapter}.",
                                 closest(adapter, written).strip() or "Name the output_dir of a train recipe.")


def export_named(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for an export recipe without a folder to write, or with its own base or adapter as that."""
    values = recipe.values
    if recipe.kind != "export":
        return
    if not values.get("export_dir"):
        yield recipe.problem(("export_dir",), "this key is missing.", "Add: export_dir: exports/<name>")
    for key in ("model_name_or_path", "adapter_name_or_path"):
        if same_place(values.get("export_dir"), values.get(key), recipe.project):
            yield recipe.problem(("export_dir",), f"is the folder of {key}, which would be overwritten.",
                                 "Give the export a folder of its own.")


def _below(adapter: str, output_dir: str, project: Path) -> bool:
    """Return whether an adapter is a checkpoint or a best_model folder of an output_dir."""
    return bool(output_dir) and resolve(output_dir, project) in resolve(adapter, project).parents
