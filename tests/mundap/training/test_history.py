"""A run's history: losses shared out over epochs, minutes, the best epoch, and sessions that overlap."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from mundap.training import history


def log(folder: Path, *lines: tuple[int, float, int, dict[str, float]]) -> Path:
    """Write a trainer's log: (step, epoch, seconds since the session's start, what else)."""
    (folder / "trainer_log.jsonl").write_text("".join(json.dumps(
        {"current_steps": step, "total_steps": 8, "epoch": epoch, "elapsed_time": str(timedelta(seconds=seconds)), **more})
        + "\n" for step, epoch, seconds, more in lines), encoding="utf-8")
    return folder


def test_losses_and_minutes_are_shared_out_over_the_epochs(tmp_path: Path) -> None:
    # 8 steps, 4 an epoch, logged every 3: the line at step 6 covers step 4 of epoch 1 and steps 5 and 6 of epoch 2
    log(tmp_path, (3, 0.75, 30, {"loss": 3.0, "lr": 0.3}), (4, 1.0, 60, {"eval_loss": 2.5}),
        (6, 1.5, 80, {"loss": 1.0, "lr": 0.2}), (8, 2.0, 120, {"eval_loss": 1.5}), (8, 2.0, 126, {}))
    story = history.read(tmp_path)
    first, second = story.epochs
    assert (first.epoch, first.steps, first.eval_loss, first.minutes) == (1, 4, 2.5, 1.0)
    assert first.train_loss == pytest.approx((3 * 3.0 + 1.0) / 4)
    assert (second.steps, second.train_loss, second.eval_loss) == (4, 1.0, 1.5)
    assert second.minutes == pytest.approx(66 / 60)
    assert (story.best_epoch, story.best_step, story.evaluations) == (2, 8, {4: 2.5, 8: 1.5})
    assert story.train_loss == pytest.approx((3 * 3.0 + 3 * 1.0) / 6)


def test_steps_done_again_after_a_resume_count_once(tmp_path: Path) -> None:
    log(tmp_path, (2, 0.5, 10, {"loss": 4.0}), (4, 1.0, 20, {"loss": 3.0}), (6, 1.5, 30, {"loss": 9.0}),
        (6, 1.5, 5, {"loss": 2.0}), (8, 2.0, 10, {"loss": 1.0}))      # resumed from the checkpoint of step 4
    story = history.read(tmp_path)
    assert [(point.step, point.loss, point.seconds) for point in story.points] == [
        (2, 4.0, 10), (4, 3.0, 10), (6, 2.0, 5), (8, 1.0, 5)]
    assert [epoch.train_loss for epoch in story.epochs] == [3.5, 1.5]
    assert history.losses(tmp_path) == {2: 4.0, 4: 3.0, 6: 2.0, 8: 1.0}


def test_an_epoch_logged_as_almost_done_is_done(tmp_path: Path) -> None:
    log(tmp_path, (4, 0.99999999, 4, {"loss": 2.0}), (8, 2.0, 8, {"loss": 1.0}))
    assert [epoch.steps for epoch in history.read(tmp_path).epochs] == [4, 4]


def test_several_evaluation_sets_are_taken_from_the_trainers_state(tmp_path: Path) -> None:
    log(tmp_path, (4, 0.5, 4, {"loss": 2.0}), (4, 0.5, 5, {}), (4, 0.5, 6, {}), (8, 1.0, 9, {"loss": 1.0}), (8, 1.0, 10, {}))
    state = {"log_history": [{"step": 4, "loss": 2.0}, {"step": 4, "eval_a_loss": 1.0}, {"step": 4, "eval_b_loss": 3.0},
                             {"step": 8, "eval_a_loss": 2.0}, {"step": 8, "eval_b_loss": 4.0}], "best_global_step": 4}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    story = history.read(tmp_path)
    assert story.evaluations == {4: 2.0, 8: 3.0} and (story.best_step, story.best_epoch) == (4, 1)


def test_the_trainers_own_best_step_wins_over_the_lowest_loss(tmp_path: Path) -> None:
    log(tmp_path, (4, 0.5, 4, {"eval_loss": 2.0}), (8, 1.0, 8, {"eval_loss": 1.0}))
    (tmp_path / "trainer_state.json").write_text('{"best_global_step": 4}', encoding="utf-8")   # by accuracy, say
    assert history.read(tmp_path).best_step == 4


def test_the_newest_checkpoints_state_serves_a_run_that_broke_off(tmp_path: Path) -> None:
    for number in (9, 10):
        (tmp_path / f"checkpoint-{number}").mkdir()
        (tmp_path / f"checkpoint-{number}" / "trainer_state.json").write_text(f'{{"global_step": {number}}}')
    assert history.trainer_state(tmp_path) == {"global_step": 10}


def test_nothing_logged_is_an_empty_history(tmp_path: Path) -> None:
    story = history.read(tmp_path)
    assert (story.points, story.epochs, story.best_epoch, story.train_loss) == ((), (), None, None)
    history.write(tmp_path, story)
    assert json.loads((tmp_path / "training_history.json").read_text("utf-8")) == {
        "epochs": [], "best_epoch": None, "best_step": None, "log": []}


def test_the_file_leaves_out_what_a_line_does_not_tell(tmp_path: Path) -> None:
    log(tmp_path, (8, 1.0, 6, {"loss": 2.0, "lr": 0.5}))
    history.write(tmp_path, history.read(tmp_path))
    assert json.loads((tmp_path / "training_history.json").read_text("utf-8")) == {
        "epochs": [{"epoch": 1, "steps": 8, "train_loss": 2.0, "eval_loss": None, "minutes": 0.1}],
        "best_epoch": None, "best_step": None,
        "log": [{"step": 8, "epoch": 1.0, "loss": 2.0, "learning_rate": 0.5, "seconds": 6}]}
