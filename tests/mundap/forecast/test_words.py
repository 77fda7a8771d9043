"""A forecast as it is printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap.forecast.forecast import Forecast
from mundap.forecast.rows import Case, Tokenizer, Trouble
from mundap.forecast.words import block, plain, short, spell
from tests.mundap.forecast.conftest import counts

ForecastOf = Callable[..., Forecast]
STAND_IN = Tokenizer(exact=False, folder=Path("m"), stretch=0.95, chat_template=False, template_known=True)
DART = {"lora_rank": 8, "lora_dropout": 0.05, "quantization_bit": 4, "packing": True, "cutoff_len": 2048,
        "per_device_train_batch_size": 1, "gradient_accumulation_steps": 8, "num_train_epochs": 3.0}


def dart(forecast_of: ForecastOf) -> Forecast:
    """Return the reference project's training: 955 long rows that packing leaves alone."""
    rows = counts(tokenizer=STAND_IN, datasets=(("dart", 955),), rows=955, eval_rows=107, kept=955, encoded=955,
                  sequences=955, packed_length=2048, tokens=955 * 1500, supervised=955 * 300, full={1500: 955},
                  lengths={1500: 955})
    return forecast_of(rows, model="meta-llama/Llama-3.2-3B", card="4060", **DART)


def test_the_reference_training_as_it_is_printed(forecast_of: ForecastOf) -> None:
    assert block(dart(forecast_of)) == [
        "configs/some/train.yaml: sft of meta-llama/Llama-3.2-3B",
        "  rows      955 in dart: 955 to train on, 107 to evaluate on",
        "  tokens    about 1,500 a row, median 1,500, longest 1,500",
        "            (its tokenizer is not on this machine, so token numbers are estimates (the starter model's × 0.95))",
        "  lengths   1,280 - 1,535  ######################################## 955",
        "  cut       no row is longer than cutoff_len 2,048",
        "  learnt    about 20.0% of the tokens, which are the answers'",
        "  steps     about 360 steps: 955 packed sequences in batches of 1 x 8, 3 epochs",
        "  trained   12,156,928 of 3,212,749,824 parameters (0.38%)",
        "  memory    about 6.2 GiB of 8 on RTX 4060 8GB",
        "            (GiB: weights 2.1 + trained 0.2 + context 0.6 + the largest of activations 1.0, logits 3.3)",
        "  time      2 h 54 min to 7 h 43 min on RTX 4060 8GB",
        "            (not measured on this card: 15% to 40% of its peak assumed)"]


def test_before_a_training_it_takes_three_lines(forecast_of: ForecastOf) -> None:
    assert short(dart(forecast_of)) == [
        "forecast: 955 in dart: 955 to train on, 107 to evaluate on; no row is longer than cutoff_len 2,048",
        "  about 360 steps: 955 packed sequences in batches of 1 x 8, 3 epochs; trained: 12,156,928 of 3,212,749,824 "
        "parameters (0.38%)",
        "  memory: about 6.2 GiB of 8 on RTX 4060 8GB; time: 2 h 54 min to 7 h 43 min on RTX 4060 8GB"]


def test_a_training_with_much_wrong_takes_six_lines(forecast_of: ForecastOf) -> None:
    notes = {kind: Case(count=1, rows=("1",)) for kind in ("question cut", "answer cut", "turns lost", "empty answer")}
    lines = short(forecast_of(counts(notes=notes, full={600: 1, 300: 99})))
    assert len(lines) == 6 and lines[-1] == "  and 2 more: mundap check --data configs/some/train.yaml"


def test_cuts_are_counted(forecast_of: ForecastOf) -> None:
    lines = block(forecast_of(counts(full={300: 97, 600: 2, 900: 1}, notes={"question cut": Case(count=3, rows=("1",))})))
    assert "  cut       3 of 100 rows are longer than cutoff_len 512 and will be cut; 904 would keep all, 600 99 of 100" \
        in lines
    assert sum("beyond cutoff_len" in line for line in lines) == 3   # 640 - 767, 768 - 895, 896 - 1,023


def test_one_length_is_told_once(forecast_of: ForecastOf) -> None:
    lines = block(forecast_of(counts(full={600: 100})))
    assert "  cut       100 of 100 rows are longer than cutoff_len 512 and will be cut; 600 would keep all" in lines
    quick = block(forecast_of(counts(), card="H100", max_steps=1))
    assert "  time      30 s on H100 80GB" in quick


def test_what_is_not_known_is_said(forecast_of: ForecastOf) -> None:
    trouble = Trouble(dataset="some", row=0, what="its file is not there.", fix="Make it.")
    assert block(forecast_of(trouble, model="someone/unheard-of"))[1:] == [
        "  rows      not counted: some: its file is not there.",
        "  steps     steps are not known without the rows",
        "  trained   not known: this base's sizes are not known here",
        "  memory    not known",
        "  time      not known; name a card: --gpu 4090"]
    assert short(forecast_of(trouble, model="someone/unheard-of"))[0] == (
        "forecast: rows not counted: its file is not there.")


def test_without_a_card_the_smallest_is_named(forecast_of: ForecastOf) -> None:
    lines = block(forecast_of(counts(tokenizer=STAND_IN), model="models/Llama-3-Open-Ko-8B-ko", quantization_bit=4,
                              per_device_train_batch_size=1))
    assert "  memory    about 6.8 GiB; the smallest card listed that holds it is RTX 4060 8GB" in lines
    big = block(forecast_of(counts(tokenizer=STAND_IN), model="models/SOLAR-10.7B-v1.0-ko", finetuning_type="full"))
    assert any(line.endswith("; no single card listed holds it") for line in big)


def test_several_devices_are_named(forecast_of: ForecastOf) -> None:
    lines = block(forecast_of(counts(tokenizer=STAND_IN), model="models/SOLAR-10.7B-v1.0-ko", card="2xA100 80GB",
                              per_device_train_batch_size=2, gradient_accumulation_steps=4))
    assert "  steps     21 steps: 100 rows in batches of 2 x 4 x 2 devices, 3 epochs" in lines
    assert any("on each device of 80 on A100 80GB" in line for line in lines)
    assert any("on 2 x A100 80GB" in line for line in lines)


def test_the_processors(forecast_of: ForecastOf) -> None:
    lines = block(forecast_of(counts(), use_cpu=True))
    assert any("on this machine's processors" in line for line in lines)
    assert "            (not measured here; benchmarks/training_time.py does)" in lines


def test_evaluating_stands_beside_a_step(forecast_of: ForecastOf) -> None:
    values: dict[str, Any] = {"eval_strategy": "epoch", "per_device_train_batch_size": 1}
    lines = block(forecast_of(counts(tokenizer=STAND_IN), model="meta-llama/Llama-3.2-1B", **values))
    assert "            (GiB: weights 2.3 + trained 0.1 + context 0.6 + the largest of activations 0.1, logits 0.5, " \
        "evaluation 2.9)" in lines
    lines = block(forecast_of(counts(tokenizer=STAND_IN), model="meta-llama/Llama-3.2-1B",
                              disable_gradient_checkpointing=True, **values))
    assert any(line.endswith("+ the larger of activations 0.5 + logits 0.4 and evaluation 2.9)") for line in lines)


def test_a_card_without_bf16_is_not_proposed_for_it(forecast_of: ForecastOf) -> None:
    values: dict[str, Any] = {"model": "models/SOLAR-10.7B-v1.0-ko", "per_device_train_batch_size": 8}
    proposed = [forecast_of(counts(tokenizer=STAND_IN), **values, **more).smallest
                for more in ({}, {"bf16": False, "fp16": True})]
    assert [card.name for card in proposed if card] == ["A100 40GB", "V100 32GB"]


def test_for_machines(forecast_of: ForecastOf) -> None:
    found = plain(dart(forecast_of))
    assert json.loads(json.dumps(found)) == found
    assert (found["steps"]["total"], found["trainable_parameters"], found["fits"]) == (360, 12_156_928, True)
    assert found["rows"]["cutoff_len_for_all"] == 1504 and not found["rows"]["tokens_exact"]
    assert found["rows"]["histogram"] == [{"from": 1280, "to": 1535, "rows": 955}]
    assert found["memory_bytes"]["total"] > found["memory_bytes"]["weights"] > 0
    assert plain(forecast_of(Trouble(dataset="", row=0, what="streamed.", fix="", stops=False)))["rows"] == {
        "not_counted": {"dataset": "", "row": 0, "what": "streamed.", "fix": "", "stops": False}}


@pytest.mark.parametrize(("seconds", "text"), [
    (0.2, "1 s"), (89, "89 s"), (90, "2 min"), (5340, "89 min"), (5400, "1 h 30 min"), (7200, "2 h"),
    (200_000, "2.3 days")])
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert spell(seconds) == text
