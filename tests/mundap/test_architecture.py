"""What is known of base models: from a folder, from the hub's cache, from the facts that come with mundap."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mundap import architecture
from mundap.forecast import parameters

CONFIG = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
          "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 100}
# Published parameter counts: the numbers of the hub's model cards (safetensors), tied heads counted once.
PUBLISHED = {"meta-llama/Llama-3.2-1B": 1_235_814_400, "meta-llama/Llama-3.2-3B": 3_212_749_824,
             "meta-llama/Meta-Llama-3-8B": 8_030_261_248, "upstage/SOLAR-10.7B-v1.0": 10_731_524_096,
             "google/gemma-3-270m": 268_098_176, "google/gemma-3-1b-pt": 999_885_952,
             "Qwen/Qwen3-0.6B": 596_049_920, "Qwen/Qwen3-1.7B": 1_720_574_976, "Qwen/Qwen3-4B": 4_022_468_096,
             "Qwen/Qwen3-8B": 8_190_735_360}


def model(folder: Path, config: dict[str, Any] | None = None, tokenizer: dict[str, Any] | None = None) -> Path:
    """Make a model folder without weights."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | (config or {})), encoding="utf-8")
    if tokenizer is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("name", "count"), PUBLISHED.items())
def test_known_sizes_come_to_the_published_number_of_parameters(name: str, count: int) -> None:
    assert parameters.total(architecture.known()[name]) == count


def test_every_known_model_is_of_a_family_that_the_forecast_covers() -> None:
    assert all(parameters.covered(arch) for arch in architecture.known().values())
    assert len(architecture.known()) == 16


def test_a_folder_is_read_with_its_tokenizer(tmp_path: Path) -> None:
    model(tmp_path / "models" / "own", {"head_dim": 32, "tie_word_embeddings": True, "dtype": "float32"},
          {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": {"content": "</s>"}, "pad_token": None,
           "chat_template": "{{ messages }}"})
    found = architecture.find("models/own", tmp_path)
    # An empty home of the test's own hides the project's models; the path is then absolute.
    found = found or architecture.find(str(tmp_path / "models" / "own"), tmp_path)
    assert found is not None
    assert (found.head_dim, found.tie_word_embeddings, found.dtype) == (32, True, "float32")
    assert (found.chat_template, found.eos_token, found.pad_token) == (True, "</s>", None)


@pytest.mark.parametrize(("tokenizer", "expected"), [
    (None, (None, "", "")),                                                              # no tokenizer at all
    ({"tokenizer_class": "PreTrainedTokenizerFast"}, (False, None, None)),               # nothing named: it has none
    ({"tokenizer_class": "GemmaTokenizer", "eos_token": "<eos>"}, (False, "<eos>", "")),   # its class may bring one
])
def test_what_a_tokenizer_does_not_say(tmp_path: Path, tokenizer: dict[str, Any] | None,
                                       expected: tuple[bool | None, str | None, str | None]) -> None:
    found = architecture.read(model(tmp_path / "m", tokenizer=tokenizer))
    assert found is not None and (found.chat_template, found.eos_token, found.pad_token) == expected


def test_a_template_in_a_file_of_its_own_counts(tmp_path: Path) -> None:
    folder = model(tmp_path / "m", tokenizer={})
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    found = architecture.read(folder)
    assert found is not None and found.chat_template is True


@pytest.mark.parametrize(("settings", "expected"), [
    ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes 4-bit"),
    ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "bitsandbytes 8-bit"),
    ({"quant_method": "gptq", "bits": 4}, "gptq 4-bit"), ({"quant_method": "fp8"}, "fp8"), (None, "")])
def test_how_weights_are_stored(tmp_path: Path, settings: dict[str, Any] | None, expected: str) -> None:
    found = architecture.read(model(tmp_path / "m", {"quantization_config": settings}))
    assert found is not None and found.quantized == expected


def test_a_model_for_pictures_and_text_is_read_at_its_decoder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gemma3", "text_config": CONFIG | {
        "model_type": "gemma3_text"}}), encoding="utf-8")
    found = architecture.read(tmp_path)
    assert found is not None
    assert (found.model_type, found.hidden_size, found.tie_word_embeddings) == ("gemma3_text", 64, True)


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": "t5"}', ""])
def test_a_config_without_a_decoders_sizes_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    assert architecture.read(tmp_path) is None


def test_the_hubs_cache_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = tmp_path / "hub" / "models--someone--their-model"
    model(repo / "snapshots" / "abc", {"hidden_size": 96})
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc", encoding="utf-8")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    found = architecture.find("someone/their-model", tmp_path)
    assert found is not None and found.hidden_size == 96
    assert architecture.locate("someone/another", tmp_path) is None
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    assert architecture.find("someone/their-model", tmp_path) is None


def test_a_folder_comes_before_the_known_facts(tmp_path: Path) -> None:
    model(tmp_path / "Qwen" / "Qwen3-8B", {"hidden_size": 8})
    found = architecture.find("Qwen/Qwen3-8B", tmp_path)
    assert found is not None and found.hidden_size == 8


def test_a_folder_still_to_be_prepared_has_its_models_sizes(tmp_path: Path) -> None:
    for name in ("models/Llama-3-Open-Ko-8B-ko", "/elsewhere/models/Llama-3-Open-Ko-8B-ko"):
        found = architecture.find(name, tmp_path)
        assert found is not None and found.num_hidden_layers == 32 and found.chat_template is True
    assert architecture.find("models/Unheard-Of-ko", tmp_path) is None
    assert architecture.find("Llama-3-Open-Ko-8B-ko", tmp_path) is None


def test_an_unknown_name_is_nothing(tmp_path: Path) -> None:
    for name in ("", "someone/unheard-of", "models/none", "/nowhere/at/all"):
        assert architecture.find(name, tmp_path) is None


def test_it_is_quick_and_loads_nothing_heavy(tmp_path: Path) -> None:
    model(tmp_path / "m", tokenizer={})
    architecture.find(str(tmp_path / "m"), tmp_path)
    began = time.perf_counter()
    for _ in range(20):
        architecture.find(str(tmp_path / "m"), tmp_path)
    assert (time.perf_counter() - began) / 20 < 0.005
    done = subprocess.run([sys.executable, "-c", "import sys, mundap.architecture, mundap.forecast, mundap.cli.check;"
                           "print(*{'torch', 'transformers', 'llamafactory', 'gradio'} & set(sys.modules))"],
                          capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
