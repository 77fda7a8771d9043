"""The front door: every command explains itself, mistakes give the right exit code, errors come without traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mundap.cli.main import COMMANDS, load_command

ROOT = Path(__file__).resolve().parents[3]


def mundap(*words: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mundap.cli.main", *words], cwd=cwd, env=env, capture_output=True,
                          text=True, timeout=100, stdin=subprocess.DEVNULL)


def test_every_command_has_a_file_and_the_other_way_round() -> None:
    files = {path.stem for path in (ROOT / "mundap" / "cli").glob("*.py")}
    assert files - {"__init__", "main", "options", "output"} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples_that_can_be_parsed(name: str) -> None:
    import importlib
    import shlex

    examples = importlib.import_module(f"mundap.cli.{name}").EXAMPLES
    assert len(examples) >= 2
    command = load_command(name)
    assert command.help and command.epilog.endswith("\n".join("  " + line for line in examples))
    for example in examples:
        program, called, *rest = shlex.split(example)
        assert program == "mundap"
        load_command(called).make_context(called, rest)


def test_the_questions_of_the_examples_are_ones_the_demo_can_answer() -> None:
    import shlex

    from mundap.cli.ask import EXAMPLES

    filings, law = ((ROOT / "datasets/raw/demo" / name).read_text(encoding="utf-8-sig")
                    for name in ("dart_truth.csv", "civil_law.csv"))
    asked = [load_command("ask").make_context("ask", shlex.split(example)[2:]).params["question"] for example in EXAMPLES]
    questions = [question for question in asked if question is not None]
    assert len(questions) >= 2
    for question in questions:
        assert question in law or question.partition("의 ")[0] in filings, question


def test_errors_are_told_without_a_traceback(project: Path, child_env: dict[str, str]) -> None:
    done = mundap("train", "configs/demo/train.yaml", "lora_rnak=3", cwd=project, env=child_env)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == ("error: command line (lora_rnak=3): lora_rnak: unknown key (value 3). Did you mean "
                           "'lora_rank'? [MD010]\n  Then check again with: mundap check configs/demo/train.yaml\n")


@pytest.mark.parametrize("words", [("trian",), ("train",), ("train", "x.yaml", "--colour"), ("ask", "x.yaml")])
def test_misuse_exits_with_two(words: tuple[str, ...], project: Path, child_env: dict[str, str]) -> None:
    assert mundap(*words, cwd=project, env=child_env).returncode == 2


def test_check_exits_with_one_when_something_is_wrong(project: Path, child_env: dict[str, str]) -> None:
    assert mundap("check", "configs/demo", cwd=project, env=child_env).returncode == 0
    (project / "configs/demo/chat.yaml").write_text("modle_name_or_path: x\n", encoding="utf-8")
    done = mundap("check", "configs/demo", cwd=project, env=child_env)
    assert done.returncode == 1
    wrong = [line for line in done.stdout.splitlines(keepends=True) if not line.startswith("not yet: ")]
    assert "".join(wrong) == (
        "configs/demo/chat.yaml: model_name_or_path: this key is missing. Path to the model weight or identifier "
        "from huggingface.co/models or modelscope.cn/models. [MD013]\n"
        "configs/demo/chat.yaml:1: modle_name_or_path: unknown key (value \"x\"). Did you mean "
        "'model_name_or_path'? [MD010]\n")


def test_a_dry_run_prints_recipe_and_command_and_starts_nothing(project: Path, child_env: dict[str, str]) -> None:
    done = mundap("train", "configs/demo/train.yaml", "--dry-run", "lora_rank=4", cwd=project, env=child_env)
    assert done.returncode == 0, done.stderr
    assert "lora_rank: 4\n" in done.stdout
    assert f"model_name_or_path: {project}/models/gemma-3-270m-ko\n" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(f"train '{project}/saves/demo/lora/resolved.yaml'")
    assert not (project / "saves").exists()


def test_doctor_prints_no_secret(project: Path, child_env: dict[str, str]) -> None:
    done = mundap("doctor", "--json", cwd=project, env=child_env | {"HF_TOKEN": "geheim"})
    assert done.returncode == 0, done.stderr
    assert '"HF_TOKEN": "set"' in done.stdout and "geheim" not in done.stdout
