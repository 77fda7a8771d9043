"""A train recipe in LLaMA Board's form: every key in its field where the field can hold it, else in the extra arguments.

What the form then trains with is worked out at once (arguments.py) and held against the recipe, so that nothing is lost
unsaid: `Form.lost` are keys the Board cannot be told, `Form.added` what it sets on its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mundap.board import arguments, defaults, fields
from mundap.board.arguments import CUSTOM, EXTRA, FORCED, MAX_SAMPLES, STAGES, Model
from mundap.board.defaults import default, same
from mundap.board.fields import UNFIT, Field
from mundap.secret_keys import is_secret

DATA = "data"   # the workspace's link to the project
# Every run goes to a folder of its own, so that no adapter is overwritten; the recipe's own folder stays in the recipe.
ELSEWHERE = frozenset(("output_dir",))
_QUANTIZATION = ("quantization_bit", "quantization_method", "double_quantization")
_METHODS = ("bnb", "hqq", "eetq")
_EVALUATION = ("val_size", "eval_strategy", "eval_steps", "per_device_eval_batch_size")
_BOOSTERS = {"use_unsloth": "unsloth", "enable_liger_kernel": "liger_kernel"}
_COMPUTE = ("pure_bf16", "bf16", "fp16")
# Fields no recipe key stands behind; the same as on an untouched page.
_UNUSED = {"train.ds_stage": "none", "train.ds_offload": False,
           "train.image_max_pixels": "768*768", "train.image_min_pixels": "32*32",
           "train.video_max_pixels": "256*256", "train.video_min_pixels": "16*16"}
# What a field shows that has no default of its own.
_START = {"max_samples": str(MAX_SAMPLES), "lora_alpha": 16}
# Saved by the Board with the rest, and read by nothing of its own, or not to be written down.
_IDLE = ("train.project", "train.trackio_space_id", "train.hub_private_repo", "train.swanlab_link",
         "train.swanlab_api_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A filled form. elements are the Board's own ids, as it saves and loads them; the model's path is not among them.

    args is what the Board would train with. extra lists the keys that stand in the extra arguments; lost says why a
    key of the recipe is not in args, added what is in args and neither in the recipe nor a default.
    """

    elements: dict[str, Any]
    model: Model
    args: dict[str, Any]
    extra: tuple[str, ...]
    lost: dict[str, str]
    added: dict[str, Any]


def fill(values: Mapping[str, Any], project: Path) -> Form:
    """Return the form that trains what a resolved recipe (absolute paths) says."""
    told = {key: value for key, value in values.items()
            if key not in ELSEWHERE and not is_secret(key) and value != ""
            and (value is not None or default(key) is not None)}
    left = {key: value for key, value in told.items() if key != "model_name_or_path"}
    shown: dict[str, Any] = dict(_UNUSED)
    for part in (_data, _booster, _compute, _packing, _checkpoint, _quantization, _evaluation, _pissa, _reward, _stage):
        shown |= part(left, project)
    shown |= _group(fields.BASE, left)
    for group in (fields.VISION, *fields.GROUPS):
        shown |= _group(group, {})
    for group in fields.groups(told):
        shown |= _group(group, left)
        left = {key: value for key, value in left.items() if key not in {field.key for field in group}}
    if told.get("lora_alpha") is None:
        # LLaMA-Factory takes twice the rank where a recipe says nothing.
        shown["train.lora_alpha"] = min(2 * shown["train.lora_rank"], int(fields.LORA[1].high))
    extra = _extra(left)
    shown |= {"top.model_name": CUSTOM, EXTRA: json.dumps(extra, ensure_ascii=False, indent=1)}
    model = Model(path=str(told.get("model_name_or_path", "")))
    args = arguments.made(shown, model)
    return Form(elements=shown, model=model, args=args, extra=tuple(extra), lost=_lost(values, args),
                added=_added(told, args))


@cache
def elements() -> frozenset[str]:
    """Return the ids of every field that the Board of this version saves."""
    return frozenset(fill({"model_name_or_path": ""}, Path()).elements) | frozenset(_IDLE)


def _group(group: Iterable[Field], left: dict[str, Any]) -> dict[str, Any]:
    """Return a group's fields; keys that found room leave `left`, and the others' fields show the default."""
    found = {}
    for field in group:
        value = left.get(field.key)
        # A key that says null where its default is something else has no room in any field.
        shown = UNFIT if value is None and field.key in left else fields.shown(field, value)
        if shown is UNFIT:
            shown = _START.get(field.key, fields.shown(field, None))
        else:
            left.pop(field.key, None)
        found[field.element] = shown
    return found


def _extra(left: Mapping[str, Any]) -> dict[str, Any]:
    """Return the extra arguments: what has no field, and what the Board would otherwise set its own way.

    Two of the latter would change how the recipe runs: code that came with the model, and 16 processes for a few rows.
    """
    ours = {"trust_remote_code": False, "preprocessing_num_workers": None}
    kept = {key: value for key, value in (ours | dict(left)).items() if key not in FORCED or value != FORCED[key]}
    return {key: _survivor(key, value) for key, value in kept.items()}


def _data(left: dict[str, Any], project: Path) -> dict[str, Any]:
    names = _parts(left.pop("dataset", None))
    folder = str(left.pop("dataset_dir", DATA))
    return {"train.dataset": names, "train.dataset_dir": DATA if folder == str(project) else folder}


def _stage(left: dict[str, Any], project: Path) -> dict[str, Any]:
    stage = left.pop("stage", default("stage"))
    return {"train.training_stage": next(label for label, name in STAGES.items() if name == stage)}


def _booster(left: dict[str, Any], project: Path) -> dict[str, Any]:
    """Choose the one booster the list allows; a second one goes to the extra arguments."""
    for key, name in _BOOSTERS.items():
        if left.get(key) is True:
            del left[key]
            return {"top.booster": name}
    if left.get("flash_attn") == "fa2":
        del left["flash_attn"]
        return {"top.booster": "flashattn2"}
    return {"top.booster": "auto"}


def _compute(left: dict[str, Any], project: Path) -> dict[str, Any]:
    for key in _COMPUTE:
        if left.get(key) is True:
            del left[key]
            return {"train.compute_type": key}
    return {"train.compute_type": "fp32"}


def _packing(left: dict[str, Any], project: Path) -> dict[str, Any]:
    # Left out, it is on in pre-training and off elsewhere; the Board always says one or the other.
    pretraining = left.get("stage", default("stage")) == "pt"
    packing = left.pop("packing") if isinstance(left.get("packing"), bool) else pretraining
    return {"train.packing": packing or left.get("neat_packing") is True}


def _checkpoint(left: dict[str, Any], project: Path) -> dict[str, Any]:
    adapters = _parts(left.get("adapter_name_or_path"))
    peft = left.get("finetuning_type", default("finetuning_type")) in ("lora", "oft")
    if not peft or not all(os.sep in name for name in adapters):
        return {"top.checkpoint_path": []}   # the list would take a bare name for one of the Board's own runs
    left.pop("adapter_name_or_path", None)
    return {"top.checkpoint_path": adapters}


def _quantization(left: dict[str, Any], project: Path) -> dict[str, Any]:
    bit, method, double = (left.get(key) for key in _QUANTIZATION)
    method = method or "bnb"
    if not isinstance(bit, int) or method not in _METHODS or double is False:
        # Choosing bits on the page would switch double quantisation on; the extra arguments do not.
        return {"top.quantization_bit": "none", "top.quantization_method": "bnb"}
    for key in _QUANTIZATION:
        left.pop(key, None)
    return {"top.quantization_bit": str(bit), "top.quantization_method": method}


def _evaluation(left: dict[str, Any], project: Path) -> dict[str, Any]:
    """Use the slider for val_size only where all that it sets besides is what the recipe says."""
    size = left.get("val_size") or 0
    wanted = {"val_size": size, "eval_strategy": "steps", "eval_steps": left.get("save_steps", default("save_steps")),
              "per_device_eval_batch_size": left.get("per_device_train_batch_size",
                                                     default("per_device_train_batch_size"))}
    if not 1e-6 < size <= 1 or any(not same(key, left.get(key), value) for key, value in wanted.items()):
        return {"train.val_size": 0}
    for key in _EVALUATION:
        left.pop(key, None)
    return {"train.val_size": size}


def _pissa(left: dict[str, Any], project: Path) -> dict[str, Any]:
    chosen = [bool(left.get(key)) for key in ("pissa_init", "pissa_convert")]
    if left.get("finetuning_type", default("finetuning_type")) == "lora":
        left.pop("pissa_init", None)
        left.pop("pissa_convert", None)
    return {"train.use_pissa": all(chosen)}


def _reward(left: dict[str, Any], project: Path) -> dict[str, Any]:
    """Fill the list of reward models, which the Board reads in one stage only; other stages have no use for them."""
    models = _parts(left.get("reward_model")) if left.get("stage") == "ppo" else []
    if not models or not all(os.sep in name for name in models):
        return {"train.reward_model": []}
    del left["reward_model"]
    return {"train.reward_model": models}


def _survivor(key: str, value: Any) -> Any:
    """Return a value that comes through the Board: it drops false, but the number 0 means the same and stays."""
    return 0 if value is False and default(key) is not False and key not in arguments.KEPT \
        and defaults.kinds(key) <= {"boolean", "null"} else value


def _lost(values: Mapping[str, Any], args: Mapping[str, Any]) -> dict[str, str]:
    lost = {}
    for key, value in values.items():
        if key in ELSEWHERE or value is None and default(key) is None:
            continue
        if is_secret(key):
            lost[key] = "a secret is never written down"
        elif key == "dataset_dir" and args.get(key) == DATA:
            continue
        elif not same(key, value, args.get(key)):
            instead = args.get(key, default(key))
            lost[key] = ("the Board drops empty text" if value == "" else
                         f"the Board makes it {json.dumps(instead, ensure_ascii=False)}")
    return lost


def _added(told: Mapping[str, Any], args: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in args.items()
            if key not in told and key != "model_name_or_path" and defaults.known(key)
            and not same(key, value, None) and not (key == "packing" and value is False)
            and not (key == "lora_alpha" and value == 2 * args["lora_rank"])}


def _parts(value: Any) -> list[str]:
    names = value if isinstance(value, list) else str(value or "").split(",")
    return [str(name).strip() for name in names if str(name).strip()]
