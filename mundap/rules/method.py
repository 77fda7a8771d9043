"""Ways of training that exclude one another, and modules that the base does not have.

Source for what is refused: llamafactory 0.9.5, hparams/finetuning_args.py __post_init__ and hparams/parser.py
get_train_args.
"""

from __future__ import annotations

from collections.abc import Iterator

from mundap import architecture
from mundap.errors import closest
from mundap.problem import Problem
from mundap.recipe import Recipe

_OPTIMISERS = ("use_galore", "use_apollo", "use_badam")
_LORA_ONLY = ("loraplus_lr_ratio", "use_rslora", "use_dora", "pissa_init")
_SFT_ONLY = ("packing", "neat_packing", "train_on_prompt", "mask_history", "predict_with_generate")
_LLAMA = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "embed_tokens", "lm_head")
# Model families whose decoder layers name their linear modules as Llama's do.
_LLAMA_LIKE = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "gemma3_text")


def excludes(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each pair of settings that LLaMA-Factory refuses together."""
    if recipe.kind != "train":
        return
    values, kind = recipe.values, recipe.values.get("finetuning_type", "lora")
    named = [key for key in _OPTIMISERS if values.get(key)]
    for key in named[1:]:
        yield recipe.problem((key,), f"does not go with {named[0]}.", "Keep one of the two.")
    for key in named:
        if kind == "lora":
            yield recipe.problem((key,), "trains whole weights and does not go with finetuning_type: lora.",
                                 "Write finetuning_type: full, or take the line out.")
    for key in _LORA_ONLY:
        if values.get(key) and kind != "lora":
            yield recipe.problem((key,), f"is for LoRA alone, and finetuning_type is {kind}.", "Take the line out.")
    if values.get("adapter_name_or_path") and kind != "lora":
        yield recipe.problem(("adapter_name_or_path",), f"an adapter needs finetuning_type lora, not {kind}.",
                             "Write finetuning_type: lora, or take the line out.")
    if values.get("train_on_prompt") and values.get("mask_history"):
        yield recipe.problem(("mask_history",), "does not go with train_on_prompt.", "Keep one of the two.")
    if values.get("predict_with_generate") and values.get("compute_accuracy"):
        yield recipe.problem(("compute_accuracy",), "does not go with predict_with_generate.", "Keep one of the two.")
    if values.get("do_predict") and not values.get("predict_with_generate"):
        yield recipe.problem(("do_predict",), "predictions cannot be saved without predict_with_generate.",
                             "Add: predict_with_generate: true")


def fits_stage(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key that its training stage does not know."""
    stage = recipe.values.get("stage", "sft")
    if recipe.kind != "train" or stage == "sft":
        return
    for key in _SFT_ONLY:
        # Pre-training packs by default and may say so.
        if recipe.values.get(key) and not (key == "packing" and stage == "pt"):
            yield recipe.problem((key,), f"is for stage sft alone; the stage is {stage}.", "Take the line out.")
    if stage == "ppo":
        yield recipe.problem(("stage",), "ppo needs trl 0.9.6 or older, and this LLaMA-Factory needs trl 0.18: it "
                             "cannot run.", "Use dpo or kto.")
    if stage in ("rm", "ppo") and recipe.values.get("load_best_model_at_end"):
        yield recipe.problem(("load_best_model_at_end",), f"stage {stage} does not support it.", "Take the line out.")


def modules_there(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each module under lora_target that the base's family does not have."""
    given, name = recipe.values.get("lora_target"), str(recipe.values.get("model_name_or_path", ""))
    if recipe.kind != "train" or not given or not name:
        return
    found = architecture.find(name, recipe.project)
    if found is None or found.model_type not in _LLAMA_LIKE:
        return
    targets = given if isinstance(given, list) else str(given).split(",")
    for target in (str(one).strip() for one in targets):
        if target and target != "all" and target.split(".")[-1] not in _LLAMA:
            yield recipe.problem(("lora_target",), f"a {found.model_type} model has no module {target!r}.",
                                 f"{closest(target, _LLAMA)}Choices: all, {', '.join(_LLAMA[:7])}.")


def streaming_bounded(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for streamed rows without what LLaMA-Factory needs to know beforehand."""
    values = recipe.values
    if recipe.kind != "train" or not values.get("streaming"):
        return
    if values.get("max_steps", -1) <= 0:
        yield recipe.problem(("streaming",), "streamed rows have no length, so max_steps must say when to end.",
                             "Add: max_steps: <number>")
    if 0 < (values.get("val_size") or 0) < 1:
        yield recipe.problem(("val_size",), "must be a number of rows when they are streamed.", "Write: val_size: 100")
    if values.get("max_samples"):
        yield recipe.problem(("max_samples",), "does not go with streaming.", "Take the line out; max_steps bounds "
                             "the run.")
