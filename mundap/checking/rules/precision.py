"""Number formats, kernels and packing that a device or a version cannot do, and values that make no sense."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mundap import devices
from mundap.paths import resolve
from mundap.problem import Problem
from mundap.recipe import Recipe

# Lowest and highest sensible value of a key; None leaves an end open. Beyond them a run fails late or learns nothing.
RANGES: dict[str, tuple[float | None, float | None]] = {
    "learning_rate": (1e-9, 1e-1), "num_train_epochs": (1e-6, None), "per_device_train_batch_size": (1, None),
    "per_device_eval_batch_size": (1, None), "gradient_accumulation_steps": (1, None), "cutoff_len": (16, None),
    "lora_rank": (1, None), "lora_alpha": (1, None), "lora_dropout": (0, 0.999), "warmup_ratio": (0, 0.999),
    "max_samples": (1, None), "max_grad_norm": (0, None), "weight_decay": (0, 1), "save_total_limit": (1, None),
    "neftune_noise_alpha": (0, 1000), "dataloader_num_workers": (0, None), "preprocessing_num_workers": (1, None),
    "logging_steps": (1e-9, None), "eval_steps": (1e-9, None), "save_steps": (1e-9, None), "warmup_steps": (0, None),
    "temperature": (0, None), "max_new_tokens": (1, None), "repetition_penalty": (1e-6, 10), "top_p": (1e-9, 1),
    "export_size": (1, None)}

_STEPS = ("logging_steps", "eval_steps", "save_steps")


def in_range(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each number that no run could mean."""
    if recipe.kind not in ("train", "chat", "export"):
        return
    # Not by get: a key of the wrong type would silence the rule for the others.
    for key, value in recipe.values.items():
        if key not in RANGES or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        low, high = RANGES[key]
        if not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
            ends = " and ".join(f"{word} {end:g}" for word, end in (("at least", low), ("at most", high))
                                if end is not None)
            yield recipe.problem((key,), f"{value} must be {ends}.", "Correct the number.")
        elif key in _STEPS and value > 1 and value != int(value):
            yield recipe.problem((key,), f"{value} is neither a share of the run below 1 nor a number of steps.",
                                 f"Write {round(value)}.")


def one_format(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for two number formats at once."""
    values = recipe.values
    if recipe.kind == "train" and values.get("fp16") and (values.get("bf16") or values.get("pure_bf16")):
        yield recipe.problem(("fp16",), "does not go with bf16.", "Keep bf16 on cards from Ampere on, fp16 on older "
                             "ones.")


def cpu_can(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key that only a GPU can do, in a recipe for the CPU."""
    if recipe.kind != "train" or not recipe.values.get("use_cpu"):
        return
    for key, fix in (("fp16", "Write bf16: true instead."), ("pure_bf16", "Write bf16: true instead."),
                     ("tf32", "Take the line out."),
                     ("enable_liger_kernel", "Take the line out; its kernels are written for GPUs.")):
        if recipe.values.get(key):
            yield recipe.problem((key,), "needs a GPU, and use_cpu is true.", fix)
    if recipe.values.get("flash_attn") in ("fa2", "fa3"):
        yield recipe.problem(("flash_attn",), f"{recipe.values['flash_attn']} needs a GPU, and use_cpu is true.",
                             "Write: flash_attn: auto")


def cpu_said(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for bf16 or fp16 without use_cpu where there is no GPU and the base lies here to be trained.

    Recipes whose base is not on this machine are taken to be for another one.
    """
    values = recipe.values
    if recipe.kind != "train" or values.get("use_cpu") or not (values.get("bf16") or values.get("fp16")):
        return
    if devices.count() == 0 and resolve(str(values.get("model_name_or_path", "-")), recipe.project).is_dir():
        key = "bf16" if values.get("bf16") else "fp16"
        yield recipe.problem((key,), "needs a GPU unless use_cpu is true, and this machine has none.",
                             "Add use_cpu: true, or lay the preset over it: --preset cpu")


def packing_length(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for packed rows of a length that crashes 0.9.5 (upstream #10737)."""
    values = recipe.values
    if recipe.kind == "train" and (values.get("packing") or values.get("neat_packing")):
        length = values.get("cutoff_len", 2048)
        if length % 8:
            key = "cutoff_len" if "cutoff_len" in values else "packing"
            yield recipe.problem((key,), f"packing with cutoff_len {length} crashes LLaMA-Factory 0.9.5, which needs a "
                                 "multiple of 8.", f"Write: cutoff_len: {length // 8 * 8 or 8}")


def one_packed_row(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for neat packing with flash attention 2 and more than one row at a time.

    Source: llamafactory/data/collator.py SFTDataCollatorWith4DAttentionMask (0.9.5).
    """
    values = recipe.values
    size = values.get("per_device_train_batch_size", 8)
    if recipe.kind == "train" and values.get("neat_packing") and values.get("flash_attn") == "fa2" and size != 1:
        key = "per_device_train_batch_size" if "per_device_train_batch_size" in values else "neat_packing"
        yield recipe.problem((key,), f"neat_packing with flash_attn: fa2 takes one packed row at a time, not {size}.",
                             "Write: per_device_train_batch_size: 1, and raise gradient_accumulation_steps.")


def attention_there(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for flash attention 3, which 0.9.5 refuses for nearly every model."""
    if recipe.values.get("flash_attn") == "fa3" and "gpt-oss" not in str(recipe.values.get("model_name_or_path")):
        yield recipe.problem(("flash_attn",), "fa3 is refused by LLaMA-Factory 0.9.5 except for gpt-oss.",
                             "Write sdpa, PyTorch's own kernel, or fa2 with the flash-attn package.")


def sampling_meant(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a temperature of 0, which transformers refuses to sample with."""
    values = recipe.values
    if recipe.kind in ("chat", "export") and values.get("temperature") == 0 and values.get("do_sample") is not False:
        yield recipe.problem(("temperature",), f"{values['temperature']} cannot be sampled with.",
                             "Write do_sample: false instead, which is what 0 means.")
