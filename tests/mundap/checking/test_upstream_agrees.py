"""LLaMA-Factory's own parser as the judge of our rules: it refuses what they say it refuses, and takes what they pass.

Mistakes that its parser does not see (they fail later, or never) are not asked about here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mundap import factory, yaml_lines
from mundap.recipe import Recipe, kind_of, read
from tests.mundap.checking import broken_case
from tests.mundap.checking.broken_case import Case
from tests.mundap.checking.rules.test_near_misses import GOOD
from tests.mundap.checking.test_upstream_examples import FAULTY, RECIPES, kind

# A case of the corpus, and words of the parser's refusal. It tells one mistake at a time, so a case with many has one.
REFUSED = {
    "MD010-command-line-style": "['--learning_rate']",
    "MD010-extends": "['extends']",
    "MD010-misspelt-key": "['lora_alhpa', 'lora_rnak']",
    "MD010-stop-phrases": "['stop']",
    "MD011-adapters-as-a-list": "no attribute 'split'",
    "MD012-bare-no": "False is not a valid IntervalStrategy",
    "MD015-keys-of-other-programs": "['batch_size', 'load_in_4bit', 'lora_r', 'max_seq_length']",
    "MD015-keys-of-other-releases": "'evaluation_strategy', 'group_by_length', 'include_tokens_per_second', 'no_cuda', "
                                    "'save_safetensors'",
    "MD015-wrapped-layers": "['fsdp_transformer_layer_cls_to_wrap']",
    "MD016-train-keys-in-export": "['bf16', 'learning_rate', 'output_dir']",
    "MD110-nothing-to-train-on": "Please specify dataset for training",
    "MD302-taken-from-nothing": "Cannot specify `val_size` if `dataset` is None",
    "MD302-two-sources": "Cannot specify `val_size` if `eval_dataset` is not None",
    "MD303-no-rows-to-evaluate": "make sure eval_dataset be provided",
    "MD303-no-rows-to-predict": "make sure eval_dataset be provided",
    "MD305-share-beside-steps": "mixing ratio and absolute steps",
    "MD305-steps-differ": "not a round multiple of 40",
    "MD305-strategies-differ": "requires the save and eval strategy to match",
    "MD407-weights-there": "Output directory already exists and is not empty",
    "MD502-gptq-without-rows": "Quantization dataset is necessary",
    "MD503-around-an-adapter": "FP8 training is not compatible with quantization",
    "MD503-chat-with-vllm": "does not support bnb quantization",
    "MD503-device-map": "Cannot use device map for quantized models in training",
    "MD503-whole-weights": "only compatible with the LoRA or OFT method",
    "MD510-backend-in-training": "only available for API, CLI and Web",
    "MD510-chat-with-an-adapter-of-full": "Adapter is only valid for the LoRA method",
    "MD510-lora-keys-without-lora": "`use_llama_pro` is only valid for Freeze or LoRA",
    "MD510-masks": "`mask_history` is incompatible with `train_on_prompt`",
    "MD510-metrics": "Cannot use `predict_with_generate` and `compute_accuracy`",
    "MD510-optimisers": "Cannot use LoRA with GaLore, APOLLO or BAdam",
    "MD510-predictions-not-generated": "enable `predict_with_generate` to save model predictions",
    "MD510-probabilities-without-mixing": "only valid for interleaved mixing",
    "MD511-reward-model": "RM and PPO stages do not support `load_best_model_at_end`",
    "MD513-streamed": "Streaming mode should have an integer val size",
    "MD601-out-of-range": "requires non-zero --logging_steps",
    "MD602-two-formats": "At most one of fp16 and bf16",
    "MD603-pure-bf16-on-a-cpu": "does not support `pure_bf16`",
    "MD604-cpu-not-said": "assign use_cpu",
    "MD701-settings-missing": "an existing deepspeed config",
}


# What the parser says of a recipe that is right, on a machine without a GPU or without a package.
MACHINE = ("assign use_cpu", "launch distributed", "No package metadata", "does not support `pure_bf16`")


def parsed(recipes: list[Recipe]) -> list[str]:
    """Return what the parser says of each recipe, all refusals in one text; empty where it takes the recipe."""
    asked = [{"kind": recipe.kind, "values": factory.resolved(recipe.values, recipe.project)} for recipe in recipes]
    child = subprocess.run([sys.executable, "-m", "mundap.checking.upstream_parser"], capture_output=True, text=True,
                           env=factory.environment({"model_name_or_path": "/"}), input=json.dumps(asked), timeout=280,
                           check=True)
    return ["; ".join(texts) for texts in json.loads(child.stdout.strip().splitlines()[-1])]


def written(folder: Path, files_: Mapping[str, bytes]) -> list[Recipe]:
    """Return the recipes among some files that are LLaMA-Factory's, once written below a folder."""
    broken_case.write(Case(name="", why="", files=files_, told=()), folder)
    below = (folder / "configs" / "x").glob("*.yaml")
    return [read(path) for path in sorted(below) if kind_of(path) in ("train", "chat", "export")]


def plain(content: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in {**broken_case.COMMON, **content}.items()}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_parser_refuses_what_we_tell_and_takes_what_we_pass(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MUNDAP_HOME")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    broken = [(case.name, case.files) for case in broken_case.cases() if case.name in REFUSED]
    good = [(name, plain(content)) for name, content in GOOD.items()]
    # Upstream's DeepSpeed settings are not here.
    good += [(name, plain({f"configs/x/{kind(values)}.yaml": yaml_lines.dump(values)}))
             for name, values in RECIPES.items() if name not in FAULTY and "deepspeed" not in values]
    asked = [(name, recipe) for at, (name, content) in enumerate([*broken, *good])
             for recipe in written(tmp_path / str(at), content)]
    assert {name for name, _ in asked} >= {*REFUSED, *RECIPES} - {
        name for name, values in RECIPES.items() if name in FAULTY or "deepspeed" in values}

    said = list(zip(asked, parsed([recipe for _, recipe in asked]), strict=True))

    for name, words in REFUSED.items():
        texts = [text for (asked_name, _), text in said if asked_name == name]
        assert any(words in text for text in texts), (name, texts)
    for (name, recipe), text in said:
        if name not in REFUSED:
            rest = [part for part in text.split("; ") if part and not any(sign in part for sign in MACHINE)]
            assert rest == [], (name, recipe.name, text)
