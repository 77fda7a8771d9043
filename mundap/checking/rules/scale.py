"""Training on many devices: what DeepSpeed's stage 3 forbids, and files of settings that contradict the recipe.

Source for what is refused: llamafactory 0.9.5, hparams/parser.py get_train_args, model/adapter.py and
model/model_utils/quantization.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mundap import architecture
from mundap.paths import resolve
from mundap.problem import Problem
from mundap.recipe import Recipe

_ZERO3_FORBIDS = ("predict_with_generate", "pure_bf16", "pissa_init", "use_unsloth", "use_kt")
_DEEPSPEED_FORBIDS = ("use_galore", "use_apollo")
# In DeepSpeed's file, and in the recipe with the trainer's default; "auto" takes the recipe's.
_SAME = {"train_micro_batch_size_per_gpu": ("per_device_train_batch_size", 8),
         "gradient_accumulation_steps": ("gradient_accumulation_steps", 1), "gradient_clipping": ("max_grad_norm", 1.0)}


def settings_there(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a file of DeepSpeed settings that is missing or not JSON."""
    path = recipe.values.get("deepspeed")
    if recipe.kind != "train" or not isinstance(path, str):
        return
    if not resolve(path, recipe.project).is_file():
        yield recipe.problem(("deepspeed",), f"there is no file {path}.", "Use configs/deepspeed/z2.json or z3.json.")
    elif _settings(recipe) is None:
        yield recipe.problem(("deepspeed",), f"{path} is not a JSON object.", "Check commas and quotes.")


def zero3_can(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key that weights split over devices rule out."""
    values = recipe.values
    zero3 = _stage(recipe) == 3
    if recipe.kind != "train" or not (zero3 or values.get("fsdp")):
        return
    yield from _quantised(recipe, "DeepSpeed ZeRO-3" if zero3 else "FSDP")
    if not zero3:
        return
    for key in _ZERO3_FORBIDS:
        if values.get(key):
            yield recipe.problem((key,), "does not go with DeepSpeed ZeRO-3.",
                                 "Use configs/deepspeed/z2.json, or take the line out.")
    if "," in str(values.get("adapter_name_or_path") or ""):
        yield recipe.problem(("adapter_name_or_path",), "several adapters do not go with DeepSpeed ZeRO-3.",
                             "Merge them first.")


def deepspeed_can(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each optimiser that does not work under DeepSpeed."""
    values = recipe.values
    if recipe.kind != "train" or not values.get("deepspeed"):
        return
    for key in _DEEPSPEED_FORBIDS:
        if values.get(key):
            yield recipe.problem((key,), "does not go with DeepSpeed.", "Take out deepspeed or this line.")
    if values.get("use_badam") and values.get("badam_mode", "layer") == "ratio":
        yield recipe.problem(("badam_mode",), "ratio does not go with several processes.", "Write: badam_mode: layer")
    elif values.get("use_badam") and _settings(recipe) is not None and _stage(recipe) != 3:
        yield recipe.problem(("use_badam",), "goes with DeepSpeed ZeRO-3 alone.", "Use configs/deepspeed/z3.json.")


def settings_agree(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each value that DeepSpeed's file and the recipe both give, differently."""
    settings = _settings(recipe) if recipe.kind == "train" else None
    for theirs, (ours, default) in _SAME.items():
        value, mine = (settings or {}).get(theirs, "auto"), recipe.values.get(ours, default)
        if value != "auto" and value != mine:
            file = recipe.values.get("deepspeed")
            given = ours in recipe.values
            yield recipe.problem((ours if given else "deepspeed",), f"{mine if given else f'{ours} is {mine} and'} "
                                 f"differs from {theirs}: {value} in {file if isinstance(file, str) else 'deepspeed'}; "
                                 "the trainer stops at that.", f'Write "auto" for {theirs} there.')


def _quantised(recipe: Recipe, sharding: str) -> Iterator[Problem]:
    """Yield a problem for quantised weights other than 4 bits of bnb, which cannot be split over devices."""
    values = recipe.values
    bits, method = values.get("quantization_bit"), values.get("quantization_method", "bnb")
    if bits and (bits != 4 or method != "bnb"):
        yield recipe.problem(("quantization_bit",), f"{bits} bits of {method} do not go with {sharding}, which takes "
                             "4 bits of bnb alone.", "Use configs/deepspeed/z2.json, or 4 bits.")
    name = str(values.get("model_name_or_path", ""))
    found = architecture.find(name, recipe.project)
    if found is not None and found.quantized:
        yield recipe.problem(("model_name_or_path",), f"{name} comes quantised, which {sharding} refuses.",
                             "Use configs/deepspeed/z2.json, or the unquantised model with quantization_bit: 4.")


def _stage(recipe: Recipe) -> int:
    zero = (_settings(recipe) or {}).get("zero_optimization")
    stage = str(zero.get("stage", 0)) if isinstance(zero, Mapping) else "0"
    return int(stage) if stage.isdigit() else 0


def _settings(recipe: Recipe) -> Mapping[str, Any] | None:
    given = recipe.values.get("deepspeed")
    if isinstance(given, Mapping):
        return given
    if not isinstance(given, str):
        return None
    try:
        loaded = json.loads(resolve(given, recipe.project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return loaded if isinstance(loaded, dict) else None
