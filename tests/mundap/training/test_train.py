"""Training, with a stand-in for LLaMA-Factory: records, progress, failures, stops, and what a full folder means."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from mundap.errors import ConfigError, LaunchError, ModelError, ResourceError
from mundap.recipe import load
from mundap.training import train
from tests.mundap.fake_llamafactory import step_of
from tests.mundap.training import trained
from tests.mundap.training.trained import recipe

pytestmark = pytest.mark.slow    # each test starts processes of its own, or loads a model

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def ready(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a base model's folder, where LLaMA-Factory is the stand-in."""
    return trained.prepare(project, tmp_path, monkeypatch)


def test_a_run_leaves_a_record_beside_the_adapter(ready: Path) -> None:
    lines: list[str] = []
    summary = train.run(recipe("max_steps=4"), say=lines.append)
    out = ready / "saves" / "demo" / "lora"
    assert (summary.steps, summary.total_steps, summary.stopped) == (4, 4, False)
    assert summary.loss == pytest.approx((4 + 2 + 4 / 3 + 1) / 4) and summary.trainable_parameters == 1234
    assert summary.next_command == "mundap export configs/demo/export.yaml"
    record = json.loads((out / "mundap_run.json").read_text("utf-8"))
    assert record["state"] == "finished" and record["summary"]["steps"] == 4
    assert list(record["datasets"]) == ["demo"] and len(record["datasets"]["demo"]) == 64
    assert record["overrides"] == ["max_steps=4"] and record["log"] == summary.log.name
    assert record["command"][:4] == [sys.executable, "-m", "llamafactory.cli", "train"]
    resolved = yaml.safe_load((out / "resolved.yaml").read_text("utf-8"))
    assert resolved["model_name_or_path"] == str(ready / "models" / "gemma-3-270m-ko")
    assert resolved["dataset_dir"] == str(ready) and resolved["output_dir"] == str(out)
    assert "training configs/demo/train.yaml into saves/demo/lora" in lines
    assert any(line.startswith("step 4/4  ") for line in lines)


def test_the_report_names_both_adapters_time_memory_and_what_comes_next(ready: Path) -> None:
    summary = train.run(recipe("max_steps=4"))
    told = train.report(summary, ready)
    assert re.fullmatch(r"trained 4 steps, loss 2\.0833 in 0:0\d, peak memory \d+\.\d GiB: saves/demo/lora", told[0])
    assert told[1:] == [
        "best: saves/demo/lora/best_model (step 4: nothing was evaluated, so it is the final one)",
        "final: saves/demo/lora/final_model (step 4: the last step)",
        f"beside them: loss.png, learning_rate.png, training_history.json, training_stats.json, {summary.log.name}",
        "next: mundap export configs/demo/export.yaml"]


def test_numbers_history_and_pictures_lie_in_the_folder(ready: Path) -> None:
    summary = train.run(recipe("max_steps=4", "num_train_epochs=2"))
    out = summary.output_dir
    stats = json.loads((out / "training_stats.json").read_text("utf-8"))
    record = json.loads((out / "mundap_run.json").read_text("utf-8"))
    assert stats["state"] == "finished" and stats["recipe_hash"] == record["fingerprint"]
    assert (stats["steps"], stats["total_steps"], stats["trainable_parameters"]) == (4, 4, 1234)
    assert stats["samples_per_second"] == 2.0 and stats["seconds_per_step"] == 2.0
    assert stats["versions"] == record["versions"] and stats["datasets"] == record["datasets"]
    assert stats["best_model"]["why"] == "nothing was evaluated, so it is the final one"
    history = json.loads((out / "training_history.json").read_text("utf-8"))
    assert [(one["epoch"], one["steps"], one["train_loss"]) for one in history["epochs"]] == [
        (1, 2, 3.0), (2, 2, pytest.approx(7 / 6))]
    assert history["best_epoch"] is None
    for picture in ("loss.png", "learning_rate.png"):
        assert (out / picture).read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_written_is_told_and_the_run_is_finished_all_the_same(ready: Path) -> None:
    out = ready / "saves" / "demo" / "lora"
    (out / "loss.png.tmp").mkdir(parents=True)
    said: list[str] = []
    summary = train.run(recipe(), say=said.append)
    [told] = [line for line in said if line.startswith("not everything about this run could be written: ")]
    assert "loss.png.tmp" in told and summary.pictures == ()
    assert train.finished(out, train.plan(recipe(), mode="fresh").fingerprint)
    assert summary.final is not None and step_of(summary.final.folder) == 4


def test_every_run_keeps_its_own_dated_log_with_the_recipe_at_its_head(ready: Path) -> None:
    first = train.run(recipe())
    second = train.run(recipe(), mode="fresh")
    logs = sorted(first.output_dir.glob("*.log"))
    assert logs == [first.log, second.log] and all(re.fullmatch(r"training_\d{8}_\d{6}\.log", log.name) for log in logs)
    resolved = (first.output_dir / "resolved.yaml").read_text("utf-8")
    assert second.log.read_text("utf-8").startswith(resolved)


def test_the_child_sees_no_secret_and_no_hub(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "WANDB_API_KEY", "AWS_SECRET_ACCESS_KEY", "MY_PASSWORD"):
        monkeypatch.setenv(name, "geheim")
    log = train.run(recipe()).log.read_text("utf-8")
    assert "geheim" not in log
    environment = json.loads(log.split("environment ")[1].splitlines()[0])
    assert environment["HF_HUB_OFFLINE"] == "1" and environment["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert "DISABLE_VERSION_CHECK" not in environment and "RECORD_VRAM" not in environment


def test_a_failure_is_told_with_its_exception_and_a_remedy(ready: Path) -> None:
    with pytest.raises(LaunchError) as caught:
        train.run(recipe("run_name=fail"))
    [log] = (ready / "saves/demo/lora").glob("training_*.log")
    assert str(caught.value) == (
        "llamafactory train configs/demo/train.yaml: failed with exit code 1: ValueError: Cannot find valid samples, "
        "check it.\n  Every row was dropped: check `columns` in dataset_info.json against the file.\n"
        f"  The whole log: {log}")
    assert json.loads((log.parent / "mundap_run.json").read_text("utf-8"))["state"] == "failed"


def test_a_failed_run_tells_what_it_did_until_then(ready: Path) -> None:
    with pytest.raises(LaunchError, match="RuntimeError: crashed at step 3"):
        train.run(recipe("max_steps=6", "run_name=crash"))
    out = ready / "saves/demo/lora"
    stats = json.loads((out / "training_stats.json").read_text("utf-8"))
    assert (stats["state"], stats["steps"], stats["total_steps"]) == ("failed", 3, 6)
    assert stats["final_model"] == {"step": 2, "from": "checkpoint-2", "why": "the last step"}
    assert len(json.loads((out / "training_history.json").read_text("utf-8"))["log"]) == 3
    assert step_of(out / "final_model") == 2
    # resumed, it fails before its first step: what the first session did still stands
    with pytest.raises(LaunchError, match="the resumed run crashed"):
        train.run(recipe("max_steps=6", "run_name=crash"), mode="resume")
    stats = json.loads((out / "training_stats.json").read_text("utf-8"))
    assert (stats["steps"], stats["session_steps"], stats["seconds_per_step"]) == (2, 0, None)
    assert step_of(out / "final_model") == 2


def test_a_kill_is_told_as_lack_of_memory(ready: Path) -> None:
    with pytest.raises(LaunchError, match="killed, most likely because memory ran out"):
        train.run(recipe("run_name=killed"))


def test_a_missing_base_model_is_told_before_anything_starts(ready: Path) -> None:
    with pytest.raises(ModelError) as caught:
        train.run(recipe("model_name_or_path=models/none"))
    assert str(caught.value) == ("model_name_or_path: there is no models/none.\n"
                                 "  Unpack the starter models with: mundap models")


def test_another_recipes_adapter_is_not_trained_over_unasked(ready: Path) -> None:
    train.run(recipe())
    with pytest.raises(ConfigError) as caught:
        train.run(recipe("lora_rank=4"))
    line = 1 + (ready / "configs/demo/train.yaml").read_text("utf-8").splitlines().index("output_dir: saves/demo/lora")
    assert str(caught.value) == (
        f"configs/demo/train.yaml:{line}: output_dir saves/demo/lora holds the run of another recipe or other data: "
        "lora_rank is 16 there, 4 here.\n"
        "  mundap train … --fresh trains over it, --resume goes on from checkpoint-4;\n"
        "  output_dir=saves/<other name> keeps both.")
    assert train.run(recipe("lora_rank=4"), mode="fresh").resumed_from == ""


def test_a_finished_run_is_not_trained_again_unasked(ready: Path) -> None:
    train.run(recipe())
    with pytest.raises(ConfigError) as caught:
        train.run(recipe())
    assert caught.value.what == ("output_dir saves/demo/lora holds the finished run of this very recipe and data "
                                 "(4 steps).")
    assert caught.value.fix == ("Nothing needs training; next: mundap export configs/demo/export.yaml\n"
                                "mundap train … --fresh trains it again; output_dir=saves/<other name> keeps both.")
    with pytest.raises(ConfigError, match=r"this run is finished \(4 steps\); there is nothing to go on with."):
        train.run(recipe(), mode="resume")
    assert train.run(recipe(), mode="fresh").steps == 4


def test_an_unfinished_run_goes_on_only_when_told(ready: Path) -> None:
    with pytest.raises(LaunchError):
        train.run(recipe("run_name=crash"))
    with pytest.raises(ConfigError) as caught:
        train.run(recipe())
    assert caught.value.what == "output_dir saves/demo/lora holds an unfinished run of this very recipe and data (3 steps)."
    assert caught.value.fix.startswith("mundap train … --fresh trains over it, --resume goes on from checkpoint-2;")
    assert train.run(recipe(), mode="resume").resumed_from == "checkpoint-2"


def test_a_forecast_is_told_before_a_run_begins_and_not_when_it_goes_on(ready: Path, monkeypatch: pytest.MonkeyPatch
                                                                       ) -> None:
    told: list[str] = []
    monkeypatch.setattr(train, "before_training", lambda asked, say: told.append(asked.name))
    with pytest.raises(LaunchError):
        train.run(recipe("run_name=crash"))
    assert told == ["configs/demo/train.yaml"]
    train.run(recipe(), mode="resume")
    train.run(recipe(), mode="fresh", told=True)
    assert len(told) == 1
    train.run(recipe(), mode="fresh")
    assert len(told) == 2


@pytest.mark.parametrize("left", ["checkpoint-7/trainer_state.json", "adapter_model.safetensors"])
def test_a_foreign_folder_is_refused_until_told(ready: Path, left: str) -> None:
    out = ready / "saves" / "demo" / "lora"
    (out / left).parent.mkdir(parents=True)
    (out / left).write_text("{}", encoding="utf-8")
    for mode in ("ask", "decide", "again"):
        with pytest.raises(ConfigError) as caught:
            train.run(recipe("overwrite_output_dir=false"), mode=mode)  # type: ignore[arg-type]
        assert caught.value.what == ("output_dir saves/demo/lora holds checkpoints or weights that mundap has no "
                                     "record of.")
    assert train.run(recipe("overwrite_output_dir=false"), mode="fresh").resumed_from == ""
    assert not (out / "checkpoint-7").exists()


def test_a_run_that_failed_while_loading_leaves_nothing_to_ask_about(ready: Path) -> None:
    with pytest.raises(LaunchError):
        train.run(recipe("run_name=fail"))
    assert train.run(recipe()).steps == 4


def test_the_whole_line_goes_on_with_its_own_run_and_moves_another_aside(ready: Path) -> None:
    with pytest.raises(LaunchError):
        train.run(recipe("run_name=crash"), mode="decide")
    assert train.run(recipe(), mode="decide").resumed_from == "checkpoint-2"
    mark = train.plan(recipe(), mode="decide").fingerprint
    said: list[str] = []
    out = train.run(recipe("lora_rank=4"), mode="decide", say=said.append).output_dir
    [aside] = out.parent.glob("lora.*")
    assert re.fullmatch(rf"lora\.\d{{8}}-{mark[:8]}", aside.name)
    assert (f"the older run in saves/demo/lora is now saves/demo/{aside.name}; delete it with: rm -r '{aside}'"
            in said)
    assert train.finished(aside, mark) and step_of(aside) == 4
    assert json.loads((out / "mundap_run.json").read_text("utf-8"))["overrides"] == ["lora_rank=4"]
    # back and forth: the name is taken by then
    train.run(recipe(), mode="again")
    train.run(recipe("lora_rank=4"), mode="again")
    assert len(list(out.parent.glob("lora.*"))) == 3
    train.run(recipe("lora_rank=4"), mode="again")
    assert len(list(out.parent.glob("lora.*"))) == 3


def test_a_folder_that_is_being_trained_into_is_left_alone(ready: Path) -> None:
    process = start(ready, "max_steps=500", "run_name=slow")
    try:
        for mode in ("ask", "fresh", "resume", "decide"):
            with pytest.raises(ResourceError) as caught:
                train.run(recipe("lora_rank=4"), mode=mode)  # type: ignore[arg-type]
            assert caught.value.what == f"process {process.pid} is training into saves/demo/lora right now."
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert train.plan(recipe("max_steps=500"), mode="resume").resume_from is not None


def test_changed_rows_make_another_run(ready: Path) -> None:
    first = train.plan(recipe()).fingerprint
    assert train.plan(recipe("logging_steps=7", "output_dir=saves/other")).fingerprint == first
    rows = (ready / "datasets" / "demo.json").read_text("utf-8")
    train.run(recipe())
    (ready / "datasets" / "demo.json").write_text(rows.replace("매출액", "자본금"), encoding="utf-8")
    assert train.plan(recipe(), mode="fresh").fingerprint != first
    with pytest.raises(ConfigError, match="other data: the rows of demo are others"):
        train.plan(recipe())


def test_a_checkpoint_written_in_part_is_passed_over(ready: Path) -> None:
    train.run(recipe("max_steps=4"))
    ready_plan = train.plan(recipe("max_steps=4"), mode="fresh")
    assert train.finished(ready_plan.output_dir, ready_plan.fingerprint)
    record = ready_plan.output_dir / "mundap_run.json"
    record.write_text(record.read_text("utf-8").replace('"finished"', '"stopped"'), encoding="utf-8")
    (ready_plan.output_dir / "checkpoint-4" / "trainer_state.json").unlink()
    assert not train.finished(ready_plan.output_dir, ready_plan.fingerprint)
    again = train.plan(recipe("max_steps=4"), mode="decide")
    assert again.resume_from is not None and again.resume_from.name == "checkpoint-2"
    assert again.values["overwrite_output_dir"] is False
    assert train.run(recipe("max_steps=4"), mode="decide").resumed_from == "checkpoint-2"


def test_a_recipe_may_itself_name_the_checkpoint(ready: Path) -> None:
    train.run(recipe("max_steps=4", "output_dir=saves/first"))
    summary = train.run(recipe("max_steps=6", "resume_from_checkpoint=saves/first/checkpoint-4"))
    assert (summary.resumed_from, summary.steps, summary.output_dir.name) == ("checkpoint-4", 6, "lora")
    assert summary.next_command == "mundap export configs/demo/export.yaml"


def test_a_rehearsal_tells_the_refusal_and_what_would_run(ready: Path) -> None:
    train.run(recipe())
    rehearsed = train.plan(recipe(), rehearse=True)
    assert isinstance(rehearsed.refusal, ConfigError) and rehearsed.values["overwrite_output_dir"] is True


def test_resume_without_a_checkpoint_is_told(ready: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        train.plan(recipe(), mode="resume")
    assert str(caught.value) == ("saves/demo/lora: there is no checkpoint to go on from.\n"
                                 "  Leave out --resume to start from the beginning.")


def start(project: Path, *overrides: str) -> subprocess.Popen[str]:
    """Start `mundap train` and return once three steps are logged."""
    process = subprocess.Popen([sys.executable, "-m", "mundap.cli.main", "train", "configs/demo/train.yaml",
                                *overrides], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    log = project / "saves/demo/lora/trainer_log.jsonl"
    until = time.monotonic() + 60
    while time.monotonic() < until and (not log.exists() or len(log.read_bytes().splitlines()) < 3):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_saves_the_adapter_and_says_where(ready: Path, number: int) -> None:
    process = start(ready, "max_steps=500", "run_name=slow")
    process.send_signal(number)
    process.send_signal(signal.SIGTERM)      # as `timeout` does: to the process, then to its group
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out.startswith("stopped at step ") and "of 500, checkpoint kept at saves/demo/lora/checkpoint-" in out
    assert "next: the same command with --resume" in out
    assert (ready / "saves/demo/lora/adapter_model.safetensors").exists()
    record = json.loads((ready / "saves/demo/lora/mundap_run.json").read_text("utf-8"))
    assert record["state"] == "stopped"


def test_a_child_that_ignores_the_request_is_terminated(ready: Path) -> None:
    process = start(ready, "max_steps=500", "run_name=deaf")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (ready / "saves/demo/lora/adapter_model.safetensors").exists()
    assert "checkpoint kept at" in out


@pytest.mark.timeout(1800)
def test_two_real_steps_with_the_starter_model(project: Path, request: pytest.FixtureRequest) -> None:
    models = ROOT / "models"
    if not (models / "gemma-3-270m-ko" / "model.safetensors").is_file():
        pytest.skip("the starter model is not unpacked: run `mundap models`")
    (project / "models").symlink_to(models)
    summary = train.run(recipe("max_steps=2", "per_device_train_batch_size=1", "cutoff_len=128", "logging_steps=1"))
    out = summary.output_dir
    assert summary.steps == 2 and summary.loss is not None and summary.peak_rss_bytes > 2**28
    assert (out / "adapter_model.safetensors").is_file() and (out / "training_loss.png").is_file()
    from mundap import export

    made = export.run(load("configs/demo/export.yaml"))
    assert made.changed_weight and (made.export_dir / "GEMMA_TERMS.html").is_file()
    assert export.finished(load("configs/demo/export.yaml"))
