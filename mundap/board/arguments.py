"""What LLaMA Board trains with: the arguments it makes of its form, worked out without starting it.

`made` follows the order in which the Board lays things over one another: its base fields, then the extra arguments,
then the groups in use. What is laid over the extra arguments cannot be set by them. A slow test holds the result
against the installed Board's own.
Source: llamafactory 0.9.5, webui/runner.py and webui/common.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mundap.board import fields
from mundap.board.fields import Field
from mundap.errors import ConfigError

STAGES = {"Supervised Fine-Tuning": "sft", "Reward Modeling": "rm", "PPO": "ppo", "DPO": "dpo", "KTO": "kto",
          "Pre-Training": "pt"}
# What the Board sets whatever the form says; extra arguments may still change it.
FORCED: Mapping[str, Any] = {"do_train": True, "preprocessing_num_workers": 16, "plot_loss": True,
                             "trust_remote_code": True, "ddp_timeout": 180000000,
                             "include_num_input_tokens_seen": True}
MAX_SAMPLES = 100000   # what the box for it says before anyone touches it
# False, null and empty text are dropped from the arguments, except for these keys.
KEPT = frozenset(("packing", "enable_thinking", "use_reentrant_gc", "double_quantization", "freeze_vision_tower",
                  "freeze_multi_modal_projector"))
EXTRA = "train.extra_args"
CUSTOM = "Custom"
SAVES = "saves"
_Pairs = Iterator[tuple[str, Any]]
DEEPSPEED = "llamaboard_cache/ds_z{stage}_{offload}config.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The model chosen at the top of the page: its name in the Board's list, or Custom, and where it is.

    vision: it is one of those for which the Board also sets what concerns pictures.
    """

    path: str
    name: str = CUSTOM
    vision: bool = False
    cache_dir: str | None = None


def made(form: Mapping[str, Any], model: Model, *, where: str = "LLaMA Board") -> dict[str, Any]:
    """Return the arguments the Board would train with, without output_dir, which a saved form does not hold.

    Raises:
        ConfigError: a field holds what the Board itself could not read.
    """
    try:
        args = _base(form, model) | dict(FORCED) | extra(form)
        _lay_over(args, form, model)
    except KeyError as error:
        raise ConfigError(f"the field {error.args[0]} is missing.", where=where,
                          fix="Save the form again with LLaMA Board 0.9.5.") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"a field cannot be read: {error}.", where=where,
                          fix="Open it in the Board and correct the number or the JSON.") from error
    return cleaned(args)


def cleaned(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without what the Board drops before it writes them down."""
    return {key: value for key, value in args.items()
            if key in KEPT or not (value is None or value is False or value == "")}


def extra(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the extra arguments of a form.

    Raises:
        ValueError: they are not a JSON object.
    """
    loaded = json.loads(form[EXTRA])
    if not isinstance(loaded, dict):
        raise ValueError("the extra arguments are no JSON object")
    return loaded


def place(model: Model, finetuning_type: str, name: str) -> str:
    """Return the folder the Board means by the name of a run or checkpoint; a path stands for itself."""
    if os.sep in name:
        return name
    return os.path.join(SAVES, *(part.replace(" ", "") for part in (model.name, finetuning_type, name)))


def _base(form: Mapping[str, Any], model: Model) -> dict[str, Any]:
    booster, compute = form["top.booster"], form["train.compute_type"]
    return _read(fields.BASE, form) | {
        "stage": _stage(form["train.training_stage"]), "model_name_or_path": model.path, "cache_dir": model.cache_dir,
        "dataset_dir": form["train.dataset_dir"], "dataset": ",".join(form["train.dataset"]),
        "flash_attn": "fa2" if booster == "flashattn2" else "auto", "use_unsloth": booster == "unsloth",
        "enable_liger_kernel": booster == "liger_kernel",
        "packing": form["train.packing"] or form["train.neat_packing"],
        **{kind: compute == kind for kind in ("fp16", "bf16", "pure_bf16")}}


def _stage(label: str) -> str:
    if label not in STAGES:
        raise ValueError(f"there is no stage {label!r}")
    return STAGES[label]


def _lay_over(args: dict[str, Any], form: Mapping[str, Any], model: Model) -> None:
    """Lay what comes after the extra arguments over them."""
    peft = form["top.finetuning_type"] in ("lora", "oft")
    if form["top.checkpoint_path"]:
        chosen = _places(form["top.checkpoint_path"], form, model)
        args["adapter_name_or_path" if peft else "model_name_or_path"] = chosen
    if form["top.quantization_bit"] != "none":
        args |= {"quantization_bit": int(form["top.quantization_bit"]), "double_quantization": True,
                 "quantization_method": form["top.quantization_method"]}
    if args["stage"] == "ppo":
        args |= {"reward_model": _places(form["train.reward_model"], form, model), "top_k": 0, "top_p": 0.9,
                 "reward_model_type": "lora" if form["top.finetuning_type"] == "lora" else "full"}
    for group in fields.groups(args):
        args |= _read(group, form)
    for lay in (_pissa, _vision, _evaluation, _deepspeed):
        args |= dict(lay(args, form, model))


def _pissa(args: Mapping[str, Any], form: Mapping[str, Any], model: Model) -> _Pairs:
    if args["finetuning_type"] == "lora":
        yield "pissa_init", form["train.use_pissa"]
        yield "pissa_convert", form["train.use_pissa"]


def _vision(args: Mapping[str, Any], form: Mapping[str, Any], model: Model) -> _Pairs:
    if model.vision:
        yield from _read(fields.VISION, form).items()
        for key in fields.PIXELS:
            sides = [int(side) for side in form[f"train.{key}"].split("*")[:2]]
            yield key, sides[0] * (sides[1] if len(sides) > 1 else 1)


def _evaluation(args: Mapping[str, Any], form: Mapping[str, Any], model: Model) -> _Pairs:
    if form["train.val_size"] > 1e-6 and args["stage"] != "ppo":
        yield "val_size", form["train.val_size"]
        yield "eval_strategy", "steps"
        yield "eval_steps", args["save_steps"]
        yield "per_device_eval_batch_size", args["per_device_train_batch_size"]


def _deepspeed(args: Mapping[str, Any], form: Mapping[str, Any], model: Model) -> _Pairs:
    if form["train.ds_stage"] != "none":
        yield "deepspeed", DEEPSPEED.format(stage=form["train.ds_stage"],
                                            offload="offload_" if form["train.ds_offload"] else "")


def _places(chosen: Any, form: Mapping[str, Any], model: Model) -> str:
    names = chosen if isinstance(chosen, list) else [chosen]
    return ",".join(place(model, form["top.finetuning_type"], name) for name in names)


def _read(group: tuple[Field, ...], form: Mapping[str, Any]) -> dict[str, Any]:
    return {field.key: fields.meant(field, form[field.element]) for field in group}
