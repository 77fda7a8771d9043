"""`mundap board` on the command line: what goes together, dry runs, and the way back with what it prints."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mundap.board import opening, workspace
from mundap.recipe import load

DEMO = "configs/demo/train.yaml"


def board(*words: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in env.items() if name != "MUNDAP_HOME"}
    return subprocess.run([sys.executable, "-m", "mundap.cli.main", "board", *words], cwd=cwd, env=env,
                          capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize("words", [("--import", "x"), ("--out", "x"), ("--like", "x"), ("--force",),
                                   (DEMO, "--import", "x", "--out", "y")], ids=str)
def test_options_that_do_not_go_together_are_misuse(words: tuple[str, ...], project: Path,
                                                    child_env: dict[str, str]) -> None:
    assert board(*words, cwd=project, env=child_env).returncode == 2


def test_a_dry_run_shows_form_command_and_notes_and_writes_nothing(project: Path, child_env: dict[str, str]) -> None:
    done = board(DEMO, "--dry-run", "--preset", "fast", "lora_rank=4", cwd=project, env=child_env)
    assert done.returncode == 0, done.stderr
    assert "train.lora_rank: 4\n" in done.stdout and "train.num_train_epochs: '2.0'\n" in done.stdout
    assert shlex.split(done.stdout.splitlines()[-1], comments=False)[-2:] == ["serve", "7861"]
    assert "trust_remote_code: LLaMA Board sets it true everywhere" in done.stderr
    assert not (project / ".board").exists()


@pytest.mark.slow
def test_the_way_back_prints_differences_and_keeps_what_is_there(project: Path, child_env: dict[str, str]) -> None:
    recipe = load(DEMO)
    ready = opening.filled(recipe, 1)
    workspace.settle(recipe, ready.form, ready.page)
    saved = ".board/demo-train/llamaboard_config/demo-train.yaml"
    form = yaml.safe_load((project / saved).read_text("utf-8")) | {"train.learning_rate": "0.002"}
    (project / saved).write_text(yaml.safe_dump(form), "utf-8")
    before = (project / DEMO).read_bytes()
    refused = board("--import", saved, "--out", DEMO, cwd=project, env=child_env)
    assert refused.returncode == 1 and "is there already." in refused.stderr
    tried = board("--import", saved, "--out", DEMO, "--force", "--dry-run", cwd=project, env=child_env)
    assert tried.returncode == 0 and (project / DEMO).read_bytes() == before
    done = board("--import", saved, "--out", DEMO, "--force", cwd=project, env=child_env)
    assert done.returncode == 0, done.stderr
    assert done.stdout == tried.stdout == (f"--- {DEMO}\n+++ {DEMO}\n@@ -37 +37 @@\n-learning_rate: 5.0e-4\n"
                                           "+learning_rate: 0.002\n")
    assert done.stderr == f"wrote {DEMO}; next: mundap check {DEMO}\n"
    again = board("--import", saved, "--out", DEMO, "--force", cwd=project, env=child_env)
    assert again.returncode == 0 and again.stdout == "" and "no difference" in again.stderr


def test_a_form_that_is_not_there_is_told(project: Path, child_env: dict[str, str]) -> None:
    done = board("--import", "saves/none", "--out", "configs/demo/train_x.yaml", cwd=project, env=child_env)
    assert done.returncode == 1
    assert done.stderr == ("error: saves/none: there is no such file.\n  Give a run's folder "
                           "(saves/<model>/<method>/<run>) or a file of llamaboard_config/.\n")
