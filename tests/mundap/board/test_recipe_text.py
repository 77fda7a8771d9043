"""Values changed in a recipe's text: every other byte stays."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mundap import yaml_lines
from mundap.board.recipe_text import edited, new, value_text
from mundap.errors import ConfigError

TEXT = """\
# head
### model
model_name_or_path: m

### method (why)
stage: sft
lora_target:
- q_proj   # first
- v_proj
# on its own

### train
learning_rate: 1.0e-4           # small
bf16: true   # fast
seed: 42
"""


@pytest.mark.parametrize(("changes", "old", "fresh"), [
    ({"learning_rate": 0.0002}, "learning_rate: 1.0e-4           # small", "learning_rate: 2.0e-4           # small"),
    ({"learning_rate": 0.000125}, "learning_rate: 1.0e-4           # small", "learning_rate: 1.25e-4          # small"),
    ({"bf16": False}, "bf16: true   # fast", "bf16: false  # fast"),
    ({"seed": 7}, "seed: 42\n", "seed: 7\n"),
    ({"seed": None}, "seed: 42\n", ""),
    ({"bf16": None}, "bf16: true   # fast\n", ""),
    ({"lora_target": ["k_proj"]}, "lora_target:\n- q_proj   # first\n- v_proj\n", 'lora_target: ["k_proj"]\n'),
    ({"lora_target": None}, "lora_target:\n- q_proj   # first\n- v_proj\n", ""),
    ({"lora_rank": 8}, "- v_proj\n# on its own\n", "- v_proj\n# on its own\nlora_rank: 8\n"),
    ({"eval_steps": 3}, "seed: 42\n", "seed: 42\n\n### eval\neval_steps: 3\n"),
    ({"cutoff_len": None}, "", ""),
], ids=str)
def test_one_change_touches_one_place(changes: dict[str, Any], old: str, fresh: str) -> None:
    assert edited(TEXT, changes, name="x.yaml") == TEXT.replace(old, fresh)


@pytest.mark.parametrize("changes", [{"seed": 7}, {"lora_rank": 8}, {"bf16": None}, {"eval_steps": 1}], ids=str)
def test_line_ends_and_the_mark_at_the_start_stay(changes: dict[str, Any]) -> None:
    windows = "\ufeff" + TEXT.replace("\n", "\r\n")
    assert edited(windows, changes, name="x") == "\ufeff" + edited(TEXT, changes, name="x").replace("\n", "\r\n")


def test_a_text_without_an_end_of_line_gets_one_before_a_new_key() -> None:
    assert edited("seed: 1", {"bf16": True}, name="x") == "seed: 1\n\n### train\nbf16: true\n"
    assert edited("### train\nseed: 1", {"bf16": True}, name="x") == "### train\nseed: 1\nbf16: true\n"


@pytest.mark.parametrize("text", ["{seed: 1}\n", "a: &x 1\nb: *x\n"])
def test_what_cannot_be_changed_line_by_line_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="could not be changed line by line"):
        edited(text, {"bf16": True} if text.startswith("{") else {"a": None}, name="x.yaml")


SCALARS = some.one_of(some.booleans(), some.integers(-10**9, 10**9), some.floats(allow_nan=False, allow_infinity=False),
                      some.text(string.printable + "가나다 \u00a0'\"#:", max_size=12),
                      some.lists(some.text("ab가,'\"", max_size=4), max_size=3))


@given(some.dictionaries(some.sampled_from(["learning_rate", "bf16", "seed", "lora_target", "stage", "new_key"]),
                         some.one_of(some.none(), SCALARS), max_size=4))
def test_any_values_can_be_set_and_read_again(changes: dict[str, Any]) -> None:
    before = yaml_lines.parse(TEXT, name="x").values
    text = edited(TEXT, changes, name="x")
    assert yaml_lines.parse(text, name="x").values == {
        key: value for key, value in {**before, **changes}.items() if value is not None}
    assert text.startswith("# head\n### model\nmodel_name_or_path: m\n")


@given(SCALARS)
def test_a_value_is_read_as_it_was_written(value: Any) -> None:
    again = yaml_lines.scalar(value_text(value))
    assert again == value and type(again) is type(value)


@pytest.mark.parametrize(("value", "text"), [
    (0.0002, "2.0e-4"), (5e-05, "5.0e-5"), (1.5e-4, "1.5e-4"), (0.1, "0.1"), (3.0, "3.0"), (True, "true"), (7, "7"),
    ("no", "'no'"), ("1e-4", '"1e-4"'), ("a: b", "'a: b'"), ("q_proj,v_proj", "q_proj,v_proj"), ([1, "가"], '[1, "가"]'),
    ({"a": 1}, '{"a": 1}'), ("", "''"), ("saves/x", "saves/x")], ids=str)
def test_values_are_written_as_recipes_write_them(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_a_new_text_has_the_sections_in_their_order() -> None:
    text = new({"seed": 1, "stage": "sft", "eval_steps": 5, "lora_rank": 8, "model_name_or_path": "m", "zzz": 1,
                "output_dir": "o", "dataset": "d", "mask_history": True}, ["# head"])
    assert text == ("# head\n\n### model\nmodel_name_or_path: m\n\n### method\nstage: sft\nlora_rank: 8\n\n"
                    "### dataset\ndataset: d\nmask_history: true\n\n### output\noutput_dir: o\n\n"
                    "### train\nseed: 1\nzzz: 1\n\n### eval\neval_steps: 5\n")
