"""What a parity certificate finds in answers and prompts that were made for it; the real one is test_parity_real.py."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mundap import launch
from mundap.cli.evaluating.parity import lines
from mundap.errors import ConfigError, ModelError
from mundap.generator import Decoding, Request
from mundap.recipe import load
from rag.evaluation.parity import compare as parity
from rag.evaluation.parity import served
from rag.evaluation.parity.agreement import Said
from rag.evaluation.parity.certificate import Certificate
from rag.evaluation.parity.compare import Prompt, Way, ask, judged
from tests.rag.scripted_generator import ScriptedGenerator

PROMPTS = [Prompt(row=at * 10 + 1, request=Request(content=f"질문 {at}"), ids=(2, at, 5)) for at in range(4)]
TEXTS = tuple(f"매출액은 {at},234백만원입니다. [1]" for at in range(1, 5))


def ways(**changes: Mapping[str, Any]) -> list[Way]:
    """Return three ways that agree, but for the changes to some."""
    same = Way(name="", texts=TEXTS, prompt_tokens=(3, 3, 3, 3), rendered=tuple(prompt.ids for prompt in PROMPTS))
    made = [replace(same, name=name) for name in ("adapter", "served", "exported")]
    made[1] = replace(made[1], rendered=())   # a server does not tell its tokens
    return [replace(way, **changes.get(way.name, {})) for way in made]


def findings(found: list[Way]) -> dict[str, Any]:
    return judged(PROMPTS, found, {way.name: [Said(text=text, tokens=tuple(map(ord, text))) for text in way.texts]
                                   for way in found})


def test_ways_that_agree_pass() -> None:
    content = findings(ways())
    assert content["passed"] and content["reasons"] == [] and content["prompts"] == 4
    assert len(set(content["prompt_hashes"].values())) == 1 and set(content["prompt_hashes"]) == {"rows", "base", "exported"}
    assert content["prompt_tokens"] == {"rows": 12, "adapter": 12, "served": 12, "exported": 12}
    assert [(pair["one"], pair["other"], pair["rate"], pair["identical"]) for pair in content["pairs"]] == [
        ("adapter", "exported", 1.0, 4), ("adapter", "served", 1.0, 4), ("exported", "served", 1.0, 4)]


def test_one_other_figure_fails_however_many_tokens_match() -> None:
    long = tuple("문서를 살펴보면 다음과 같습니다. " * 5 + text for text in TEXTS)
    wrong = (*long[:3], long[3].replace("4,234", "4,235"))
    content = findings(ways(adapter={"texts": long}, served={"texts": long}, exported={"texts": wrong}))
    assert not content["passed"] and content["pairs"][0]["rate"] > parity.THRESHOLD
    assert content["reasons"] == ["adapter and exported state other figures in 1 of 4 answers, first row 31.",
                                  "exported and served state other figures in 1 of 4 answers, first row 31."]


def test_other_words_pass_within_the_threshold_and_fail_below_it() -> None:
    late = (*TEXTS[:3], TEXTS[3][:-4] + " [1]")     # parts at the full stop: four characters of a hundred
    assert findings(ways(served={"texts": late}))["passed"]
    early = tuple(f"네, {text}" for text in TEXTS)
    content = findings(ways(served={"texts": early}))
    assert content["reasons"] == ["adapter and served: 0.0% of the tokens match, 95% are asked for.",
                                  "exported and served: 0.0% of the tokens match, 95% are asked for."]


def test_a_prompt_written_otherwise_fails_though_the_answers_agree() -> None:
    other = ((2, 0, 5), (2, 1, 5), (2, 2, 6), (2, 3, 5))
    content = findings(ways(exported={"rendered": other}))
    assert content["reasons"] == ["the exported folder writes prompts otherwise than the training rows: 1 of 4, first row 21."]
    assert content["prompt_hashes"]["exported"] != content["prompt_hashes"]["rows"] == content["prompt_hashes"]["base"]


def test_a_server_that_counts_other_tokens_fails() -> None:
    content = findings(ways(served={"prompt_tokens": (3, 4, 3, 3)}))
    assert content["reasons"] == ["served: 1 of 4 prompts have another number of tokens than the training rows', "
                                  "first row 11."]


def test_silence_proves_nothing() -> None:
    empty = {"texts": ("",) * 4}
    content = findings(ways(adapter=empty, served=empty, exported=empty))
    assert content["reasons"] == ["no way answered anything, so nothing was compared."]


def test_ollama_is_compared_and_told_but_does_not_decide() -> None:
    content = findings([*ways(), Way(name="ollama", texts=("9원",) * 4, prompt_tokens=(4,) * 4)])
    assert content["passed"] and [pair["other"] for pair in content["pairs"]].count("ollama") == 3
    assert content["prompt_tokens"]["ollama"] == 16


def test_asking_keeps_the_order_and_says_how_far_it_is() -> None:
    told: list[str] = []
    generator = ScriptedGenerator(lambda request: f"답 {request.content[-1]}")
    way = ask("served", generator, PROMPTS, Decoding(max_new_tokens=8), told.append)
    assert way.texts == ("답 0", "답 1", "답 2", "답 3") and way.prompt_tokens == (10,) * 4 and way.rendered == ()
    assert generator.requests == [prompt.request for prompt in PROMPTS]


def test_the_terminal_is_told_pair_by_pair_with_the_first_difference() -> None:
    content = findings(ways(exported={"texts": (TEXTS[0].replace("1,234", "1,239"), *TEXTS[1:])}))
    content |= {"dataset": "demo_eval", "notes": {"gguf/ollama": "not present: no ollama command"}}
    shown = lines(Certificate(state="failed", place="exports/demo", recipe="configs/demo/export.yaml", content=content,
                              reasons=tuple(content["reasons"])))
    assert shown[0].startswith("prompts of demo_eval: rows ") and shown[0].endswith(" (equal)")
    assert any(line.startswith("adapter / exported  3/4") for line in shown)
    assert ("first difference of adapter and exported: row 1, token 9: "
            "…매출액은 1,23⟨4백만원입니다. [1] | 9백만원입니다. [1]⟩") in shown
    assert "gguf/ollama: not present: no ollama command" in shown and shown[-1].startswith("exports/demo: its answers are not")


def test_what_a_model_wrote_does_not_steer_the_terminal() -> None:
    content = findings(ways(exported={"texts": ("\x1b]0;title\x07\x1b[2J\n9원", *TEXTS[1:])}))
    content |= {"dataset": "demo_eval", "notes": {}}
    shown = lines(Certificate(state="failed", place="exports/demo", content=content, reasons=("reason",)))
    assert any("⏎9원" in line for line in shown) and not any(set(line) & {"\x1b", "\x07", "\n"} for line in shown)


def test_without_a_current_export_nothing_is_started(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load(project / "configs/demo/export.yaml", kind="export")
    monkeypatch.setattr(launch, "run", lambda *words, **options: pytest.fail("a process was started"))
    with pytest.raises(ModelError):
        parity.run(recipe)
    for name in ("models/gemma-3-270m-ko", "saves/demo/lora"):
        (project / name).mkdir(parents=True)
        (project / name / "config.json").write_text("{}", encoding="utf-8")
        (project / name / "adapter_config.json").write_text("{}", encoding="utf-8")
        (project / name / "adapter_model.safetensors").write_bytes(b"weights")
    with pytest.raises(ModelError, match="no export of these models and values as they are now"):
        parity.run(recipe)


def test_held_out_rows_are_asked_where_there_are_some(project: Path) -> None:
    recipe = load(project / "configs/demo/export.yaml", kind="export")
    registry = project / "dataset_info.json"
    assert parity._dataset({"dataset": "demo", "dataset_dir": "/nowhere"}, recipe) == ("demo", project)
    registry.write_text('{"demo": {"file_name": "datasets/demo.json"}, "demo_eval": {"file_name": "datasets/eval.json"}}')
    assert parity._dataset({"dataset": "demo"}, recipe) == ("demo", project), "registered, but not made"
    (project / "datasets/eval.json").write_text("[]")
    assert parity._dataset({"dataset": "demo"}, recipe) == ("demo_eval", project)
    with pytest.raises(ConfigError, match="none of other_eval, other is registered"):
        parity._dataset({"dataset": "other"}, recipe)


def test_how_rows_were_written_is_read_beside_the_adapter_or_from_the_train_recipe(project: Path) -> None:
    recipe = load(project / "configs/demo/export.yaml", kind="export")
    adapter = project / "saves/demo/lora"
    values = {"adapter_name_or_path": str(adapter)}
    assert parity._trained(recipe, values)["dataset"] == "demo"
    adapter.mkdir(parents=True)
    (adapter / "resolved.yaml").write_text("dataset: kept\ntemplate: gemma\n", encoding="utf-8")
    assert parity._trained(recipe, values) == {"dataset": "kept", "template": "gemma"}


def test_ollama_is_made_asked_and_removed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.ollama(tmp_path) as found:
        assert isinstance(found, str) and found.startswith("not present: no ")
    (tmp_path / "Modelfile").write_text("FROM .\n")
    programs, heard = tmp_path / "bin", tmp_path / "heard"
    programs.mkdir()
    program = programs / "ollama"
    program.write_text(f'#!/bin/sh\necho "$1 $2 $OLLAMA_HOST" >> "{heard}"\nexit ${{OLLAMA_FAILS:-0}}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    with served.ollama(tmp_path) as found:
        assert not isinstance(found, str) and found.base_url == "http://127.0.0.1:11434/v1"
        name = found.model
    assert heard.read_text().splitlines() == [f"create {name} 127.0.0.1:11434", f"rm {name} 127.0.0.1:11434"]
    heard.unlink()
    with pytest.raises(KeyboardInterrupt), served.ollama(tmp_path) as found:
        os.kill(os.getpid(), signal.SIGTERM)
    assert [line.split()[0] for line in heard.read_text().splitlines()] == ["create", "rm"]
    program.write_text("#!/bin/sh\necho 'Error: unsupported architecture' >&2\nexit 1\n")
    with served.ollama(tmp_path) as found:
        assert found == "not present: ollama cannot take the model (Error: unsupported architecture)"
