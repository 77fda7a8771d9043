"""`mundap run`: stages in order, a table at the end, and nothing done twice; LLaMA-Factory is a stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mundap import fake_llamafactory
from tests.mundap.test_export import NAME

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def ready(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a base model and only the recipes that train and export."""
    import numpy as np
    from safetensors.numpy import save_file

    fake_llamafactory.install(tmp_path / "fake")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'fake'}{os.pathsep}{ROOT}")
    base = project / "models" / "base"
    base.mkdir(parents=True)
    save_file({NAME: np.ones((2, 2), np.float32)}, base / "model.safetensors")
    (base / "chat_template.jinja").write_text("### 지시", encoding="utf-8")
    for path in (project / "configs" / "demo").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("models/gemma-3-270m-ko", "models/base"), encoding="utf-8")
        if path.stem not in ("train", "export"):
            path.unlink()
    return project


def run(project: Path, *words: str) -> tuple[int, list[dict[str, object]], str]:
    done = subprocess.run([sys.executable, "-X", "importtime", "-m", "mundap.cli.main", "run", "configs/demo",
                           "--json", *words], cwd=project, capture_output=True, text=True, timeout=100)
    return done.returncode, json.loads(done.stdout or "[]"), done.stderr


def states(rows: list[dict[str, object]]) -> dict[object, str]:
    return {row["stage"]: str(row["state"]).split(":")[0] for row in rows}


def test_a_second_run_skips_everything_and_imports_no_torch(ready: Path) -> None:
    code, rows, messages = run(ready)
    assert code == 0, messages
    assert states(rows) == {"models": "skipped", "data": "skipped", "train": "done", "export": "done",
                            "index": "skipped"}
    code, rows, messages = run(ready)
    assert code == 0 and set(states(rows).values()) == {"skipped"}
    assert "train: skipped: recipe, rows and base model unchanged" in messages
    assert "export: skipped: adapter and base unchanged" in messages
    assert "|       torch\n" not in messages and " torch\n" not in messages


@pytest.mark.slow
def test_a_changed_recipe_runs_its_stage_and_those_below(ready: Path) -> None:
    run(ready)
    path = ready / "configs/demo/train.yaml"
    path.write_text(path.read_text("utf-8").replace("lora_rank: 16", "lora_rank: 4\nmax_steps: 2"), encoding="utf-8")
    code, rows, messages = run(ready)
    assert code == 0 and states(rows)["train"] == states(rows)["export"] == "done"
    [older] = (ready / "saves" / "demo").glob("lora.*")
    assert (f"the older run in saves/demo/lora is now saves/demo/{older.name}; delete it with: rm -r '{older}'\n"
            in messages)
    assert (older / "adapter_model.safetensors").is_file() and (older / "mundap_run.json").is_file()


@pytest.mark.slow
def test_an_unfinished_run_of_the_same_recipe_goes_on(ready: Path) -> None:
    path = ready / "configs/demo/train.yaml"
    recipe = path.read_text("utf-8")
    path.write_text(recipe + "run_name: crash\n", encoding="utf-8")
    assert states(run(ready)[1])["train"] == "failed"
    path.write_text(recipe, encoding="utf-8")        # run_name is no part of what is learnt
    code, rows, messages = run(ready)
    assert code == 0 and "going on with configs/demo/train.yaml from checkpoint-2\n" in messages
    assert list((ready / "saves" / "demo").glob("lora.*")) == []


@pytest.mark.slow
def test_a_foreign_folder_is_neither_moved_nor_trained_over(ready: Path) -> None:
    run(ready)
    (ready / "saves/demo/lora/mundap_run.json").unlink()
    before = sorted((ready / "saves").rglob("*"))
    for words in ((), ("--fresh",)):
        code, rows, messages = run(ready, *words)
        assert code == 1 and states(rows)["train"] == "failed"
        assert "output_dir saves/demo/lora holds checkpoints or weights that mundap has no record of." in messages
    assert sorted((ready / "saves").rglob("*")) == before


@pytest.mark.slow
def test_fresh_runs_every_stage_again(ready: Path) -> None:
    assert run(ready)[0] == 0
    code, rows, _ = run(ready, "--fresh")
    assert code == 0 and states(rows)["train"] == states(rows)["export"] == "done"


def test_a_failed_stage_ends_the_run_and_is_in_the_table(ready: Path) -> None:
    path = ready / "configs/demo/train.yaml"
    path.write_text(path.read_text("utf-8") + "run_name: fail\n", encoding="utf-8")
    code, rows, messages = run(ready)
    assert code == 1 and states(rows)["train"] == "failed" and "export" not in states(rows)
    assert "ValueError: Cannot find valid samples" in messages


def test_a_broken_recipe_stops_the_run_before_its_first_stage(ready: Path) -> None:
    (ready / "configs/demo/export.yaml").write_text("export_dri: x\n", encoding="utf-8")
    code, rows, messages = run(ready)
    assert code == 1 and rows == [] and "Did you mean 'export_dir'?" in messages


def test_a_folder_without_recipes_is_told(ready: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "mundap.cli.main", "run", "datasets"], cwd=ready, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("error: datasets: there is no recipe in this folder.")
