"""What the local generator reads of a chat recipe, and the errors for what it cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError, ModelError
from mundap.generator import open_generator
from mundap.generator.chat_recipe import ChatModel, read_chat


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a model folder, an adapter folder and a chat recipe."""
    monkeypatch.delenv("MUNDAP_HOME", raising=False)
    (tmp_path / "dataset_info.json").write_text("{}")
    for name, file in (("models/base", "config.json"), ("saves/one", "adapter_config.json"),
                       ("saves/two", "adapter_config.json")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / file).write_text("{}")
    (tmp_path / "chat.yaml").write_text(
        "model_name_or_path: models/base\nadapter_name_or_path: saves/one, saves/two\ntemplate: alpaca\n"
        "infer_dtype: bfloat16\ntrust_remote_code: false\n")
    return tmp_path


def test_a_recipe_names_a_model_its_adapters_and_its_precision(here: Path) -> None:
    assert read_chat("chat.yaml", here) == ChatModel(
        model=here / "models/base", adapters=(here / "saves/one", here / "saves/two"), dtype="bfloat16")


def test_the_keys_may_stand_in_place_of_a_path(here: Path) -> None:
    assert read_chat({"model_name_or_path": "models/base"}, here) == ChatModel(model=here / "models/base")


def test_the_name_of_a_generator_says_which_model_it_is(here: Path) -> None:
    generator = open_generator({"generator": "local", "chat": "chat.yaml"}, here)
    assert generator.name == "models/base + saves/one + saves/two"


@pytest.mark.parametrize(("keys", "kind", "message"), [
    ({"trust_remote_code": True}, ConfigError, "generation.chat: trust_remote_code: true would run code"),
    ({"quantization_bit": 4}, ConfigError, "does not carry out quantization_bit"),
    ({"infer_backend": "vllm"}, ConfigError, "does not carry out infer_backend: vllm"),
    ({"infer_dtype": "bfloat"}, ConfigError, "Did you mean 'bfloat16'"),
    ({"model_name_or_path": ""}, ConfigError, "model_name_or_path is missing"),
    ({"model_name_or_path": "models/nothing"}, ModelError, "no model at models/nothing"),
    ({"adapter_name_or_path": "saves/nothing"}, ModelError, "no adapter at saves/nothing"),
])
def test_what_cannot_be_done_is_refused(here: Path, keys: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as raised:
        read_chat({"model_name_or_path": "models/base"} | keys, here)
    assert message in str(raised.value)


def test_a_missing_model_says_how_to_get_one(here: Path) -> None:
    with pytest.raises(ModelError) as raised:
        read_chat({"model_name_or_path": "models/nothing"}, here)
    assert str(raised.value).splitlines() == [
        "generation.chat: model_name_or_path: no model at models/nothing.",
        "  A starter model: mundap models",
        "  A tuned model: mundap export <export.yaml>",
        "  A model of the hub: mundap models --prepare ID"]


@pytest.mark.parametrize(("text", "message"), [
    ("- a\n- b\n", "not a mapping"), ("a: [\n", "not readable as YAML"),
    ("a: !!python/object/apply:os.system [ls]\n", "not readable as YAML"),
])
def test_a_malformed_recipe_is_refused(here: Path, text: str, message: str) -> None:
    (here / "bad.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_chat("bad.yaml", here)


def test_a_missing_recipe_is_named(here: Path) -> None:
    with pytest.raises(ConfigError, match="configs/none.yaml: the chat recipe is not there"):
        read_chat("configs/none.yaml", here)


def test_an_unknown_generator_is_refused(here: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'local'"):
        open_generator({"generator": "locale"}, here)
