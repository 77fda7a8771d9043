"""Runs read from real folders: recorded, under way, broken off, of LLaMA Board, damaged; and what two differ in."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from mundap.training.run_folder import this_process
from webui.models import runs


def log(folder: Path, *lines: dict[str, Any], total: int = 8) -> Path:
    """Write a trainer's log into a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trainer_log.jsonl").write_text("".join(
        json.dumps({"current_steps": at, "total_steps": total, "epoch": at / total, "elapsed_time": f"0:00:{10 * at:02}",
                    "remaining_time": f"0:00:{59 - at}", **line}) + "\n"
        for at, line in enumerate(lines, start=1)), encoding="utf-8")
    return folder


def recorded(folder: Path, **content: Any) -> Path:
    (folder / "mundap_run.json").write_text(json.dumps({"recipe": "configs/demo/train.yaml", **content}), encoding="utf-8")
    return folder


def test_a_finished_run_is_told_by_its_record(tmp_path: Path) -> None:
    folder = recorded(log(tmp_path / "demo" / "lora", {"loss": 2.0}, {"eval_loss": 1.5}, {"loss": 1.0}), state="finished",
                      started="2026-01-31 09:00:00", fingerprint="abc", datasets={"demo": "12ab"},
                      summary={"steps": 8, "total_steps": 8, "loss": 1.25, "eval_loss": 1.5, "seconds": 430.3,
                               "peak_rss_bytes": 2**30})
    (folder / "training_stats.json").write_text('{"trainable_parameters": 5}')
    (folder / "checkpoint-8").mkdir()
    (folder / "checkpoint-8" / "trainer_state.json").write_text("{}")
    [run] = runs.find(tmp_path)
    assert (run.key, run.state, run.recipe, run.started) == (
        "demo/lora", "finished", "configs/demo/train.yaml", "2026-01-31 09:00:00")
    assert (run.steps, run.total_steps, run.seconds, run.peak_bytes, run.trainable) == (8, 8, 430.3, 2**30, 5)
    assert (run.loss, run.last_loss, run.eval_loss) == (1.25, 1.0, 1.5)
    assert [(point.step, point.loss, point.eval_loss) for point in run.story.points] == [
        (1, 2.0, None), (2, None, 1.5), (3, 1.0, None)]
    assert run.recorded("datasets") == {"demo": "12ab"} and run.recorded("versions") == {} and run.damaged == ()
    assert runs.by_fingerprint([run]) == {"abc": run}


def test_a_run_under_way_tells_the_time_left_of_its_own_session(tmp_path: Path) -> None:
    folder = recorded(log(tmp_path / "a", *[{"loss": 1.0}] * 4), state="running", process=this_process(), resumed_from="")
    assert (runs.read(folder, tmp_path).state, runs.read(folder, tmp_path).left_s) == ("running", 55.0)
    recorded(folder, state="running", process=this_process(), resumed_from="checkpoint-2")
    assert runs.read(folder, tmp_path).left_s == pytest.approx(4 * 40 / 2), "two steps in 40 s, four to go"
    os.utime(folder / "trainer_log.jsonl", (1.0, 1.0))
    assert runs.read(folder, tmp_path).left_s is None, "the log is the earlier session's"


def test_a_run_whose_process_is_gone_is_lost(tmp_path: Path) -> None:
    gone = this_process() | {"started": 1.0}
    assert runs.read(recorded(log(tmp_path / "a", {"loss": 1.0}), state="running", process=gone), tmp_path).state == "lost"
    elsewhere = this_process() | {"host": "another"}
    found = runs.read(recorded(log(tmp_path / "b", {"loss": 1.0}), state="running", process=elsewhere), tmp_path)
    assert found.state == "unknown" and found.left_s is None


def test_a_run_of_llama_board_is_told_by_its_log(tmp_path: Path) -> None:
    done = runs.read(log(tmp_path / "Custom" / "lora" / "train_1", {"loss": 1.0}, {"loss": 0.5}, total=2), tmp_path)
    assert (done.state, done.steps, done.total_steps, done.seconds, done.recipe) == ("finished", 2, 2, 20.0, "")
    half = runs.read(log(tmp_path / "b", {"loss": 1.0}, total=2), tmp_path)
    assert half.state == "unknown" and half.loss == 1.0


def test_a_state_without_a_log_is_enough(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "trainer_state.json").write_text(json.dumps(
        {"log_history": [{"step": 5, "epoch": 1.0, "loss": 3.0}, {"step": 5, "eval_loss": 2.0}, {"step": 5, "train_runtime": 1}]}))
    [run] = runs.find(tmp_path)
    assert (run.state, run.steps, run.last_loss, run.eval_loss) == ("unknown", 5, 3.0, 2.0)


@pytest.mark.parametrize(("name", "content"), [
    ("mundap_run.json", '{"state": '), ("mundap_run.json", "[1]"), ("trainer_state.json", "\udcff"),
    ("training_stats.json", "null"),
    ("trainer_log.jsonl", '{"current_steps": "many"}\n'), ("trainer_log.jsonl", '{"current_steps": 1, "epoch": "x", "loss": 1}\n'),
    ("trainer_log.jsonl", '{"current_steps": 1, "total_steps": null, "loss": 1}\n'),
    ("trainer_state.json", '{"log_history": 5}'), ("trainer_state.json", '{"best_global_step": "x", "log_history": [{}]}')])
def test_a_damaged_file_is_told_and_the_rest_is_shown(tmp_path: Path, name: str, content: str) -> None:
    folder = recorded(log(tmp_path / "a", {"eval_loss": 1.0}), state="finished")
    (folder / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    [run] = runs.find(tmp_path)
    assert run.damaged, "nothing is hidden"
    assert run.key == "a"


def test_losses_that_are_no_numbers_are_counted_and_not_drawn(tmp_path: Path) -> None:
    run = runs.read(log(tmp_path / "a", {"loss": 1.0}, {"loss": math.nan}, {"loss": math.inf}, {}), tmp_path)
    assert [point.loss for point in run.story.points] == [1.0, None, None, None] and run.diverged == 2
    assert (run.last_loss, run.damaged) == (1.0, ())


def test_a_log_that_grows_is_read_again(tmp_path: Path) -> None:
    folder = log(tmp_path / "a", {"loss": 1.0})
    assert runs.read(folder, tmp_path).steps == 1
    log(tmp_path / "a", {"loss": 1.0}, {"loss": 0.5})
    assert runs.read(folder, tmp_path).steps == 2


def test_links_and_checkpoints_are_no_runs(tmp_path: Path) -> None:
    saves, outside = tmp_path / "saves", log(tmp_path / "outside", {"loss": 1.0})
    log(saves / "a" / "checkpoint-2", {"loss": 1.0})
    log(saves / "a" / ".hidden", {"loss": 1.0})
    (saves / "b").symlink_to(outside, target_is_directory=True)
    assert runs.find(saves) == [] and runs.find(tmp_path / "none") == []


def test_two_runs_differ_in_what_they_were_made_from(tmp_path: Path) -> None:
    made = []
    for name, rate, data in (("a", "0.0005", "1"), ("b", "0.0001", "2")):
        folder = recorded(log(tmp_path / name, {"loss": 1.0}), datasets={"demo": data}, models={"model_name_or_path": ["m"]},
                          versions={"torch": "2.13.0"}, git="c" + data)
        (folder / "resolved.yaml").write_text(f"learning_rate: {rate}\nstage: sft\nhf_hub_token: s{rate}\n" + (
            "val_size: 0.1\n" if name == "b" else ""), encoding="utf-8")
        made.append(runs.read(folder, tmp_path))
    told = [(one.name, one.left, one.right) for one in runs.differences(*made)]
    assert told == [("learning_rate", "0.0005", "0.0001"), ("datasets: demo", "1", "2"), ("git", "c1", "c2"),
                    ("val_size", None, "0.1")], "alike in stage, model and torch; a token is never shown"
    assert runs.differences(made[0], made[0]) == []
