"""How the Board is opened: command, environment, and what is said of a recipe beforehand."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from mundap.board import opening
from mundap.errors import ConfigError, ResourceError
from mundap.recipe import load

DEMO = "configs/demo/train.yaml"


def notes(*overrides: str, recipe: str = DEMO) -> str:
    loaded = load(recipe, overrides=overrides)
    return "\n".join(opening.notes(loaded, opening.filled(loaded, 7861).form))


def test_a_recipe_is_opened_by_our_own_page_on_this_machine_only(project: Path) -> None:
    ready = opening.filled(load(DEMO), 7890)
    assert ready.command == [sys.executable, str(opening.PAGE), "serve", "7890"]
    assert opening.PAGE.is_file() and ready.folder == project / ".board" / "demo-train"
    assert ready.env["GRADIO_SERVER_NAME"] == "127.0.0.1" and ready.env["GRADIO_SHARE"] == "0"
    # the Board starts llamafactory-cli by name, also when no virtual environment is active
    assert ready.env["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert ready.env["CUDA_VISIBLE_DEVICES"] == "", "use_cpu"
    assert not (project / ".board").exists(), "nothing is written before it starts"


def test_without_a_recipe_the_board_is_upstreams_own(project: Path) -> None:
    ready = opening.plain(project, 7861)
    assert ready.command == [sys.executable, "-m", "llamafactory.cli", "webui"]
    assert ready.folder == project / ".board" and ready.env["GRADIO_SERVER_PORT"] == "7861"


def test_the_tabs_beside_training_trust_no_code(project: Path) -> None:
    page = opening.filled(load(DEMO, overrides=["eval_dataset=demo"]), 1).page
    assert json.loads(page["elements"]["infer.extra_args"])["trust_remote_code"] is False
    assert json.loads(page["elements"]["export.extra_args"]) == {"trust_remote_code": False}
    assert page["trust"] is False
    assert page["elements"]["top.model_path"] == str(project / "models/gemma-3-270m-ko")
    assert page["elements"]["eval.dataset"] == ["demo"] and page["elements"]["eval.cutoff_len"] == 512
    assert page["open"] == ["train.extra_tab", "train.lora_tab"]


def test_a_recipe_that_trusts_is_left_alone(project: Path) -> None:
    ready = opening.filled(load(DEMO, overrides=["trust_remote_code=true"]), 1)
    assert ready.page["trust"] is True and not {"infer.extra_args", "export.extra_args"} & set(ready.page["elements"])
    assert ready.form.args["trust_remote_code"] is True
    assert "trust_remote_code: true, as the recipe says" in notes("trust_remote_code=true")


def test_only_train_recipes_are_opened(project: Path) -> None:
    with pytest.raises(ConfigError, match="is a chat recipe; LLaMA Board takes train recipes"):
        opening.filled(load("configs/demo/chat.yaml"), 1)


def test_what_is_told_of_the_demo(project: Path) -> None:
    first, _, rest = notes().partition("\n")
    assert first.startswith("not here yet: model_name_or_path: there is no models/gemma-3-270m-ko. ")
    assert rest == (
        "in the extra arguments, having no field of their own: trust_remote_code, preprocessing_num_workers, "
        "save_strategy, save_total_limit, overwrite_output_dir, use_cpu, disable_gradient_checkpointing, seed\n"
        "set by the Board on its own, and left out again on the way back: max_samples 100000, ddp_timeout 180000000, "
        "include_num_input_tokens_seen true\n"
        "not in the form: comments, and output_dir saves/demo/lora; each run has a folder of its own.\n"
        "    Both stay in the recipe.\n"
        "trust_remote_code: LLaMA Board sets it true everywhere, so that code that came with a model runs. Here it is\n"
        "    false: in the extra arguments of the train, chat and export tabs, where it can be seen and must stay, and\n"
        "    in Evaluate & Predict, which has no such field.")


def test_what_the_board_cannot_hold_of_this_very_recipe_is_told(project: Path) -> None:
    told = notes("default_system=''", "pissa_init=true", "flash_attn=sdpa", "save_steps=0.25", "dataset=demmo")
    assert "cannot be told to the Board: default_system: the Board drops empty text" in told
    assert "cannot be told to the Board: pissa_init: the Board makes it false" in told
    assert "of these, win over what the field beside them shows: save_steps (its own), flash_attn (booster)" in told
    assert "mundap check: command line (dataset=demmo): dataset: 'demmo' is not registered" in told


def test_a_taken_port_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ResourceError, match=f"mundap board: port {port} is taken"):
            opening.require_port(port)
    opening.require_port(port)


def test_the_way_back_can_be_pasted(project: Path) -> None:
    recipe = load(DEMO)
    assert opening.way_back(recipe, opening.filled(recipe, 1).folder) == (
        "mundap board --import .board/demo-train/llamaboard_config/demo-train.yaml --out configs/demo/train_new.yaml")
