"""best_model/ and final_model/: which step's weights they hold, why, and that they cost no disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mundap.training import run_models
from mundap.training.history import History, Point

LOADED = {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json", "tokenizer_config.json",
          "chat_template.jinja"}


def weights(folder: Path, step: int) -> None:
    folder.mkdir(exist_ok=True)
    for name in (*LOADED, "optimizer.pt", "trainer_state.json", "training_args.bin", "README.md"):
        (folder / name).write_text(f"step {step}", encoding="utf-8")


def step_in(folder: Path) -> int:
    return int((folder / "adapter_model.safetensors").read_text("utf-8").split()[1])


def evaluated(**losses: float) -> History:
    points = [Point(step=int(step[1:]), epoch=1.0, loss=None, eval_loss=loss, learning_rate=None, seconds=1)
              for step, loss in losses.items()]
    return History(points=tuple(points), epochs=(), best_epoch=None, best_step=None)


@pytest.mark.parametrize(("top", "checkpoints", "losses", "state", "loads_best", "ended", "best", "final", "why"), [
    # nothing evaluated
    (30, (20, 30), {}, {"global_step": 30}, False, True, 30, 30, "nothing was evaluated, so it is the final one"),
    # evaluated, but the trainer was not told to keep a best one: the lowest of those that are still there
    (30, (20,), {"s10": 0.1, "s20": 0.2, "s30": 0.5}, {"global_step": 30}, False, True, 20, 30,
     "the lowest eval_loss of the steps kept, 0.2000; step 10 had 0.1000 and was not kept"),
    (30, (20,), {"s25": 0.1}, {"global_step": 30}, False, True, 30, 30,
     "no evaluated step was kept, so it is the final one"),
    # load_best_model_at_end: the top holds the best, the last checkpoint the final
    (10, (10, 30), {"s10": 0.1, "s30": 0.2}, {"global_step": 30, "best_global_step": 10, "best_metric": 0.1}, True, True,
     10, 30, "the trainer's best evaluation, 0.1000"),
    # and with save_total_limit 1 only the best is left
    (10, (10,), {"s10": 0.1, "s30": 0.2}, {"global_step": 30, "best_global_step": 10, "best_metric": 0.1}, True, True,
     10, 10, "the trainer's best evaluation, 0.1000"),
    # broken off: the top, if there is one, is an older session's
    (15, (20,), {}, {"global_step": 20}, False, False, 20, 20, "nothing was evaluated, so it is the final one"),
])
def test_the_step_and_the_reason(tmp_path: Path, top: int, checkpoints: tuple[int, ...], losses: dict[str, float],
                                 state: dict[str, Any], loads_best: bool, ended: bool, best: int, final: int, why: str
                                 ) -> None:
    weights(tmp_path, top)
    for step in checkpoints:
        weights(tmp_path / f"checkpoint-{step}", step)
    kept = run_models.keep(tmp_path, evaluated(**losses), state, loads_best=loads_best, ended=ended)
    assert kept is not None
    assert (kept[0].step, kept[1].step, kept[0].why) == (best, final, why)
    assert step_in(tmp_path / "best_model") == best and step_in(tmp_path / "final_model") == final
    assert {file.name for file in (tmp_path / "best_model").iterdir()} == LOADED
    if final < state["global_step"]:
        assert kept[1].why == "the last one kept; the run ended at step 30"


def test_links_cost_no_disk_and_are_made_anew(tmp_path: Path) -> None:
    weights(tmp_path, 5)
    run_models.keep(tmp_path, evaluated(), {"global_step": 5}, loads_best=False, ended=True)
    file = tmp_path / "best_model" / "adapter_model.safetensors"
    assert file.samefile(tmp_path / "adapter_model.safetensors")
    (tmp_path / "best_model" / "left over").write_text("", encoding="utf-8")
    run_models.keep(tmp_path, evaluated(), {"global_step": 5}, loads_best=False, ended=True)
    assert not (tmp_path / "best_model" / "left over").exists()


def test_files_are_copied_where_links_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError("no links on this disk")

    monkeypatch.setattr(os, "link", refuse)
    weights(tmp_path, 5)
    run_models.keep(tmp_path, evaluated(), {"global_step": 5}, loads_best=False, ended=True)
    assert step_in(tmp_path / "final_model") == 5
    assert not (tmp_path / "final_model" / "tokenizer.json").samefile(tmp_path / "tokenizer.json")


def test_a_run_without_weights_has_no_models(tmp_path: Path) -> None:
    assert run_models.keep(tmp_path, evaluated(), {}, loads_best=False, ended=False) is None
    assert list(tmp_path.iterdir()) == []
