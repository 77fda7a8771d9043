"""`mundap train`: what it prints, what it saves, which words it takes together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mundap import yaml_lines
from mundap.recipe import load
from tests.mundap.training import trained

pytestmark = pytest.mark.slow    # each test starts processes of its own, or loads a model


@pytest.fixture
def ready(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project where LLaMA-Factory is the stand-in."""
    return trained.prepare(project, tmp_path, monkeypatch)


def mundap_train(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mundap.cli.main", "train", *words], capture_output=True, text=True,
                          env=dict(os.environ), timeout=100)


def test_a_dry_run_is_a_recipe_that_can_be_saved_and_run(ready: Path) -> None:
    done = mundap_train("configs/demo/train.yaml", "--dry-run", "lora_rank=4", "run_name='1e5'")
    assert done.returncode == 0, done.stderr
    values = yaml_lines.parse(done.stdout, name="stdout").values
    assert values["lora_rank"] == 4 and values["run_name"] == "1e5" and values["output_dir"] == str(
        ready / "saves" / "demo" / "lora")
    assert set(values) >= set(load("configs/demo/train.yaml").values)


def test_save_writes_a_recipe_that_says_what_it_was_made_from(ready: Path) -> None:
    preset = ready / "configs" / "presets" / "tiny.yaml"
    preset.parent.mkdir(exist_ok=True)
    preset.write_text("max_steps: 2\n", encoding="utf-8")
    done = mundap_train("configs/demo/train.yaml", "--preset", "tiny", "lora_rank=4", "--save", "train_resolved.yaml")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == ("written: train_resolved.yaml; run it with: llamafactory-cli train train_resolved.yaml\n")
    first, second, third, *_ = (ready / "train_resolved.yaml").read_text("utf-8").splitlines()
    assert first.startswith("# yaml-language-server: $schema=") and first.endswith("configs/schema/train.schema.json")
    assert (ready / first.split("$schema=")[1]).resolve() == ready / "configs" / "schema" / "train.schema.json"
    assert second == "# Resolved by mundap from configs/demo/train.yaml; presets: tiny; command line: lora_rank=4"
    assert third == "# Run: llamafactory-cli train train_resolved.yaml"
    saved = load("train_resolved.yaml").values
    assert saved["max_steps"] == 2 and saved["lora_rank"] == 4 and not (ready / "saves").exists()
    assert mundap_train("train_resolved.yaml", "--save", "train_resolved.yaml").returncode == 0


def test_save_does_not_write_over_a_recipe(ready: Path) -> None:
    before = (ready / "configs/demo/train.yaml").read_bytes()
    done = mundap_train("configs/demo/train.yaml", "--save", "configs/demo/train.yaml")
    assert done.returncode == 1 and (ready / "configs/demo/train.yaml").read_bytes() == before
    assert done.stderr == ("error: configs/demo/train.yaml: this file was written by hand; it is not written over.\n"
                           "  Give --save another name, for example train_resolved.yaml.\n")
    done = mundap_train("configs/demo/train.yaml", "--save", "nowhere/x.yaml")
    assert done.stderr.startswith("error: nowhere: there is no such folder.\n")


def test_a_full_folder_is_refused_and_a_dry_run_says_so(ready: Path) -> None:
    assert mundap_train("configs/demo/train.yaml", "--json").returncode == 0
    done = mundap_train("configs/demo/train.yaml")
    assert done.returncode == 1 and "holds the finished run of this very recipe and data (4 steps)." in done.stderr
    done = mundap_train("configs/demo/train.yaml", "--dry-run")
    assert done.returncode == 0 and "output_dir: " in done.stdout
    assert done.stderr.startswith("note: as things stand this would not start. configs/demo/train.yaml:")


def test_a_rerun_tells_whether_the_losses_are_the_same(ready: Path) -> None:
    done = mundap_train("configs/demo/train.yaml", "max_steps=2", "--json")
    assert json.loads(done.stdout)["steps"] == 2, done.stderr
    done = mundap_train("--rerun", "saves/demo/lora")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [
        "losses: the same as the first run's at all 2 logged steps",
        "next: mundap export configs/demo/export.yaml adapter_name_or_path=saves/demo/lora-rerun"]
    done = mundap_train("--rerun", "saves/demo/lora", "--dry-run", "--out", "saves/x")
    assert f"output_dir: {ready / 'saves' / 'x'}\n" in done.stdout and not (ready / "saves" / "x").exists()


@pytest.mark.parametrize(("words", "told"), [
    ((), "give a recipe"),
    (("configs/demo/train.yaml", "--fresh", "--resume"), "contradict each other"),
    (("configs/demo/train.yaml", "--out", "x"), "belong to --rerun"),
    (("configs/demo/train.yaml", "--force"), "belong to --rerun"),
    (("configs/demo/train.yaml", "--rerun", "saves/x"), "leave recipe, presets and"),
    (("--rerun", "saves/x", "--preset", "cpu"), "leave recipe, presets and"),
    (("--rerun", "saves/x", "--resume"), "--resume needs --out"),
])
def test_words_that_do_not_go_together_are_misuse(ready: Path, words: tuple[str, ...], told: str) -> None:
    done = mundap_train(*words)
    assert done.returncode == 2 and told in " ".join(done.stderr.split())
