"""The real trainer on a tiny random model: made again from its folder and gone on with, it gives the same losses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mundap.recipe import Recipe, load
from mundap.training import history, rerun, train
from mundap.weights import Weights
from tests.recipes import tiny_models

WORDS = ("model_name_or_path=models/tiny", "template=alpaca", "max_steps=3", "logging_steps=1", "save_steps=1",
         "save_total_limit=null", "eval_strategy=steps", "eval_steps=1", "eval_dataset=demo_eval",
         "load_best_model_at_end=true", "lora_dropout=0.1", "cutoff_len=128", "per_device_train_batch_size=1",
         "gradient_accumulation_steps=2", "per_device_eval_batch_size=6")


def recipe() -> Recipe:
    """Return the demo's recipe on the tiny model; with dropout, so that the random numbers matter."""
    return load("configs/demo/train.yaml", overrides=WORDS)


def hold_out(project: Path) -> None:
    """Register three rows more, to evaluate on."""
    rows = [{"instruction": "답하라.", "input": f"### 입력\n자본금: {at}원", "output": f"{at}원"} for at in range(90, 93)]
    (project / "datasets" / "demo_eval.json").write_text(json.dumps(rows), encoding="utf-8")
    info = json.loads((project / "dataset_info.json").read_text("utf-8"))
    info["demo_eval"] = info["demo"] | {"file_name": "datasets/demo_eval.json"}
    (project / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")


def read(folder: Path, name: str) -> dict[str, Any]:
    return json.loads((folder / name).read_text("utf-8"))   # type: ignore[no-any-return]


def same_weights(one: Path, other: Path) -> bool:
    first, second = (Weights(folder / "adapter_model.safetensors") for folder in (one, other))
    return first.names == second.names and all(bool((first.read(name) == second.read(name)).all())
                                               for name in first.names)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_same_losses_again_from_the_folder_and_after_an_interruption(project: Path) -> None:
    tiny_models.write("meta-llama/Llama-3.2-1B", project / "models" / "tiny")
    hold_out(project)
    summary = train.run(recipe(), told=True)
    first = summary.output_dir
    losses = history.losses(first)
    assert sorted(losses) == [1, 2, 3] and len(set(losses.values())) == 3

    stats, story = read(first, "training_stats.json"), read(first, "training_history.json")
    assert (stats["steps"], stats["total_steps"], stats["samples_per_second"] > 0) == (3, 3, True)
    assert stats["trainable_parameters"] == summary.trainable_parameters and stats["peak_rss_bytes"] > 2**28
    assert stats["train_loss"] == pytest.approx(sum(losses.values()) / 3, rel=1e-5)
    assert story["best_epoch"] == 1 and len(story["log"]) >= 6
    best = story["best_step"]
    assert stats["best_model"]["from"] == f"checkpoint-{best}" and stats["final_model"]["step"] == 3
    # the trainer leaves the best weights at the top; the final ones are the last checkpoint's
    assert same_weights(first / "best_model", first) and same_weights(first / "final_model", first / "checkpoint-3")
    assert (first / "best_model" / "tokenizer.json").is_file()
    assert (first / "loss.png").is_file() and (first / "learning_rate.png").is_file()

    again = rerun.prepare(first)
    assert again.refusals == again.warnings == ()
    second = rerun.run(again).output_dir
    assert history.losses(second) == losses and same_weights(first, second)
    assert rerun.compared_losses(first, second) == "losses: the same as the first run's at all 3 logged steps"

    # as if the machine had gone down after the second step
    record = read(second, "mundap_run.json") | {"state": "running"}
    (second / "mundap_run.json").write_text(json.dumps(record), encoding="utf-8")
    (second / "checkpoint-3" / "trainer_state.json").unlink()
    resumed = rerun.run(rerun.prepare(first, out=second), mode="resume")
    assert (resumed.resumed_from, resumed.steps) == ("checkpoint-2", 3)
    assert history.losses(second) == losses and same_weights(first / "final_model", second / "final_model")
    assert read(second, "training_stats.json")["session_steps"] == 1
