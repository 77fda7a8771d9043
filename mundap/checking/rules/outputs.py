"""Where a recipe writes, and what it reads of other runs: nothing is overwritten, resumed or reused unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mundap import provenance
from mundap.checking.rules.neighbours import below, recipes, same_place
from mundap.checking.rules.safety import reasoned
from mundap.errors import closest
from mundap.paths import GENERATED, resolve
from mundap.problem import Problem
from mundap.recipe import Recipe

# Source: llamafactory/extras/constants.py CHECKPOINT_NAMES (0.9.5).
_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin", "model.safetensors", "model.safetensors.index.json",
            "pytorch_model.bin", "pytorch_model.bin.index.json")


def fresh_output(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for an output folder with checkpoints that llamafactory-cli would silently go on from.

    A folder with mundap's own record is left to mundap train, which tells one run from another.
    """
    folder = _unsaid(recipe)
    if folder is not None and any(folder.glob("checkpoint-*")):
        yield recipe.problem(("output_dir",), f"{recipe.values['output_dir']} holds checkpoints; LLaMA-Factory would go on "
                             "from the last one without a word.", "Say which: overwrite_output_dir: true, or "
                             "resume_from_checkpoint: true, or another output_dir.")


def weights_kept(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for an output folder with weights but no checkpoint, at which llamafactory-cli stops."""
    folder = _unsaid(recipe)
    if folder is not None and not any(folder.glob("checkpoint-*")):
        kept = next((name for name in _WEIGHTS if (folder / name).is_file()), "")
        if kept:
            yield recipe.problem(("output_dir",), f"{recipe.values['output_dir']} holds {kept}; LLaMA-Factory would "
                                 "stop rather than write over it.", "Say overwrite_output_dir: true, or name another "
                                 "output_dir.")


def own_output(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a folder that two recipes of the project write to."""
    key = {"train": "output_dir", "export": "export_dir"}.get(recipe.kind)
    if key is None:
        return
    for other in recipes(recipe, recipe.kind):
        if other.path < recipe.path and same_place(recipe.values.get(key), other.values.get(key), recipe.project):
            yield recipe.problem((key,), f"{recipe.values[key]} is written by {other.where(key)} as well.",
                                 "Give each recipe a folder of its own.")


def tokenized_rows_wanted(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for prepared rows that would be used in place of the datasets named, and no comment says so."""
    path = recipe.values.get("tokenized_path")
    if recipe.kind == "train" and path and recipe.values.get("dataset") \
            and resolve(str(path), recipe.project).exists() and not reasoned(recipe, "tokenized_path"):
        yield recipe.problem(("tokenized_path",), f"{path} is already there; its rows would be used and dataset, "
                             "template and cutoff_len passed over.", f"Remove {path}, take the line out, or say beside "
                             "it that this is meant: # …")


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
    written = [str(train.values.get("output_dir", "")) for train in recipes(recipe, "train")]
    for adapter in (part.strip() for part in adapters.split(",")):
        local = Path(adapter).parts[:1] and Path(adapter).parts[0] in GENERATED
        known = any(same_place(adapter, one, recipe.project) or below(adapter, one, recipe.project) for one in written)
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


def _unsaid(recipe: Recipe) -> Path | None:
    """Return the output folder of a training that says neither overwrite nor resume, if mundap did not write it."""
    values = recipe.values
    if recipe.kind != "train" or not values.get("do_train") or not values.get("output_dir") \
            or values.get("overwrite_output_dir") or values.get("resume_from_checkpoint"):
        return None
    folder = resolve(str(values["output_dir"]), recipe.project)
    return None if provenance.read_record(folder) else folder

