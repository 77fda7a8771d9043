"""Our table of fields and our arguments, held against the installed LLaMA Board: it is asked in a process of its own."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mundap import factory
from mundap.board import arguments, defaults, fields, source
from mundap.board.arguments import Model
from mundap.board.form import Form, elements, fill
from mundap.recipe import load
from tests.mundap.board.test_form import PRESETS, RECIPES, ROOT, form_of

PROBE = Path(__file__).with_name("probe.py")
VISION = "Qwen2-VL-2B-Instruct"
ZERO = [key for key in defaults.properties() if defaults.kinds(key) == {"boolean"} and defaults.default(key) is True]
CASES: dict[str, dict[str, Any]] = {
    "plain": {}, "freeze": {"finetuning_type": "freeze", "freeze_trainable_layers": 3, "freeze_extra_modules": "a,b"},
    "full": {"finetuning_type": "full", "pure_bf16": True, "lora_rank": 3}, "oft": {"finetuning_type": "oft"},
    "dpo": {"stage": "dpo", "pref_loss": "simpo", "pref_ftx": 0.2}, "kto": {"stage": "kto"}, "pt": {"stage": "pt"},
    "rm": {"stage": "rm"}, "ppo": {"stage": "ppo", "reward_model": "/a/b", "ppo_score_norm": True},
    "galore": {"finetuning_type": "full", "use_galore": True, "galore_scale": 0.5},
    "apollo": {"finetuning_type": "full", "use_apollo": True}, "badam": {"finetuning_type": "full", "use_badam": True},
    "swanlab": {"use_swanlab": True, "swanlab_run_name": "가"}, "llama_pro": {"use_llama_pro": True},
    "pissa": {"pissa_init": True, "pissa_convert": True}, "plus": {"loraplus_lr_ratio": 16.0, "use_dora": True},
    "qlora": {"quantization_bit": 4}, "single": {"quantization_bit": 4, "double_quantization": False},
    "held out": {"val_size": 0.1, "eval_strategy": "steps", "save_steps": 50, "eval_steps": 50},
    "epoch": {"val_size": 0.1, "eval_strategy": "epoch"}, "adapters": {"adapter_name_or_path": "/a/b,/c"},
    "packed": {"neat_packing": True}, "thinking": {"enable_thinking": None}, "off": dict.fromkeys(ZERO, False),
    "empty": {"default_system": "", "lora_alpha": 5000}, "rope": {"rope_scaling": "llama3", "template": "llama3"},
}


def forms() -> dict[str, Form]:
    """Return a form for every recipe, every preset, every case, and forty made by chance."""
    found = {name: form_of(**values) for name, values in CASES.items()}
    for path in RECIPES:
        recipe = load(path)
        found[str(path)] = fill(factory.resolved(recipe.values, recipe.project), recipe.project)
    for path in PRESETS:
        recipe = load(ROOT / "configs/civil_law/train.yaml", presets=[path.stem])
        found[str(path)] = fill(factory.resolved(recipe.values, recipe.project), recipe.project)
    chance = random.Random(7)
    found |= {f"chance {number}": form_of(**by_chance(chance)) for number in range(40)}
    return found


def by_chance(chance: random.Random) -> dict[str, Any]:
    values: dict[str, Any] = {}
    every = [field for group in (fields.BASE, *fields.GROUPS) for field in group]
    for field in chance.sample(every, 12):
        if field.kind in ("number", "number_or_off"):
            values[field.key] = chance.choice([field.low, field.high, chance.randint(int(field.low), int(field.high))])
        elif field.kind in ("figure", "count"):
            values[field.key] = chance.randint(1, 9)
        elif field.kind == "check":
            values[field.key] = chance.random() < 0.5
        elif field.kind == "choice":
            values[field.key] = chance.choice(field.choices)
        else:
            values[field.key] = chance.choice(["none", "all", "a,b"])
    # PPO without a reward model is nothing the Board could read either
    return values | {"stage": chance.choice(["sft", "rm", "dpo", "kto", "pt"])}


@pytest.fixture(scope="module")
def filled() -> dict[str, Form]:
    """Return the forms, filled once: where models are depends on the environment of the moment."""
    return forms()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, filled: dict[str, Form]) -> dict[str, Any]:
    """Return what the installed Board says; asked once, half a minute."""
    folder = tmp_path_factory.mktemp("board")
    asked = {name: [form.elements, form.model.path, arguments.CUSTOM] for name, form in filled.items()}
    asked["vision"] = [form_of().elements, "/m", VISION]
    questions = folder / "questions.json"
    questions.write_text(json.dumps({"forms": asked, "zero": ZERO}), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    done = subprocess.run([sys.executable, str(PROBE), str(questions)], cwd=folder, capture_output=True, text=True,
                          timeout=300, env=env | {"CUDA_VISIBLE_DEVICES": "", "GRADIO_ANALYTICS_ENABLED": "False"})
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_field_is_one_of_the_boards_with_its_range_and_choices(answers: dict[str, Any]) -> None:
    assert set(answers["saved"]) == elements()
    kinds = {"number": "Slider", "number_or_off": "Slider", "figure": "Textbox", "count": "Textbox",
             "check": "Checkbox", "choice": "Dropdown", "names": "Textbox"}
    for field in {field for group in (fields.BASE, *fields.GROUPS, fields.VISION) for field in group}:
        theirs = answers["elements"][field.element]
        assert theirs["kind"] == kinds.get(field.kind, theirs["kind"]), field
        if theirs["kind"] == "Slider":
            assert (theirs["low"], theirs["high"]) == (field.low, field.high), field
        if field.kind == "choice" and field.key != "template":
            assert set(theirs["choices"]) - {"none"} == set(field.choices) - {None}, field
        if field.kind == "text":
            assert theirs["kind"] == "Textbox" or theirs["free"], field
    assert set(answers["elements"]["top.template"]["choices"]) == set(defaults.choices("template")) - {None}
    assert answers["elements"]["train.training_stage"]["choices"] == list(arguments.STAGES)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_board_trains_with_what_we_say_it_does(answers: dict[str, Any], filled: dict[str, Form]) -> None:
    """Equality of the whole dictionary, for every form; output_dir is the Board's own affair."""
    wrong = {}
    for name, form in filled.items():
        theirs = answers["arguments"][name]
        assert theirs.pop("output_dir") == "saves/Custom/" + form.elements["top.finetuning_type"] + "/here"
        ours = json.loads(json.dumps(form.args))
        if ours != theirs:
            wrong[name] = {key: (ours.get(key), theirs.get(key)) for key in {*ours, *theirs}
                           if ours.get(key) != theirs.get(key)}
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_board_trains_what_the_recipe_says(answers: dict[str, Any], filled: dict[str, Form]) -> None:
    """Past our own code: recipe in, the installed Board's arguments out, the same but for what is told."""
    for path in RECIPES:
        recipe = load(path)
        values = factory.resolved(recipe.values, recipe.project)
        theirs = answers["arguments"][str(path)]
        values["model_name_or_path"] = filled[str(path)].model.path
        differing = {key for key in {*values, *theirs} if not defaults.same(key, values.get(key), theirs.get(key))}
        stated = {"output_dir", "dataset_dir", "max_samples", "ddp_timeout", "include_num_input_tokens_seen",
                  "plot_loss", "packing"}
        if "lora_alpha" not in values:
            assert theirs["lora_alpha"] == 2 * values["lora_rank"]
            stated |= {"lora_alpha"}
        assert differing <= stated, path
        assert not theirs.get("trust_remote_code"), "set true by the Board, taken back by the extra arguments"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_model_that_sees_pictures_gets_its_own_group(answers: dict[str, Any]) -> None:
    ours = arguments.made(form_of().elements, Model(path="/m", name=VISION, vision=True))
    theirs = answers["arguments"]["vision"]
    assert theirs.pop("output_dir") == f"saves/{VISION}/lora/here" and ours == theirs


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_llamafactory_takes_the_number_0_for_false(answers: dict[str, Any]) -> None:
    """The Board drops false from the extra arguments; this is how what is on by itself is turned off all the same."""
    assert len(ZERO) > 15 and answers["false"] == ZERO


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_model_of_the_boards_list_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    saved = tmp_path / "llamaboard_config" / "x.yaml"
    saved.parent.mkdir()
    saved.write_text(yaml.safe_dump(form_of().elements | {"top.model_name": VISION}), "utf-8")
    args = source.read(saved, tmp_path).args
    assert args["model_name_or_path"] == "Qwen/Qwen2-VL-2B-Instruct" and args["image_min_pixels"] == 1024
