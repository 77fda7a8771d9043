"""From the arguments LLaMA Board trains with back to a recipe's values, with what the Board set on its own taken out.

A recipe that was opened is compared with what its untouched form would have trained with, so that only what was changed
on the page is a change; whatever the Board distorts or forces cancels out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mundap import factory
from mundap.board import defaults
from mundap.board.arguments import FORCED, MAX_SAMPLES
from mundap.board.defaults import default, same
from mundap.board.form import DATA, ELSEWHERE, fill
from mundap.paths import home, show
from mundap.secret_keys import is_secret

# Written down in a new recipe even where they are the default: what a reader looks for first.
_TOLD = frozenset(("stage", "finetuning_type", "lora_target", "lora_rank", "lora_alpha", "dataset", "dataset_dir",
                   "cutoff_len", "logging_steps", "save_steps", "per_device_train_batch_size", "learning_rate",
                   "gradient_accumulation_steps", "num_train_epochs", "lr_scheduler_type", "report_to", "seed"))
_BOARDS_DEEPSPEED = "llamaboard_cache/ds_"


def fresh(args: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return a recipe's values for arguments that began as no recipe; output_dir is left out."""
    given = local(args, project)
    values = {key: value for key, value in given.items()
              if defaults.known(key) and key not in ELSEWHERE and not is_secret(key) and value is not None
              and not _forced(key, value) and (key in _TOLD or not same(key, value, None))
              and not (key == "max_samples" and value == MAX_SAMPLES)
              and not (key == "packing" and value is False and given.get("stage") != "pt")}
    if values.get("save_strategy", "steps") != "steps":
        values.pop("save_steps", None)
    return values | {"trust_remote_code": False, "do_train": True}


def changed(args: Mapping[str, Any], values: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return what was changed on the page of a recipe with these values; None for a key that no longer holds."""
    found = _differing(args, values, project)
    # lora_alpha follows the rank where a recipe leaves it out: it is said only when it did not follow on the page.
    found |= _differing(args, {**values, **found}, project)
    for key in [key for key in found if values.get(key) is None]:
        rest = {name: value for name, value in found.items() if name != key}
        found = rest if not _differing(args, {**values, **rest}, project) else found
    return {key: _as_in(values.get(key), value) for key, value in found.items()
            if not (value is None and values.get(key) is None)}


def local(args: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return arguments as a recipe says them: paths from the project's root, true and false as such."""
    return {key: _local(key, value, project) for key, value in args.items()}


def not_taken(args: Mapping[str, Any]) -> list[str]:
    """Return the keys that are no key of a recipe, or hold a secret."""
    return [key for key in args if not defaults.known(key) or is_secret(key)]


def _differing(args: Mapping[str, Any], values: Mapping[str, Any], project: Path) -> dict[str, Any]:
    now = local(args, project)
    before = local(fill(factory.resolved(values, project), project).args, project)
    found = {}
    for key in dict.fromkeys((*now, *before)):
        value = now.get(key)
        if key in ELSEWHERE or is_secret(key) or not defaults.known(key) or _forced(key, value):
            continue
        if not same(key, value, before.get(key)):
            # What the Board drops because it is false is said as false, where that differs from leaving it out.
            found[key] = False if value is None and default(key) is False and values.get(key) is not None else value
    return found


def _forced(key: str, value: Any) -> bool:
    return key in FORCED and value == FORCED[key] and type(value) is type(FORCED[key])


def _local(key: str, value: Any, project: Path) -> Any:
    if isinstance(value, int) and defaults.kinds(key) <= {"boolean", "null"} and "boolean" in defaults.kinds(key):
        return bool(value)   # the extra arguments say 0 for false, which the Board would drop
    if key == "dataset_dir":
        return "." if value in (DATA, str(project)) else _path(str(value), project)
    if isinstance(value, str):
        return ",".join(_path(part, project) for part in value.split(","))
    return value


def _path(text: str, project: Path) -> str:
    """Return an absolute path as a person types it; the Board's own DeepSpeed files as ours; other text as it is."""
    if text.startswith(_BOARDS_DEEPSPEED):
        name = text.removeprefix(_BOARDS_DEEPSPEED).replace("_config", "")
        return f"configs/deepspeed/{name}"
    path = Path(text)
    return show(path, project) if path.is_absolute() and _below(path, (project, home(project))) else text


def _below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _as_in(before: Any, value: Any) -> Any:
    """Return a value in the shape the recipe had: a list stays a list."""
    return [part.strip() for part in value.split(",")] if isinstance(before, list) and isinstance(value, str) else value
