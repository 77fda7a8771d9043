"""A recipe in the Board's form and back, for every train recipe here: the identity, but for what is stated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mundap import factory
from mundap.board import arguments, changes, defaults, fields
from mundap.board.form import Form, elements, fill
from mundap.recipe import load

ROOT = Path(__file__).resolve().parents[3]
RECIPES = sorted((ROOT / "configs").glob("*/train*.yaml"))
PRESETS = sorted((ROOT / "configs" / "presets").glob("*.yaml"))
BASE = {"model_name_or_path": "/m", "stage": "sft", "do_train": True, "dataset": "demo", "dataset_dir": "/p"}
# What the Board sets on its own where a recipe is silent: nothing of it changes what is learnt from a small dataset.
SET_ANYWAY = {"do_train", "plot_loss", "ddp_timeout", "include_num_input_tokens_seen", "max_samples"}


def form_of(**values: Any) -> Form:
    return fill(BASE | values, Path("/p"))


def extra(form: Form) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(form.elements["train.extra_args"])
    return found


def told(values: dict[str, Any]) -> dict[str, Any]:
    """Return values without those that say what holds anyway."""
    return {key: value for key, value in values.items() if not defaults.same(key, value, None)}


def test_there_are_recipes_and_presets() -> None:
    assert len(RECIPES) >= 9 and len(PRESETS) >= 8


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_recipe_comes_back_as_it_was(path: Path) -> None:
    recipe = load(path, kind="train")
    form = fill(factory.resolved(recipe.values, recipe.project), recipe.project)
    assert form.lost == {}
    assert set(form.added) <= SET_ANYWAY
    assert set(form.elements) <= elements()
    saved = yaml.safe_load(yaml.safe_dump(form.elements))
    args = arguments.made(saved, form.model)
    assert changes.changed(args, recipe.values, recipe.project) == {}
    # without the recipe to compare with: only its output folder and what is the default anyway are not there
    given = {key: value for key, value in recipe.values.items() if key not in ("output_dir", "plot_loss")}
    back = changes.fresh(args, recipe.project)
    if "lora_alpha" not in given:
        assert back.pop("lora_alpha") == 2 * back["lora_rank"]
    assert told(back) == told(given)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_every_preset_can_be_opened(preset: Path) -> None:
    recipe = load(ROOT / "configs/civil_law/train.yaml", presets=[preset.stem], kind="train")
    form = fill(factory.resolved(recipe.values, recipe.project), recipe.project)
    assert form.lost == {} and set(form.added) <= SET_ANYWAY


def test_the_demo_recipe_stands_in_its_fields() -> None:
    recipe = load(ROOT / "configs/demo/train.yaml")
    form = fill(factory.resolved(recipe.values, recipe.project), recipe.project)
    shown = {key: form.elements[key] for key in (
        "top.model_name", "top.template", "top.booster", "train.dataset", "train.dataset_dir", "train.learning_rate",
        "train.num_train_epochs", "train.batch_size", "train.lora_rank", "train.lora_alpha", "train.lora_target",
        "train.compute_type", "train.lr_scheduler_type", "train.logging_steps")}
    assert shown == {"top.model_name": "Custom", "top.template": None, "top.booster": "auto", "train.dataset": ["demo"],
                     "train.dataset_dir": "data", "train.learning_rate": "0.0005", "train.num_train_epochs": "1.0",
                     "train.batch_size": 2, "train.lora_rank": 16, "train.lora_alpha": 32, "train.lora_target": "all",
                     "train.compute_type": "bf16", "train.lr_scheduler_type": "cosine", "train.logging_steps": 2}
    assert extra(form) == {"trust_remote_code": False, "preprocessing_num_workers": 1, "save_strategy": "steps",
                           "save_total_limit": 1, "overwrite_output_dir": True, "use_cpu": True,
                           "disable_gradient_checkpointing": True, "seed": 42}


def test_what_a_recipe_leaves_out_is_llamafactorys_default_and_not_the_boards() -> None:
    form = form_of()
    assert form.elements["train.lr_scheduler_type"] == "linear", "the Board's page starts with cosine"
    assert (form.elements["train.batch_size"], form.elements["train.gradient_accumulation_steps"]) == (8, 1)
    assert form.elements["train.compute_type"] == "fp32"
    assert told(form.args) == {"model_name_or_path": "/m", "do_train": True, "dataset": "demo", "plot_loss": True,
                               "ddp_timeout": 180000000, "include_num_input_tokens_seen": True, "max_samples": 100000,
                               "lora_alpha": 16, "packing": False}
    assert "trust_remote_code" not in form.args and "preprocessing_num_workers" not in form.args


@pytest.mark.parametrize(("values", "element", "shown"), [
    ({"flash_attn": "fa2"}, "top.booster", "flashattn2"),
    ({"enable_liger_kernel": True}, "top.booster", "liger_kernel"),
    ({"use_unsloth": True}, "top.booster", "unsloth"),
    ({"pure_bf16": True}, "train.compute_type", "pure_bf16"),
    ({"fp16": True}, "train.compute_type", "fp16"),
    ({"quantization_bit": 4}, "top.quantization_bit", "4"),
    ({"quantization_bit": 8, "quantization_method": "hqq"}, "top.quantization_method", "hqq"),
    ({"rope_scaling": "yarn"}, "top.rope_scaling", "yarn"),
    ({"stage": "dpo", "pref_beta": 0.3}, "train.pref_beta", 0.3),
    ({"stage": "pt"}, "train.training_stage", "Pre-Training"),
    ({"stage": "pt"}, "train.packing", True),
    ({"neat_packing": True}, "train.packing", True),
    ({"adapter_name_or_path": "/a,/b"}, "top.checkpoint_path", ["/a", "/b"]),
    ({"lora_target": ["q_proj", "v_proj"]}, "train.lora_target", "q_proj,v_proj"),
    ({"dataset": ["a", "b"]}, "train.dataset", ["a", "b"]),
    ({"pissa_init": True, "pissa_convert": True}, "train.use_pissa", True),
    ({"neftune_noise_alpha": 5}, "train.neftune_alpha", 5),
    ({"finetuning_type": "freeze", "freeze_trainable_layers": -3}, "train.freeze_trainable_layers", -3),
    ({"use_llama_pro": True, "freeze_trainable_layers": 4}, "train.freeze_trainable_layers", 4),
    ({"use_galore": True, "galore_rank": 7}, "train.galore_rank", 7),
    ({"use_badam": True, "badam_mode": "ratio"}, "train.badam_mode", "ratio"),
    ({"use_swanlab": True, "swanlab_project": "x"}, "train.swanlab_project", "x"),
    ({"val_size": 0.1, "eval_strategy": "steps", "eval_steps": 500}, "train.val_size", 0.1),
    ({"warmup_steps": 0.03}, "train.warmup_steps", 0.03),
], ids=str)
def test_a_value_stands_in_its_field(values: dict[str, Any], element: str, shown: Any) -> None:
    form = form_of(**values)
    assert form.elements[element] == shown
    assert not set(values) & set(extra(form))
    assert form.lost == {}


@pytest.mark.parametrize("values", [
    {"flash_attn": "sdpa"}, {"save_steps": 0.25}, {"cutoff_len": 200000}, {"logging_steps": 0.5},
    {"seed": 7},
    {"val_size": 0.1, "eval_strategy": "epoch"}, {"val_size": 100, "eval_strategy": "steps"},
    {"quantization_bit": 4, "double_quantization": False}, {"quantization_method": "hqq"},
    {"report_to": ["tensorboard", "wandb"]}, {"deepspeed": "/p/configs/deepspeed/z2.json"},
    {"deepspeed": {"zero_optimization": {"stage": 2}}}, {"finetuning_type": "oft", "oft_rank": 4},
    {"finetuning_type": "full", "lora_rank": 4}, {"lora_target": "q_proj", "finetuning_type": "full"},
    {"adapter_name_or_path": "name"}, {"freeze_vision_tower": False}, {"image_max_pixels": 1024},
    {"enable_liger_kernel": True, "flash_attn": "fa2"}, {"neftune_noise_alpha": 12.5}, {"galore_rank": 4},
    {"trust_remote_code": True}, {"preprocessing_num_workers": 4}, {"preprocessing_num_workers": 16},
    {"plot_loss": False}, {"ddp_timeout": 60}, {"greater_is_better": False}, {"max_samples": 12},
    {"lr_scheduler_kwargs": {"num_cycles": 2}}, {"default_system": "한국어로, 짧게"}, {"warmup_ratio": 0.1},
], ids=str)
def test_a_value_without_a_field_goes_through_the_extra_arguments(values: dict[str, Any]) -> None:
    form = form_of(**values)
    assert form.lost == {}
    assert all(defaults.same(key, value, form.args.get(key)) for key, value in values.items())


@pytest.mark.parametrize("key", [key for key in defaults.properties() if defaults.kinds(key) == {"boolean"}
                                 and defaults.default(key) is True])
def test_what_is_on_by_itself_can_be_turned_off(key: str) -> None:
    """The Board drops false; the number 0 comes through, and LLaMA-Factory takes it for false (see the slow proof)."""
    form = form_of(**{key: False})
    assert form.lost == {} and form.args[key] == 0
    assert changes.local(form.args, Path("/p"))[key] is False


@pytest.mark.parametrize(("values", "lost"), [
    ({"default_system": ""}, {"default_system": "the Board drops empty text"}),
    ({"lora_alpha": 4096}, {"lora_alpha": "the Board makes it 16"}),
    ({"pissa_init": True}, {"pissa_init": "the Board makes it false"}),
    ({"hub_token": "geheim"}, {"hub_token": "a secret is never written down"}),
    ({"swanlab_api_key": "geheim", "use_swanlab": True}, {"swanlab_api_key": "a secret is never written down"}),
])
def test_what_the_board_cannot_be_told_is_named(values: dict[str, Any], lost: dict[str, str]) -> None:
    form = form_of(**values)
    assert form.lost == lost
    assert "geheim" not in json.dumps(form.elements)
    assert not set(lost) & set(form.extra)


def test_null_is_kept_where_it_is_no_default() -> None:
    form = form_of(enable_thinking=None)
    assert extra(form)["enable_thinking"] is None and form.args["enable_thinking"] is None


def test_a_field_shows_no_more_than_the_page_allows() -> None:
    """Gradio refuses every action of a page that holds a slider out of its range."""
    form = form_of(save_steps=3, cutoff_len=200000, lora_alpha=5000, logging_steps=0.5, neftune_noise_alpha=99)
    sliders = [field for group in (fields.BASE, *fields.GROUPS) for field in group
               if field.kind in ("number", "number_or_off")]
    assert len(sliders) > 20
    assert all(field.low <= form.elements[field.element] <= field.high for field in sliders)
