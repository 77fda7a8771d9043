"""Ways of training that exclude one another, and modules that the base does not have.

Source for what is refused: llamafactory 0.9.5, hparams/finetuning_args.py __post_init__ and hparams/parser.py
get_train_args.
"""

from __future__ import annotations

from collections.abc import Iterator

from mundap import architecture, schema_check
from mundap.errors import closest
from mundap.problem import Problem
from mundap.recipe import Recipe

_OPTIMISERS = ("use_galore", "use_apollo", "use_badam")
_LORA_ONLY = ("loraplus_lr_ratio", "use_rslora", "use_dora", "pissa_init")
_PAIRS = (("train_on_prompt", "mask_history"), ("predict_with_generate", "compute_accuracy"),
          ("do_predict", "eval_on_each_dataset"))
_SFT_ONLY = ("packing", "neat_packing", "train_on_prompt", "mask_history", "predict_with_generate")
_LLAMA = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "embed_tokens", "lm_head")
# Model families whose decoder layers name their linear modules as Llama's do.
_LLAMA_LIKE = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "gemma3_text")


def excludes(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each pair of settings that LLaMA-Factory refuses together."""
    values, kind = recipe.values, recipe.values.get("finetuning_type", "lora")
    if recipe.kind in ("train", "chat", "export") and values.get("adapter_name_or_path") and kind != "lora":
        yield recipe.problem(("adapter_name_or_path",), f"an adapter needs finetuning_type lora, not {kind}.",
                             "Write finetuning_type: lora, or take the line out.")
    if recipe.kind != "train":
        return
    yield from _excluded_methods(recipe, str(kind))
    for one, other in _PAIRS:
        if values.get(one) and values.get(other):
            yield recipe.problem((other,), f"does not go with {one}.", "Keep one of the two.")
    if values.get("train_on_prompt") and values.get("template") in schema_check.schema("train").get(
            "x-templates-with-efficient-eos", ()):
        yield recipe.problem(("train_on_prompt",), f"does not go with template {values['template']}, which ends all "
                             "answers of a conversation with one token.", "Take the line out, or name another template.")
    if recipe.values.get("stage", "sft") == "sft" and values.get("do_predict") \
            and not values.get("predict_with_generate"):
        yield recipe.problem(("do_predict",), "predictions cannot be saved without predict_with_generate.",
                             "Add: predict_with_generate: true")
    backend = values.get("infer_backend", "huggingface")
    if backend != "huggingface":
        yield recipe.problem(("infer_backend",), f"{backend} is for chat and api; a training that names it is "
                             "refused.", "Take the line out.")
    if values.get("interleave_probs") and values.get("mix_strategy", "concat") == "concat":
        yield recipe.problem(("interleave_probs",), "is for interleaved mixing, and mix_strategy is concat.",
                             "Write mix_strategy: interleave_under, or take the line out.")


def _excluded_methods(recipe: Recipe, kind: str) -> Iterator[Problem]:
    values = recipe.values
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
    if values.get("use_llama_pro") and kind == "full":
        yield recipe.problem(("use_llama_pro",), "trains added layers alone, and finetuning_type is full.",
                             "Write finetuning_type: freeze, or take the line out.")
    if values.get("use_kt") and kind != "lora":
        yield recipe.problem(("use_kt",), f"trains LoRA alone, and finetuning_type is {kind}.", "Take the line out.")
    if values.get("use_unsloth") and kind == "oft":
        yield recipe.problem(("use_unsloth",), "does not go with finetuning_type: oft.", "Take the line out.")
    for loader in ("use_unsloth", "use_kt"):
        if values.get(loader) and "," in str(values.get("adapter_name_or_path") or ""):
            yield recipe.problem(("adapter_name_or_path",), f"several adapters do not go with {loader}.",
                                 "Merge them first.")


def fits_stage(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key that its training stage does not know."""
    stage = recipe.values.get("stage", "sft")
    if recipe.kind == "train" and recipe.values.get("shift_attn"):
        yield recipe.problem(("shift_attn",), "needs transformers before 4.48, and this LLaMA-Factory needs 4.55.",
                             "Take the line out.")
    if recipe.kind != "train" or stage == "sft":
        return
    for key in _SFT_ONLY:
        # Pre-training packs by default and may say so.
        if recipe.values.get(key) and not (key == "packing" and stage == "pt"):
            yield recipe.problem((key,), f"is for stage sft alone; the stage is {stage}.", "Take the line out.")
    if stage == "ppo":
        yield recipe.problem(("stage",), "ppo needs trl 0.9.6 or older, and this LLaMA-Factory needs trl 0.18: it "
                             "cannot run.", "Use dpo or kto.")
    if stage in ("ppo", "kto") and recipe.values.get("pissa_init"):
        yield recipe.problem(("pissa_init",), f"PiSSA does not go with stage {stage}.", "Take the line out.")
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
        yield recipe.problem(("val_size",), f"{values['val_size']} must be a number of rows when they are streamed.",
                             "Write: val_size: 100")
    if values.get("max_samples"):
        yield recipe.problem(("max_samples",), "does not go with streaming.", "Take the line out; max_steps bounds "
                             "the run.")
