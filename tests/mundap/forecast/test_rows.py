"""Asking about rows: what is asked, what cannot be, and when an answer is known already."""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import LaunchError
from mundap.forecast import rows
from mundap.forecast.rows import KEYS, Trouble, measure, tokenizer_of
from mundap.starter import GEMMA_DIR
from tests.mundap.forecast.conftest import register, tiny_model

ROWS = [{"instruction": "가", "input": "", "output": "나"}]
ANSWER = {"datasets": [{"name": "some", "rows": 1}], "rows": 1, "eval_rows": 0, "eval_dropped": 0, "kept": 1,
          "encoded": 1, "sequences": 1,
          "packed_length": None, "tokens": 6, "supervised": 2, "lengths": {"6": 1}, "full": {"6": 1}, "dropped": {},
          "notes": {"empty answer": {"count": 9, "rows": ["1", "2"]}}, "pad_is_eos": False, "tokenizer_size": 4}


def recipe(project: Path, **more: Any) -> dict[str, Any]:
    return {"stage": "sft", "model_name_or_path": str(project / "models" / "tiny"), "dataset": "some",
            "dataset_dir": str(project), **more}


def probe(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a package in front of ours whose probe is a script; the child finds it by PYTHONPATH."""
    package = folder / "mundap" / "forecast"
    package.mkdir(parents=True)
    for place in (folder / "mundap", package):
        (place / "__init__.py").write_text("", encoding="utf-8")
    (package / "probe.py").write_text(script, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))


ANSWERING = f"""
import json, pathlib, sys
asked = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
count = pathlib.Path(__file__).with_name("asked")
count.write_text(str(len(asked)) + "\\n" + (count.read_text() if count.exists() else ""))
answer = json.loads({json.dumps(json.dumps(ANSWER))})
pathlib.Path(sys.argv[2]).write_text(json.dumps([answer for _ in asked]), encoding="utf-8")
"""


def test_every_key_of_upstreams_data_arguments_is_asked_about() -> None:
    """A key that upstream adds must be listed in KEYS, or named here as one that changes no row."""
    no_matter = {"overwrite_cache", "eval_num_beams", "tokenized_path", "data_shared_file_system"}
    found = importlib.util.find_spec("llamafactory")
    assert found is not None and found.submodule_search_locations
    source = Path(found.submodule_search_locations[0]) / "hparams" / "data_args.py"
    [owner] = [node for node in ast.parse(source.read_text(encoding="utf-8")).body
               if isinstance(node, ast.ClassDef) and node.name == "DataArguments"]
    keys = {str(node.target.id) for node in owner.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    assert len(keys) > 20 and keys - no_matter <= set(KEYS)


def test_keys_are_upstreams() -> None:
    schema = json.loads((Path(__file__).parents[3] / "configs/schema/train.schema.json").read_text(encoding="utf-8"))
    assert set(KEYS) <= set(schema["properties"])


def test_an_answer_is_kept_and_equal_questions_are_asked_once(tiny_project: Path, tmp_path: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    register(tiny_project, "some", ROWS)
    probe(tmp_path / "front", ANSWERING, monkeypatch)
    asked = tmp_path / "front" / "mundap" / "forecast" / "asked"
    said: list[str] = []
    wanted = [recipe(tiny_project), recipe(tiny_project, learning_rate=0.1), recipe(tiny_project, cutoff_len=8)]
    found = measure(wanted, tiny_project, say=said.append)
    assert found[0] == found[1] and asked.read_text() == "2\n"   # a learning rate changes no row
    assert isinstance(found[0], rows.Rows) and found[0].lengths == {6: 1}
    assert str(found[0].notes["empty answer"]) == "rows 1, 2, …"
    measure(wanted, tiny_project, say=said.append)
    assert asked.read_text() == "2\n" and len(said) == 1


@pytest.mark.parametrize("change", ["rows", "entry", "tokenizer", "template"])
def test_a_change_asks_anew(tiny_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    register(tiny_project, "some", ROWS)
    probe(tmp_path / "front", ANSWERING, monkeypatch)
    asked = tmp_path / "front" / "mundap" / "forecast" / "asked"
    measure([recipe(tiny_project)], tiny_project)
    model = tiny_project / "models" / "tiny"
    if change == "rows":
        register(tiny_project, "some", ROWS * 2)
    elif change == "entry":
        register(tiny_project, "some", ROWS, {"num_samples": 1})
    elif change == "tokenizer":
        (model / "tokenizer_config.json").write_text('{"eos_token": "</s>"}', encoding="utf-8")
    else:
        (model / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    measure([recipe(tiny_project)], tiny_project)
    assert asked.read_text() == "1\n1\n"


def test_a_broken_answer_is_asked_for_again(tiny_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            ) -> None:
    register(tiny_project, "some", ROWS)
    probe(tmp_path / "front", ANSWERING, monkeypatch)
    measure([recipe(tiny_project)], tiny_project)
    [kept] = (tmp_path / "home" / "reports" / "forecast").glob("*.json")
    kept.write_text("{", encoding="utf-8")
    assert isinstance(measure([recipe(tiny_project)], tiny_project)[0], rows.Rows)


def test_what_nobody_foresaw_is_told_and_not_kept(tiny_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                  ) -> None:
    """The real probe, in front of a LLaMA-Factory that cannot be imported."""
    register(tiny_project, "some", ROWS)
    (tmp_path / "front" / "llamafactory").mkdir(parents=True)
    (tmp_path / "front" / "llamafactory" / "__init__.py").write_text("raise ImportError('no torch here')",
                                                                     encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "front"))
    [found] = measure([recipe(tiny_project)], tiny_project)
    assert isinstance(found, Trouble) and found.what == "LLaMA-Factory stopped: ImportError: no torch here"
    folder = tmp_path / "home" / "reports" / "forecast"
    assert list(folder.glob("*.json")) == [] and "no torch here" in (folder / "probe.log").read_text(encoding="utf-8")


def test_a_probe_that_dies_is_an_error(tiny_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(tiny_project, "some", ROWS)
    probe(tmp_path / "front", "raise MemoryError('too much')", monkeypatch)
    with pytest.raises(LaunchError, match="the probe that counts rows: failed with exit code 1: MemoryError"):
        measure([recipe(tiny_project)], tiny_project)


def test_the_oldest_answers_go(tiny_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(tiny_project, "some", ROWS)
    probe(tmp_path / "front", ANSWERING, monkeypatch)
    monkeypatch.setattr(rows, "_KEPT_ANSWERS", 2)
    measure([recipe(tiny_project, cutoff_len=at) for at in range(8, 13)], tiny_project)
    assert len(list((tmp_path / "home" / "reports" / "forecast").glob("*.json"))) == 2


@pytest.mark.parametrize(("more", "what", "stops"), [
    ({"streaming": True}, "streamed rows are not counted in advance.", False),
    ({"stage": "ppo"}, "stage ppo does not run in LLaMA-Factory 0.9.5.", True),
    ({"dataset_dir": "ONLINE"}, "its dataset lies on a hub, which a check does not ask.", False),
    ({"dataset": "some,nobody"}, "it is not registered in dataset_info.json.", True),
    ({"dataset": "gone"}, "its file is not there.", True),
    ({"dataset": "some,far"}, "a dataset lies on a hub or in a cloud, which a check does not ask.", False)])
def test_what_cannot_be_counted(tiny_project: Path, more: dict[str, Any], what: str, stops: bool) -> None:
    register(tiny_project, "some", ROWS)
    register(tiny_project, "gone", ROWS)
    (tiny_project / "datasets" / "gone.json").unlink()
    entries = json.loads((tiny_project / "dataset_info.json").read_text(encoding="utf-8"))
    (tiny_project / "dataset_info.json").write_text(json.dumps(entries | {"far": {"hf_hub_url": "a/b"}}),
                                                    encoding="utf-8")
    [found] = measure([recipe(tiny_project, **more)], tiny_project)
    assert isinstance(found, Trouble) and (found.what, found.stops) == (what, stops)


def test_rows_prepared_earlier_are_told(tiny_project: Path) -> None:
    (tiny_project / "saves" / "prepared" / "train").mkdir(parents=True)
    [found] = measure([recipe(tiny_project, tokenized_path=str(tiny_project / "saves" / "prepared"))], tiny_project)
    assert isinstance(found, Trouble) and found.what.startswith("rows prepared earlier in prepared are used")


def test_a_broken_registry_is_told(tiny_project: Path) -> None:
    (tiny_project / "dataset_info.json").write_text("{", encoding="utf-8")
    [found] = measure([recipe(tiny_project)], tiny_project)
    assert isinstance(found, Trouble) and "is not JSON" in found.what and found.stops


def test_whose_tokens_are_counted(tiny_project: Path, tmp_path: Path) -> None:
    own = tokenizer_of(recipe(tiny_project), tiny_project)
    assert own.exact and own.note == ""
    far = tokenizer_of({"model_name_or_path": "meta-llama/Llama-3.2-3B"}, tiny_project)
    assert (far.exact, far.folder, far.stretch, far.chat_template) == (False, None, 0.95, False)
    tiny_model(tmp_path / "home" / "models" / GEMMA_DIR)
    starter = tokenizer_of({"model_name_or_path": "google/gemma-3-270m"}, tiny_project)
    assert starter.folder == tmp_path / "home" / "models" / GEMMA_DIR
    assert starter.note == ("its tokenizer is not on this machine, so token numbers are estimates "
                            "(the starter model's × 1), in a format that may not be its own")


@pytest.mark.parametrize(("model", "template", "known"), [
    ("google/gemma-3-270m", None, False), ("upstage/SOLAR-10.7B-v1.0", "alpaca", True),
    ("meta-llama/Llama-3.2-3B", None, True),               # it has none, so the format is `empty`
    ("models/SOLAR-10.7B-v1.0-ko", None, True), ("someone/unheard-of", None, False)])
def test_whether_the_format_is_known(tiny_project: Path, model: str, template: str | None, known: bool) -> None:
    found = tokenizer_of({"model_name_or_path": model, "template": template}, tiny_project)
    assert found.template_known is known


