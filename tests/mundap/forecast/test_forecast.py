"""A forecast put together; that it never stops a training; and against a real trainer and the real command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap import factory, launch
from mundap.forecast import forecast as module
from mundap.forecast.announce import before_training
from mundap.forecast.forecast import Forecast, forecasts
from mundap.forecast.rows import Rows, Trouble
from mundap.forecast.steps import steps
from mundap.recipe import Recipe
from mundap.yaml_lines import dump
from tests.mundap.forecast.conftest import counts, register

ROOT = Path(__file__).resolve().parents[3]
ForecastOf = Callable[..., Forecast]


@pytest.mark.parametrize(("values", "times"), [
    ({}, 0), ({"eval_strategy": "no"}, 0), ({"eval_strategy": "epoch"}, 4),
    ({"eval_strategy": "steps", "eval_steps": 100}, 4), ({"eval_strategy": "steps", "eval_steps": 500}, 1),
    ({"eval_strategy": "steps", "eval_steps": 0.25}, 5), ({"eval_strategy": "steps", "logging_steps": 60}, 7)])
def test_how_often_it_evaluates(values: dict[str, Any], times: int) -> None:
    """360 steps in three epochs; the last time is after training."""
    plan = steps({"per_device_train_batch_size": 1, "gradient_accumulation_steps": 8}, 955)
    assert module._evaluations(values, plan) == times


def test_evaluating_takes_time(forecast_of: ForecastOf) -> None:
    once = forecast_of(counts(eval_rows=100), card="4090")
    often = forecast_of(counts(eval_rows=100), card="4090", eval_strategy="steps", eval_steps=1)
    assert once.duration and often.duration and often.duration.operations > once.duration.operations


def test_the_largest_batch_decides_memory(forecast_of: ForecastOf) -> None:
    short, long = counts(), counts(lengths={300: 99, 500: 1})
    held = [forecast_of(rows).memory for rows in (short, long)]
    assert held[0] and held[1] and held[1].activations > held[0].activations


def test_rows_that_could_not_be_counted_leave_the_rest(forecast_of: ForecastOf) -> None:
    one = forecast_of(Trouble(dataset="", row=0, what="streamed.", fix="", stops=False), max_steps=40)
    assert one.steps is not None and one.steps.total == 40
    assert one.trainable and one.memory and one.duration is None


def test_a_card_is_full_before_its_last_byte(forecast_of: ForecastOf) -> None:
    one = forecast_of(counts(), card="4060")
    assert one.fits is True and one.smallest is None and one.card is not None and one.memory is not None
    assert one.memory.total < 0.9 * one.card.memory_bytes


def test_a_card_that_is_named_counts_whatever_the_recipe_says(forecast_of: ForecastOf) -> None:
    on_card = forecast_of(counts(), card="4060", use_cpu=True).memory
    on_processors = forecast_of(counts(), card="cpu").memory
    assert on_card and on_processors and on_card.fragments == 0.0 < on_processors.fragments


def test_no_recipes_no_forecasts() -> None:
    assert forecasts([]) == []


@pytest.mark.parametrize("error", [ValueError("what now"), ZeroDivisionError()])
def test_a_fault_of_its_own_stops_no_training(recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch,
                                              error: Exception) -> None:
    def fail(*words: Any, **options: Any) -> list[Rows | Trouble]:
        raise error

    monkeypatch.setattr(module, "measure", fail)
    said: list[str] = []
    before_training(recipe(), say=said.append)
    assert said == [f"no forecast: {type(error).__name__}: {error}"]


def test_an_error_is_said_in_a_line(recipe: Callable[..., Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                    ) -> None:
    one = recipe()
    register(one.project, "some", [{"instruction": "가", "input": "", "output": "나"}])
    package = tmp_path / "front" / "mundap" / "forecast"
    package.mkdir(parents=True)
    for file in (package.parent / "__init__.py", package / "__init__.py"):
        file.write_text("", encoding="utf-8")
    (package / "probe.py").write_text("raise MemoryError('too much')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "front"))
    said: list[str] = []
    before_training(one, say=said.append)
    assert said[-1] == "no forecast: the probe that counts rows: failed with exit code 1: MemoryError: too much"


def test_the_command_tells_what_it_cannot_count(tiny_project: Path, recipe: Callable[..., Recipe],
                                                child_env: dict[str, str]) -> None:
    recipe()
    done = subprocess.run([sys.executable, "-m", "mundap.cli.main", "check", "configs/some/train.yaml", "--gpu", "4060"],
                          cwd=tiny_project, capture_output=True, text=True, check=False, env=child_env)
    assert done.returncode == 1
    assert "  rows      not counted: some: it is not registered in dataset_info.json." in done.stdout
    assert "[MD951]" in done.stdout


@pytest.mark.slow
def test_the_reference_recipe_on_955_long_rows(tmp_path: Path, child_env: dict[str, str]) -> None:
    """The oracle, through the command: 360 steps and 12,156,928 trained parameters for configs/dart/train.yaml."""
    project = tmp_path / "한글 폴더"
    target = project / "configs" / "dart" / "train.yaml"
    target.parent.mkdir(parents=True)
    target.write_bytes((ROOT / "configs" / "dart" / "train.yaml").read_bytes())
    # Characters × 0.67 stand in for tokens in an empty home: 1,800 of them are more than half of cutoff_len 2048.
    long = [{"instruction": "문서를 읽고 답하라.", "input": f"{at}번 보고서 " + "매출이 늘었다 " * 225, "output": "늘었다."}
            for at in range(955)]
    for name, rows in (("dart", long), ("dart_eval", long[:107])):
        register(project, name, rows, {"columns": {"prompt": "instruction", "query": "input", "response": "output"}})
    done = subprocess.run([sys.executable, "-m", "mundap.cli.main", "check", "--data", "--gpu", "4060",
                           "configs/dart/train.yaml"], cwd=project, capture_output=True, text=True, check=False,
                          env=child_env)
    assert "steps     about 360 steps: 955 packed sequences in batches of 1 x 8, 3 epochs" in done.stdout, done
    assert "trained   12,156,928 of 3,212,749,824 parameters" in done.stdout
    assert "955 in dart: 955 to train on, 107 to evaluate on" in done.stdout


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_real_trainer_does_what_was_forecast(tiny_project: Path, recipe: Callable[..., Recipe], tmp_path: Path) -> None:
    """Packed rows, one dropped, some held out, one and a half epochs: the trainer's own count of everything."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    model = tiny_project / "models" / "tiny"
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(model)).save_pretrained(model)
    rows = [{"instruction": "가" * (3 + at * 7 % 50), "input": "", "output": "나" * (3 + at % 17)} for at in range(23)]
    register(tiny_project, "some", [*rows, {"instruction": "가", "input": "", "output": None}])
    one = recipe(cutoff_len=64, packing=True, preprocessing_num_workers=2, val_size=0.15, eval_strategy="no",
                 per_device_train_batch_size=2, gradient_accumulation_steps=2, num_train_epochs=1.5, use_cpu=True,
                 save_strategy="no", bf16=False, report_to="none", lora_rank=4, overwrite_output_dir=True,
                 output_dir=str(tmp_path / "out"))
    [told] = forecasts([one])
    assert isinstance(told.rows, Rows) and told.steps is not None
    values = factory.resolved(one.values, one.project)
    file = tmp_path / "resolved.yaml"
    file.write_text(dump(values), encoding="utf-8")
    env = factory.environment(values)
    log = tmp_path / "log"
    outcome = launch.run(factory.command("train", file, values, env), cwd=tiny_project, env=env, log=log)
    text = log.read_text(encoding="utf-8")
    assert outcome.returncode == 0, outcome.tail[-5:]
    [trained, whole] = re.findall(r"(?:trainable|all) params: ([\d,]+)", text)
    assert f"{told.trainable:,}" == trained and f"{(told.parameters or 0) + (told.trainable or 0):,}" == whole
    assert re.findall(r"Num examples = ([\d,]+)", text)[0] == f"{told.steps.sequences:,}"
    assert re.findall(r"Total optimization steps = ([\d,]+)", text) == [f"{told.steps.total:,}"]
    state = json.loads((tmp_path / "out" / "trainer_state.json").read_text(encoding="utf-8"))
    assert state["global_step"] == told.steps.total
