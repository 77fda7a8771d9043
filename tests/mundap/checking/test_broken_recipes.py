"""A corpus of broken recipes: each mistake is told with its code on its line, and nothing else is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mundap import yaml_lines
from mundap.checking.check import check, files
from mundap.checking.rules import RULES
from mundap.checking.rules.document import READING
from mundap.errors import ConfigError
from mundap.overrides import at
from mundap.problem import Problem
from tests.mundap.checking import broken_case
from tests.mundap.checking.broken_case import Case

ROOT = Path(__file__).resolve().parents[3]
CASES = {case.name: case for case in broken_case.cases()}
# Codes told because a key or file stands there at all, or to keep a secret; their messages need not repeat the value.
_NOT_THE_VALUE = {"MD010", "MD109", "MD110", "MD113", "MD302", "MD303", "MD406", "MD501", "MD502", "MD503", "MD510",
                  "MD512", "MD513", "MD702", "MD802", "MD811"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project folder with a blank and Hangul in its path, its own home, on a machine without GPU or cache."""
    monkeypatch.delenv("MUNDAP_HOME", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    return tmp_path / "한글 폴더"


def problems(folder: Path) -> list[Problem]:
    return [problem for file in files([folder / "configs"]) for problem in check(file)]


def place(problem: Problem) -> broken_case.Told:
    file, _, line = problem.where.rpartition(":")
    return (file, int(line), problem.code) if line.isdigit() else (problem.where, 0, problem.code)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_marked_is_told_and_nothing_else(case: Case, folder: Path) -> None:
    broken_case.write(case, folder)
    found = problems(folder)
    assert sorted(map(place, found)) == list(case.told), "\n".join(map(str, found))
    for problem in found:
        assert problem.what.endswith(".") and "None" not in str(problem) and str(folder) not in str(problem)
        assert problem.fix or "must " in problem.what, f"nothing says what to do: {problem}"
        if problem.code not in _NOT_THE_VALUE:
            assert names_its_value(problem, folder), f"the value received is not named: {problem}"


def names_its_value(problem: Problem, folder: Path) -> bool:
    """Return whether a message repeats the value at its key, or the part of it that is wrong."""
    try:
        values = yaml_lines.read(folder / place(problem)[0]).values
    except ConfigError:
        return True   # no YAML, so no values
    value = at(values, tuple(int(part) if part.isdigit() else part for part in problem.key.split(".")))
    if value is None or isinstance(value, bool | dict | list) or problem.what == "must be a list of other names.":
        return True
    return any(part in str(problem) for part in (*str(value).split(","), json.dumps(value)))


def test_the_corpus_holds_every_code_and_many_cases() -> None:
    assert {code for case in CASES.values() for _, _, code in case.told} == {
        *(rule.code for rule in RULES), *(code for code, _, _ in READING)}
    assert len(CASES) >= 75
    for name, case in CASES.items():
        assert name.split("-")[0] in {code for _, _, code in case.told}, f"{name} is named for another code"


def test_marks_are_read_and_not_written(tmp_path: Path) -> None:
    path = tmp_path / "MD301-x.txt"
    path.write_text("Why.\n=== configs/x/train.yaml\nval_size: 0.1   #! MD301 MD302\nseed: 1   # 씨앗\n"
                    "=== configs/x/a.txt cp949 #! MD001@3 MD014\n가나\n", encoding="utf-8")
    case = broken_case.read(path)
    assert case.files["configs/x/train.yaml"] == "val_size: 0.1\nseed: 1   # 씨앗\n".encode()
    assert case.files["configs/x/a.txt"] == "가나\n".encode("cp949")
    assert case.told == (("configs/x/a.txt", 0, "MD014"), ("configs/x/a.txt", 3, "MD001"),
                         ("configs/x/train.yaml", 1, "MD301"), ("configs/x/train.yaml", 1, "MD302"))
    assert not any(b"#!" in content for case in CASES.values() for content in case.files.values())


@pytest.mark.parametrize("text", ["=== configs/x/train.yaml\nseed: 1   #! MD301\n", "Why.\n", "Why.\n=== a.yaml\nb: 1\n",
                                  "Why.\n=== a.yaml utf-8 more\nb: 1   #! MD301\n"])
def test_a_case_that_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="a.txt"):
        broken_case.read(tmp_path / "a.txt")


MESSAGES = {
    "MD002-key-twice": ["configs/x/train.yaml:9: the key 'learning_rate' stands twice, here and on line 8. Keep one of "
                        "the two lines. [MD002]"],
    "MD010-misspelt-key": ["configs/x/train.yaml:8: lora_rnak: unknown key (value 8). Did you mean 'lora_rank'? [MD010]",
                           "configs/x/train.yaml:9: lora_alhpa: unknown key (value 16). Did you mean 'lora_alpha'? "
                           "[MD010]"],
    "MD010-secret-not-repeated": ["configs/x/train.yaml:8: api_key: unknown key (value (not shown)). Did you mean "
                                  "'swanlab_api_key'? [MD010]"],
    "MD011-adapters-as-a-list": ["configs/x/chat.yaml:2: adapter_name_or_path: [\"org/a\", \"org/b\"] must be text or "
                                 "null. Write it as one text, with commas between its parts. [MD011]"],
    "MD013-no-output": ["configs/x/train.yaml: model_name_or_path: this key is missing. Path to the model weight or "
                        "identifier from huggingface.co/models or modelscope.cn/models. [MD013]",
                        "configs/x/train.yaml: output_dir: this key is missing. The output directory where the model "
                        "predictions and checkpoints will be written. [MD013]"],
    "MD016-train-keys-in-export": [
        f"configs/x/export.yaml:{line}: {key}: is a key of train recipes, unknown here (value {value}). Take the line "
        "out. [MD016]" for line, key, value in ((5, "learning_rate", "0.0001"), (6, "bf16", "true"),
                                                (7, "output_dir", '"saves/y"'))],
    "MD101-registry-not-json": ["configs/x/train.yaml:5: dataset_dir: dataset_info.json:3: is not JSON: Expecting "
                                "property name enclosed in double quotes: line 3 column 1 (char 120). Check commas and "
                                "quotes; write non-ASCII characters as \\u escapes. [MD101]"],
    "MD103-no-input": ["configs/x/train.yaml:4: dataset: dataset_info.json: x, which names no columns: the file has no "
                       "column 'input'. Columns: instruction, output. [MD103]"],
    "MD106-cp949-csv": ["configs/x/train.yaml:4: dataset: datasets/x.csv is not UTF-8 (byte 25); the trainer reads "
                        "nothing else. Save it as UTF-8; Korean Windows programs write cp949. [MD106]"],
    "MD106-mixed-below": ["configs/x/train.yaml:4: dataset: datasets/x.json: metadata.year is text in row 2 and a "
                          "number in the rows before; the trainer's reader stops at that. Write every value of a column "
                          "alike, numbers in answers as text. [MD106]"],
    "MD201-export-without-template": ["configs/x/export.yaml: template: is missing here; the adapter is trained with "
                                      "'alpaca' at configs/x/train.yaml:6. Write here: template: alpaca [MD201]"],
    "MD202-base-without-template": [
        "configs/x/train.yaml:1: model_name_or_path: meta-llama/Llama-3.2-1B has no chat template and the recipe names "
        "no template; LLaMA-Factory would take `empty`, which trains no end-of-answer token. Prepare it with: mundap "
        "models --prepare meta-llama/Llama-3.2-1B\n  and name the folder that makes; or name a template. [MD202]"],
    "MD301-held-out-and-forgotten": ["configs/x/train.yaml:8: val_size: 0.1 is held out of training and never evaluated. "
                                     "Add eval_strategy: epoch, or take val_size out; better: rows of their own in "
                                     "eval_dataset. [MD301]"],
    "MD304-never-evaluated": ["configs/x/train.yaml:10: eval_steps: 500 lies beyond the run's 9 steps; nothing is "
                              "evaluated on the way. Write 2, or 0.25 for every quarter of the run. [MD304]"],
    "MD401-checkpoints-there": ["configs/x/train.yaml:7: output_dir: saves/x holds checkpoints; LLaMA-Factory would go "
                                "on from the last one without a word. Say which: overwrite_output_dir: true, or "
                                "resume_from_checkpoint: true, or another output_dir. [MD401]"],
    "MD501-merged-while-quantised": ["configs/x/export.yaml:5: quantization_bit: an adapter cannot be merged into "
                                     "quantised weights. Take the line out: the adapter is merged into the same model, "
                                     "unquantised. [MD501]"],
    "MD605-packed-length": ["configs/x/train.yaml:9: cutoff_len: packing with cutoff_len 1001 crashes LLaMA-Factory "
                            "0.9.5, which needs a multiple of 8. Write: cutoff_len: 1000 [MD605]"],
    "MD801-remote-code": ["configs/x/train.yaml:8: trust_remote_code: runs code that came with the model, and no comment "
                          "says why. Write false; or say beside it whose code it is and who read it: # … [MD801]"],
    "MD901-decline-texts-differ": ["configs/x/data.yaml:9: rows.decline_text: '약관에 해당 내용이 없습니다.' differs from "
                                   "'문서에 해당 내용이 없습니다.' at configs/x/rag.yaml:6. Training rows and the app must "
                                   "use the same; make them equal. [MD901]"],
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_word_for_word(name: str, folder: Path) -> None:
    broken_case.write(CASES[name], folder)
    assert [str(problem) for problem in problems(folder)] == MESSAGES[name]


def test_the_corpus_is_quick_and_needs_nothing_heavy(folder: Path, tmp_path: Path, child_env: dict[str, str]) -> None:
    """One child checks every case, so that what it imports is the checker's alone; seconds are of the processor."""
    for name, case in CASES.items():
        broken_case.write(case, folder / name)
    code = ("import json, sys, time\nfrom pathlib import Path\nfrom mundap.checking.check import check, files\n"
            "took = {}\nfor case in sorted(Path(sys.argv[1]).iterdir()):\n"
            "    started = time.process_time()\n    found = [p for f in files([case / 'configs']) for p in check(f)]\n"
            "    took[case.name] = time.process_time() - started\n    assert found, case\n"
            "heavy = {'torch', 'transformers', 'gradio', 'datasets', 'omegaconf', 'llamafactory', 'numpy', 'pandas'}\n"
            "print(json.dumps({'took': took, 'heavy': sorted(heavy & set(sys.modules))}))")
    done = subprocess.run([sys.executable, "-c", code, str(folder)], env=child_env, cwd=tmp_path, capture_output=True,
                          text=True, timeout=100, check=True)
    told = json.loads(done.stdout)
    assert told["heavy"] == []
    assert len(told["took"]) == len(CASES)
    assert max(told["took"].values()) < 0.5, max(told["took"].items(), key=lambda item: item[1])
