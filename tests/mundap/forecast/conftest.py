"""A project with a tiny model folder: a tokenizer that makes a token of every character, and no weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap.forecast import cards, forecast
from mundap.forecast.forecast import Forecast
from mundap.forecast.rows import Rows, Tokenizer, Trouble
from mundap.recipe import Recipe, read

CONFIG = {"model_type": "llama", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
          "num_key_value_heads": 1, "head_dim": 8, "intermediate_size": 32, "vocab_size": 4, "dtype": "float32"}
MARKS = ("<unk>", "<pad>", "<bos>", "<eos>")
TEMPLATE = ("{{- bos_token -}}{%- for message in messages -%}{%- if message['role'] == 'assistant' -%}"
            "{{- message['content'] + eos_token -}}{%- else -%}{{- 'Q' + message['content'] + 'A' -}}{%- endif -%}"
            "{%- endfor -%}")
Write = Callable[[str, Any], Path]


def tiny_model(folder: Path) -> Path:
    """Make the model folder; 'Q' + prompt + 'A' + answer is what its chat template writes."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    added = [{"id": at, "content": mark, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": True} for at, mark in enumerate(MARKS)]
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": r"[\s\S]"}, "behavior": "Isolated", "invert": False},
        "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": {mark: at for at, mark in enumerate(MARKS)}, "unk_token": "<unk>"}}),
        encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>", "pad_token": "<pad>",
        "bos_token": "<bos>", "eos_token": "<eos>"}), encoding="utf-8")
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    return folder


def register(project: Path, name: str, rows: Any, entry: dict[str, Any] | None = None, suffix: str = ".json") -> None:
    """Write a dataset and enter it; rows that are text go into the file as they are."""
    file = project / "datasets" / f"{name}{suffix}"
    file.parent.mkdir(exist_ok=True)
    file.write_text(rows if isinstance(rows, str) else json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    info = project / "dataset_info.json"
    entries = json.loads(info.read_text(encoding="utf-8")) if info.is_file() else {}
    entries[name] = {"file_name": f"datasets/{name}{suffix}", **(entry or {})}
    info.write_text(json.dumps(entries), encoding="utf-8")


@pytest.fixture
def tiny_project(tmp_path: Path) -> Path:
    """Return a project, under a name with a blank and Hangul, that has a model and no datasets yet."""
    folder = tmp_path / "작은 과제"
    tiny_model(folder / "models" / "tiny")
    (folder / "dataset_info.json").write_text("{}", encoding="utf-8")
    return folder


RECIPE = """stage: sft
do_train: true
model_name_or_path: {model}
finetuning_type: lora
lora_rank: 8
dataset: some
dataset_dir: .
cutoff_len: 512
output_dir: saves/some
bf16: true
"""


@pytest.fixture
def recipe(tiny_project: Path) -> Callable[..., Recipe]:
    """Return a function that writes a train recipe and reads it; keys given replace or add to the plain ones."""
    def put(model: str = "", **values: Any) -> Recipe:
        # The home of a test is empty, so the model is named by its whole path.
        model = model or str(tiny_project / "models" / "tiny")
        file = tiny_project / "configs" / "some" / "train.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(RECIPE.format(model=model), encoding="utf-8")
        return read(file, overrides=[f"{key}={json.dumps(value)}" for key, value in values.items()])
    return put


def counts(**changes: Any) -> Rows:
    """Return the counts of 100 rows that are as they should be, with some of it changed."""
    values: dict[str, Any] = {
        "tokenizer": Tokenizer(exact=True, folder=None, stretch=1.0, chat_template=None, template_known=True),
        "datasets": (("some", 100),),
        "rows": 100, "eval_rows": 0, "eval_dropped": 0, "kept": 100, "encoded": 100, "sequences": 100, "packed_length": None,
        "tokens": 30_000, "supervised": 3_000, "lengths": {300: 100}, "full": {300: 100}, "dropped": {}, "notes": {},
        "pad_is_eos": False, "tokenizer_size": 4}
    return Rows(**(values | changes))


@pytest.fixture
def forecast_of(recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Forecast]:
    """Return a function that forecasts a recipe whose rows are known: the probe's part has tests of its own."""
    def put(rows: Rows | Trouble, model: str = "", card: str = "", **values: Any) -> Forecast:
        monkeypatch.setattr(forecast, "measure", lambda resolved, project, say: [rows])
        named, devices = cards.parse(card) if card else (None, None)
        return forecast.forecasts([recipe(model, **values)], card=named, devices=devices)[0]
    return put
