"""What the Board makes of a form: the pure part; a slow test holds it against the installed Board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mundap.board import arguments, fields
from mundap.board.arguments import Model
from mundap.board.form import fill
from mundap.errors import ConfigError


@pytest.fixture
def form() -> dict[str, Any]:
    return fill({"model_name_or_path": "/m", "stage": "sft", "dataset": "demo"}, Path("/p")).elements


def test_extra_arguments_win_over_fields_but_not_over_a_group_in_use(form: dict[str, Any]) -> None:
    form[arguments.EXTRA] = '{"cutoff_len": 77, "lora_rank": 77, "trust_remote_code": false, "seed": 1}'
    args = arguments.made(form, Model(path="/m"))
    assert (args["cutoff_len"], args["lora_rank"], args["seed"]) == (77, 8, 1)
    assert "trust_remote_code" not in args and args["preprocessing_num_workers"] == 16


def test_the_slider_for_evaluation_sets_three_more(form: dict[str, Any]) -> None:
    args = arguments.made(form | {"train.val_size": 0.1, "train.save_steps": 50}, Model(path="/m"))
    assert {key: args[key] for key in ("val_size", "eval_strategy", "eval_steps", "per_device_eval_batch_size")} == {
        "val_size": 0.1, "eval_strategy": "steps", "eval_steps": 50, "per_device_eval_batch_size": 8}


def test_runs_and_checkpoints_are_named_or_paths(form: dict[str, Any]) -> None:
    args = arguments.made(form | {"top.checkpoint_path": ["run 1", "/a/b"]}, Model(path="/m", name="Some Model"))
    assert args["adapter_name_or_path"] == "saves/SomeModel/lora/run1,/a/b"
    assert arguments.made(form | {"train.ds_stage": "3", "train.ds_offload": True}, Model(path="/m"))["deepspeed"] == \
        "llamaboard_cache/ds_z3_offload_config.json"


def test_a_model_that_sees_pictures_gets_their_sizes(form: dict[str, Any]) -> None:
    args = arguments.made(form | {"train.image_max_pixels": "4096"}, Model(path="/m", vision=True))
    assert (args["image_max_pixels"], args["image_min_pixels"]) == (4096, 32 * 32)
    assert args["freeze_vision_tower"] is True
    assert "image_max_pixels" not in arguments.made(form, Model(path="/m"))


@pytest.mark.parametrize(("element", "value", "what"), [
    ("train.learning_rate", "schnell", "a field cannot be read: could not convert string to float: 'schnell'."),
    ("train.max_samples", None, "a field cannot be read: int() argument must be"),
    (arguments.EXTRA, "{", "a field cannot be read: Expecting property name"),
    (arguments.EXTRA, "[1]", "a field cannot be read: the extra arguments are no JSON object."),
    ("train.training_stage", "Dreaming", "a field cannot be read: there is no stage 'Dreaming'."),
])
def test_what_the_board_could_not_read_is_told(form: dict[str, Any], element: str, value: Any, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        arguments.made(form | {element: value}, Model(path="/m"), where="x.yaml")
    assert str(caught.value).startswith(f"x.yaml: {what}")


def test_a_missing_field_is_told(form: dict[str, Any]) -> None:
    del form["train.lora_rank"]
    with pytest.raises(ConfigError, match=r"LLaMA Board: the field train\.lora_rank is missing\."):
        arguments.made(form, Model(path="/m"))


def test_every_field_is_read_as_it_is_shown() -> None:
    samples: dict[str, list[Any]] = {"number": [16, 1, 12], "number_or_off": [None, 0.5, 10], "figure": [1.5, 3],
                                     "count": [7], "check": [True, False], "names": [None, "a,b"], "text": ["x"]}
    for field in {field for group in (fields.BASE, *fields.GROUPS, fields.VISION) for field in group}:
        for value in samples.get(field.kind, list(field.choices)):
            shown = fields.shown(field, value)
            if field.low <= (value if isinstance(value, int | float) else field.low) <= (field.high or 1e9):
                assert fields.meant(field, shown) == (fields.meant(field, fields.shown(field, None))
                                                      if value is None else value), field
