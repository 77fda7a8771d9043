"""What lies in an output folder is told apart, cleared of a training's files only, and moved aside by name."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from mundap.training import run_folder
from mundap.training.run_folder import Owner


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}", encoding="utf-8")


def record(folder: Path, **content: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mundap_run.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(("left", "written", "owner", "finished"), [
    ((), {}, "empty", False),
    (("notes.txt", "runs/events"), {}, "empty", False),
    ((), {"fingerprint": "a", "state": "failed"}, "empty", False),
    (("checkpoint-5/trainer_state.json",), {}, "foreign", False),
    (("model.safetensors.index.json",), {}, "foreign", False),
    (("adapter_model.safetensors",), {"state": "finished"}, "foreign", False),
    (("adapter_model.safetensors",), {"fingerprint": "a", "state": "finished"}, "same", True),
    (("checkpoint-5/trainer_state.json",), {"fingerprint": "a", "state": "finished"}, "same", False),
    (("adapter_model.bin",), {"fingerprint": "b", "state": "finished"}, "other", True),
])
def test_a_folder_is_told_apart(tmp_path: Path, left: tuple[str, ...], written: dict[str, str], owner: Owner,
                                finished: bool) -> None:
    fill(tmp_path, *left)
    if written:
        record(tmp_path, **written)
    found = run_folder.look(tmp_path, "a")
    assert (found.owner, found.finished) == (owner, finished)


def test_the_last_checkpoint_is_the_largest_written_whole(tmp_path: Path) -> None:
    fill(tmp_path, "checkpoint-9/trainer_state.json", "checkpoint-10/trainer_state.json", "checkpoint-11/optimizer.pt",
         "checkpoint-x/trainer_state.json")
    assert run_folder.last_checkpoint(tmp_path) == tmp_path / "checkpoint-10"


def test_only_what_a_training_writes_is_cleared(tmp_path: Path) -> None:
    training = ("checkpoint-9/optimizer.pt", "adapter_model.safetensors", "model-00001-of-00002.safetensors",
                "trainer_log.jsonl", "trainer_state.json", "best_model/adapter_model.safetensors", "loss.png",
                "training_stats.json", "eval_results.json")
    others = ("notes.txt", "training_20260101_101500.log", "runs/events", "checkpoint-mine/x")
    fill(tmp_path, *training, *others)
    run_folder.clear_results(tmp_path)
    assert (tmp_path / "checkpoint-9").is_dir() and (tmp_path / "trainer_log.jsonl").is_file()
    assert (tmp_path / "adapter_model.safetensors").is_file() and not (tmp_path / "best_model").exists()
    run_folder.clear(tmp_path)
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()) == sorted(others)


def test_the_name_aside_has_date_and_hash_and_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "lora"
    fill(folder, "adapter_model.safetensors")
    record(folder, fingerprint="0123456789abcdef")
    day = datetime(2026, 3, 1, 12).timestamp()
    os.utime(folder / "mundap_run.json", (day, day))
    found = run_folder.look(folder, "else")
    assert run_folder.aside_name(found) == tmp_path / "lora.20260301-01234567"
    (tmp_path / "lora.20260301-01234567").mkdir()
    assert run_folder.aside_name(found) == tmp_path / "lora.20260301-01234567-2"


def test_differences_name_keys_rows_and_models(tmp_path: Path) -> None:
    fill(tmp_path, "adapter_model.safetensors")
    record(tmp_path, fingerprint="a", datasets={"demo": "1", "more": "2"}, models={"model_name_or_path": ["x"]})
    (tmp_path / "resolved.yaml").write_text(
        "lora_rank: 8\nlearning_rate: 1.0e-4\noutput_dir: saves/a\nmodel_name_or_path: m\n", encoding="utf-8")
    found = run_folder.look(tmp_path, "b")
    values = {"lora_rank": 8, "learning_rate": 2e-4, "output_dir": "saves/b", "model_name_or_path": "m", "seed": 1}
    assert run_folder.differences(found, values, {"demo": "9", "more": "2"}, {"model_name_or_path": ["y"]}) == (
        "learning_rate is 0.0001 there, 0.0002 here; seed is not set there, 1 here; the rows of demo are others; "
        "model_name_or_path names the same place, which holds another model")
    many = {f"key{number}": number for number in range(5)}
    assert run_folder.differences(found, many, {}, {}).startswith(
        "key0 is not set there, 0 here; key1 is not set there, 1 here; key2 is not set there, 2 here; 5 more keys")


def test_a_process_that_is_gone_trains_no_more(tmp_path: Path) -> None:
    this = run_folder.this_process()
    assert run_folder.running({"state": "running", "process": this}) == os.getpid()
    assert run_folder.running({"state": "stopped", "process": this}) is None
    assert run_folder.running({"state": "running", "process": this | {"host": "another"}}) is None
    assert run_folder.running({"state": "running", "process": this | {"started": this["started"] - 9}}) is None
    assert run_folder.running({"state": "running", "process": {}}) is None
    assert run_folder.running({"state": "running"}) is None


def test_two_logs_within_a_second_have_two_names(tmp_path: Path) -> None:
    first = run_folder.new_log(tmp_path)
    first.touch()
    second = run_folder.new_log(tmp_path)
    assert first != second and {first.name, second.name} == {path.name for path in (first, second)}
    second.touch()
    assert len(list(tmp_path.glob("training_????????_??????.log"))) == 2
