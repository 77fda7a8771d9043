"""Every file under configs/ is found and checked; rules between files tell what does not agree."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mundap.checking.check import check, files
from mundap.recipe import KINDS, kind_of

ROOT = Path(__file__).resolve().parents[3]
FOUND = files([ROOT / "configs"])


def test_the_list_of_files_is_not_empty_and_goes_below() -> None:
    assert {kind_of(path) for path in FOUND} >= set(KINDS)
    assert ROOT / "configs" / "demo" / "train.yaml" in FOUND


@pytest.mark.parametrize("path", FOUND, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_committed_configuration_is_right(path: Path) -> None:
    assert [str(problem) for problem in check(path) if not problem.later] == []


# What a preset may not be laid over, and why that is so.
TOLD_WITH_PRESET = {
    ("demo/train.yaml", "liger"): ["MD603"],   # the demo trains on a CPU, Liger's kernels are a GPU's
    ("demo/train_v1.yaml", "liger"): ["MD603"],
    ("demo/train_feedback.yaml", "liger"): ["MD603"],
    # Pairs and ratings are not packed.
    **{(f"demo/train_{stage}.yaml", preset): codes for stage in ("kto", "dpo")
       for preset, codes in (("liger", ["MD603"]), ("packing", ["MD511", "MD511"]))},
    # The committed rows are a sample of 42 to 63 steps so, and the recipe evaluates every 100.
    ("dart/train_llama3_8b_qlora.yaml", "fast"): ["MD304", "MD304"],
    # The base comes in 4 bits, which the preset asks for; the sample again.
    ("dart/train_llama3_8b_qlora.yaml", "rtx4060_8gb"): ["MD504", "MD304", "MD304"],
}
PRESETS = sorted(path.stem for path in (ROOT / "configs/presets").glob("*.yaml"))
TRAINING = [path for path in FOUND if kind_of(path) == "train" and path.suffix == ".yaml"]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("path", TRAINING, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_preset_goes_over_every_train_recipe(path: Path, preset: str) -> None:
    told = check(path, presets=[preset])
    expected = TOLD_WITH_PRESET.get((f"{path.parent.name}/{path.name}", preset), [])
    assert [problem.code for problem in told if not problem.later] == expected, "\n".join(map(str, told))


def test_there_are_recipes_and_presets_to_combine() -> None:
    assert len(TRAINING) >= 10 and len(PRESETS) >= 10
    assert {preset for _, preset in TOLD_WITH_PRESET} <= set(PRESETS)
    assert {name for name, _ in TOLD_WITH_PRESET} <= {f"{path.parent.name}/{path.name}" for path in TRAINING}


def edit(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_an_unregistered_dataset_is_told(project: Path) -> None:
    path = edit(project / "configs/demo/train.yaml", "dataset: demo", "dataset: demos")
    [problem] = check(path)
    assert str(problem).split(": ", 1)[1] == ("dataset: 'demos' is not registered in dataset_info.json. Did you mean "
                                              "'demo'? Registered: demo, demo_feedback_dpo, demo_feedback_kto, "
                                              "demo_feedback_sft, demo_v1. [MD101]")


def test_a_dataset_still_to_be_made_is_told_with_its_command(project: Path) -> None:
    (project / "datasets" / "demo.json").unlink()
    [problem] = check(project / "configs/demo/train.yaml")
    assert problem.later
    assert problem.fix == "Make it with: mundap data configs/demo/data.yaml"


def test_a_prompt_that_differs_is_told(project: Path) -> None:
    path = edit(project / "configs/demo/data.yaml", "  top_k: 2 ", "  top_k: 3 ")
    [problem] = check(path)
    assert problem.key == "rows.top_k"
    assert problem.what.startswith("3 differs from 2 at configs/demo/rag.yaml:")


def test_a_missing_prompt_file_is_told(project: Path) -> None:
    (project / "configs/prompts/demo/instruction.txt").unlink()
    assert [problem.what for problem in check(project / "configs/demo/rag.yaml")] == [
        "there is no file configs/prompts/demo/instruction.txt."]


def test_a_secret_is_told_and_not_repeated(project: Path) -> None:
    path = edit(project / "configs/demo/train.yaml", "seed: 42", "seed: 42\nhub_token: hf_geheim")
    [problem] = check(path)
    assert problem.what == "a secret must not stand in a recipe." and "geheim" not in str(problem)


def test_a_preset_may_hold_a_part_of_a_train_recipe_only(project: Path) -> None:
    folder = project / "configs/presets"
    folder.mkdir(exist_ok=True)
    (folder / "x.yaml").write_text("lora_rank: 4\nlora_target: null\nbatchsize: 3\n", encoding="utf-8")
    assert [(problem.where, problem.key) for problem in check(folder / "x.yaml")] == [
        ("configs/presets/x.yaml:3", "batchsize")]


@pytest.mark.parametrize(("name", "content", "what"), [
    ("prompts/demo/a.txt", b" \n", "is empty."),
    ("prompts/demo/a.txt", "가나".encode("cp949"), "is not UTF-8 text."),
    ("prompts/demo/a.txt", "\u1100\u1161".encode(), "its Hangul is decomposed (NFD), as macOS writes it."),
    ("prompts/demo/s.yaml", "매출액: 매출\n".encode(), "must be a list of other names."),
    ("demo/notes.yaml", b"a: 1\n", "the file name does not say what kind of recipe this is."),
])
def test_other_files_are_checked_too(project: Path, name: str, content: bytes, what: str) -> None:
    path = project / "configs" / name
    path.write_bytes(content)
    assert [problem.what for problem in check(path)] == [what]


def test_checking_everything_takes_less_than_two_seconds(child_env: dict[str, str]) -> None:
    """A fresh process, interpreter and all; seconds of the processor, since other programs share the machine.

    The checker has one thread and waits for nothing, so on an idle machine the clock on the wall shows the same.
    """
    took = []
    for _ in range(3):
        before = os.times()
        subprocess.run([sys.executable, "-c", "from mundap.cli.main import entry; entry()", "check"], cwd=ROOT,
                       env=child_env, capture_output=True, text=True, timeout=60, check=True)
        after = os.times()
        took.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert sorted(took)[1] < 2.0, took


def test_check_leaves_heavy_libraries_alone(child_env: dict[str, str]) -> None:
    code = ("import sys\nfrom mundap.cli.main import app\n"
            "try:\n    app(['check'])\nexcept SystemExit as e:\n    assert e.code == 0, e.code\n"
            "print(*sorted({'torch', 'transformers', 'gradio', 'datasets', 'chromadb', 'llamafactory', 'omegaconf', "
            "'pandas', 'numpy', 'matplotlib', 'deepspeed'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=child_env, capture_output=True, text=True,
                          timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_help_leaves_everything_heavy_alone_and_is_quick(child_env: dict[str, str]) -> None:
    code = ("import sys, time\nfrom mundap.cli.main import app\n"
            "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
            "print(*sorted({'torch', 'transformers', 'gradio', 'chromadb', 'jsonschema', 'rich', 'yaml'}"
            " & set(sys.modules)))\nprint(time.process_time())")
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=child_env, capture_output=True, text=True,
                          timeout=60, check=True)
    *_, heavy, seconds = done.stdout.splitlines()
    assert heavy == ""
    assert float(seconds) < 0.3, time.monotonic() - started


def test_a_glossary_beside_the_prompts_may_hold_texts_and_a_synonyms_file_may_not(tmp_path: Path) -> None:
    (tmp_path / "dataset_info.json").write_text("{}", encoding="utf-8")
    folder = tmp_path / "configs/prompts/dart"
    folder.mkdir(parents=True)
    for name, text in (("terms", "매출액: 번 돈\n"), ("ratios", "부채비율: [부채, 자본]\n"), ("synonyms", "매출액: 매출\n"),
                       ("other", "매출액: 3\n")):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    found = {problem.where: problem.what for name in ("terms", "ratios", "synonyms", "other")
             for problem in check(folder / f"{name}.yaml")}
    assert found == {"configs/prompts/dart/synonyms.yaml:1": "must be a list of other names.",
                     "configs/prompts/dart/other.yaml:1": "must be a list of other names."}
