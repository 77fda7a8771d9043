"""The committed recipes as files: first lines, order of sections, and values that the reference projects used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mundap.recipe import SCHEMA_OF, kind_of, preset_path, read

ROOT = Path(__file__).resolve().parents[1]
RECIPES = sorted(path for path in (ROOT / "configs").glob("*/*.yaml") if kind_of(path) and path.parent.name != "presets")
PRESETS = sorted((ROOT / "configs" / "presets").glob("*.yaml"))
SECTIONS = ["model", "method", "dataset", "output", "train", "eval"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_recipe_opens_with_its_schema_and_four_lines_about_itself(path: Path) -> None:
    kind = kind_of(path)
    assert kind is not None
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# yaml-language-server: $schema=../schema/{SCHEMA_OF[kind]}.schema.json"
    assert (path.parent / lines[0].split("=", 1)[1]).is_file()
    assert [re.match(r"# (Makes|Run|Needs|Time):\s+\S", line) is not None for line in lines[1:5]] == [True] * 4, lines[:5]
    assert f"configs/{path.parent.name}/{path.name}" in lines[2]   # the command names this very file


@pytest.mark.parametrize("path", [path for path in RECIPES if kind_of(path) == "train"],
                         ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_train_recipes_keep_one_order_of_sections(path: Path) -> None:
    found = re.findall(r"^### (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found == [name for name in SECTIONS if name in found]
    assert found[:5] == SECTIONS[:5]


@pytest.mark.parametrize("path", [path for path in RECIPES if kind_of(path) == "train"],
                         ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_train_recipe_has_its_chat_and_export(path: Path) -> None:
    for kind in ("chat", "export"):
        beside = path.with_name(path.name.replace("train", kind, 1))
        values = read(beside).values
        mine = read(path).values
        if (path.parent.name, beside.name) == ("demo", "chat.yaml"):
            assert values["model_name_or_path"] == read(path.with_name("export.yaml")).values["export_dir"]
        else:
            assert values["adapter_name_or_path"] == mine["output_dir"]


def test_presets_have_the_reference_values() -> None:
    wanted = {"fast": (2, 2e-4, 4), "balanced": (4, 1e-4, 2), "quality": (6, 5e-5, 1), "memory_efficient": (3, 1e-4, 1)}
    for name, (epochs, rate, batch) in wanted.items():
        values = read(ROOT / "configs/civil_law/train.yaml", presets=[name]).values
        assert (values["num_train_epochs"], values["learning_rate"],
                values["per_device_train_batch_size"]) == (epochs, rate, batch)
    assert {path.stem for path in PRESETS} >= {*wanted, "rtx4060_8gb", "cpu", "multi_gpu", "liger", "neftune", "packing"}


def test_a_preset_lies_below_the_command_line_and_can_take_keys_out() -> None:
    recipe = read(ROOT / "configs/insurance/train_phase1.yaml", presets=["cpu", "fast"],
                  overrides=["learning_rate=3.0e-4", "logging_steps="])
    assert recipe.values["learning_rate"] == 3e-4
    assert recipe.values["num_train_epochs"] == 2.0   # fast lies over cpu
    assert not {"max_steps", "quantization_bit", "logging_steps", "template"} & set(recipe.values)
    assert recipe.where("learning_rate") == "command line (learning_rate=3.0e-4)"
    assert recipe.where("use_cpu").startswith("configs/presets/cpu.yaml:")
    assert preset_path("cpu", ROOT).is_file()


# Values of the four projects that mundap generalises; what was changed from them stands in the recipe's comments.
REFERENCE = {
    "dart/train": {"model_name_or_path": "meta-llama/Llama-3.2-3B", "template": "alpaca", "lora_rank": 8,
                   "lora_alpha": 16, "lora_dropout": 0.05, "quantization_bit": 4, "per_device_train_batch_size": 1,
                   "gradient_accumulation_steps": 8, "learning_rate": 1e-4, "num_train_epochs": 3.0,
                   "lr_scheduler_type": "cosine", "warmup_steps": 0.1, "save_total_limit": 3, "packing": True,
                   "dataloader_num_workers": 4, "optim": "adamw_torch", "seed": 42, "report_to": "tensorboard"},
    "dart/train_llama3_8b_qlora": {"model_name_or_path": "unsloth/llama-3-8b-Instruct-bnb-4bit", "template": "llama3",
                                   "per_device_train_batch_size": 1, "gradient_accumulation_steps": 4,
                                   "eval_steps": 100, "save_steps": 100, "logging_steps": 20,
                                   "upcast_layernorm": True, "resize_vocab": False, "overwrite_output_dir": True},
    "dart/export_llama3_8b_qlora": {"model_name_or_path": "meta-llama/Meta-Llama-3-8B-Instruct", "export_size": 2,
                                    "export_device": "cpu"},
    "insurance/train_phase1": {"lora_rank": 16, "lora_alpha": 32, "lora_target": "q_proj,k_proj,v_proj,o_proj",
                               "max_steps": 200, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 4,
                               "learning_rate": 2e-4, "optim": "paged_adamw_32bit", "warmup_steps": 10},
    "insurance/train": {"num_train_epochs": 3.0, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4,
                        "cutoff_len": 2048, "warmup_steps": 0.03, "quantization_type": "nf4"},
    "insurance/chat": {"repetition_penalty": 1.2, "temperature": 0.1, "top_p": 0.9, "max_new_tokens": 256},
    "civil_law/train_8bit": {"quantization_bit": 8, "lora_rank": 16, "lora_alpha": 32, "lora_dropout": 0.1,
                             "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4,
                             "learning_rate": 2e-4, "num_train_epochs": 3.0},
    "hira/train": {"lora_rank": 16, "lora_alpha": 32, "lora_dropout": 0.05, "per_device_train_batch_size": 2,
                   "gradient_accumulation_steps": 4, "learning_rate": 2e-4, "num_train_epochs": 10.0,
                   "deepspeed": "configs/deepspeed/z2.json"},
    "hira/train_closed": {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 8},
    "hira/chat": {"temperature": 0.3, "max_new_tokens": 256},
}


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_recipes_hold_the_reference_values(name: str) -> None:
    values = read(ROOT / f"configs/{name}.yaml").values
    assert {key: values.get(key) for key in REFERENCE[name]} == REFERENCE[name]
