"""Training, with a stand-in for LLaMA-Factory: records, progress, failures, stops, and what a full folder means."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from mundap import train
from mundap.errors import ConfigError, LaunchError, ModelError
from mundap.recipe import Recipe, load
from tests.mundap import fake_llamafactory

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ready(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a base model's folder, where LLaMA-Factory is the stand-in."""
    fake_llamafactory.install(tmp_path / "fake")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'fake'}{os.pathsep}{ROOT}")
    base = project / "models" / "gemma-3-270m-ko"
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}", encoding="utf-8")
    return project


def recipe(*overrides: str) -> Recipe:
    return load("configs/demo/train.yaml", overrides=overrides)


def test_a_run_leaves_a_record_beside_the_adapter(ready: Path) -> None:
    lines: list[str] = []
    summary = train.run(recipe("max_steps=4"), say=lines.append)
    out = ready / "saves" / "demo" / "lora"
    assert (summary.steps, summary.total_steps, summary.loss, summary.stopped) == (4, 4, 1.0, False)
    assert summary.next_command == "mundap export configs/demo/export.yaml"
    record = json.loads((out / "mundap_run.json").read_text("utf-8"))
    assert record["state"] == "finished" and record["summary"]["steps"] == 4
    assert list(record["datasets"]) == ["demo"] and len(record["datasets"]["demo"]) == 64
    assert record["command"][:4] == [sys.executable, "-m", "llamafactory.cli", "train"]
    resolved = yaml.safe_load((out / "resolved.yaml").read_text("utf-8"))
    assert resolved["model_name_or_path"] == str(ready / "models" / "gemma-3-270m-ko")
    assert resolved["dataset_dir"] == str(ready) and resolved["output_dir"] == str(out)
    assert lines[0] == "training configs/demo/train.yaml into saves/demo/lora"
    assert any(line.startswith("step 4/4  loss 1.0000") for line in lines)
    assert train.report(summary, ready)[1] == "next: mundap export configs/demo/export.yaml"


def test_the_child_sees_no_secret_and_no_hub(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "WANDB_API_KEY", "AWS_SECRET_ACCESS_KEY", "MY_PASSWORD"):
        monkeypatch.setenv(name, "geheim")
    train.run(recipe())
    log = (ready / "saves/demo/lora/running.log").read_text("utf-8")
    assert "geheim" not in log
    environment = json.loads(log.split("environment ")[1].splitlines()[0])
    assert environment["HF_HUB_OFFLINE"] == "1" and environment["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert "DISABLE_VERSION_CHECK" not in environment


def test_a_failure_is_told_with_its_exception_and_a_remedy(ready: Path) -> None:
    with pytest.raises(LaunchError) as caught:
        train.run(recipe("run_name=fail"))
    log = ready / "saves/demo/lora/running.log"
    assert str(caught.value) == (
        "llamafactory train configs/demo/train.yaml: failed with exit code 1: ValueError: Cannot find valid samples, "
        "check it.\n  Every row was dropped: check `columns` in dataset_info.json against the file.\n"
        f"  The whole log: {log}")
    assert json.loads((log.parent / "mundap_run.json").read_text("utf-8"))["state"] == "failed"


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
    assert str(caught.value).splitlines()[0].endswith(
        "output_dir saves/demo/lora holds the adapter of another recipe, other data or an unknown run.")
    assert train.run(recipe("lora_rank=4"), mode="fresh").resumed_from == ""
    assert train.run(recipe("lora_rank=8"), mode="decide").steps == 4


def test_changed_rows_make_another_run(ready: Path) -> None:
    first = train.plan(recipe()).fingerprint
    assert train.plan(recipe("logging_steps=7", "output_dir=saves/other")).fingerprint == first
    (ready / "datasets" / "demo.json").write_text("[]", encoding="utf-8")
    assert train.plan(recipe()).fingerprint != first


def test_a_finished_run_is_known_and_an_unfinished_one_goes_on(ready: Path) -> None:
    train.run(recipe("max_steps=4"))
    ready_plan = train.plan(recipe("max_steps=4"))
    assert train.finished(ready_plan.output_dir, ready_plan.fingerprint)
    record = ready_plan.output_dir / "mundap_run.json"
    record.write_text(record.read_text("utf-8").replace('"finished"', '"stopped"'), encoding="utf-8")
    (ready_plan.output_dir / "checkpoint-4" / "trainer_state.json").unlink()     # a checkpoint half written
    assert not train.finished(ready_plan.output_dir, ready_plan.fingerprint)
    again = train.plan(recipe("max_steps=4"))
    assert again.resume_from is not None and again.resume_from.name == "checkpoint-2"
    assert again.values["overwrite_output_dir"] is False
    assert train.run(recipe("max_steps=4")).resumed_from == "checkpoint-2"


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


@pytest.mark.slow
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
