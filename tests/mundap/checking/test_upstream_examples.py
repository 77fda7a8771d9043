"""Upstream's own example recipes raise no alarm: the schema takes every key and value, and no rule misunderstands one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mundap import yaml_lines
from mundap.checking.check import check
from mundap.checking.rules import RULES
from mundap.problem import Problem
from mundap.schema_check import findings

FACTS = json.loads(Path(__file__).with_name("upstream_examples.json").read_text(encoding="utf-8"))
RECIPES: dict[str, dict[str, Any]] = FACTS["recipes"]
FAULTY: dict[str, str] = FACTS["faulty"]
GOOD = sorted(RECIPES.keys() - FAULTY.keys())
# Told about upstream's recipes, and rightly so by our own terms or because their files are not here.
EXPECTED = {
    "MD101": "their datasets are registered in upstream's data folder, which is not here",
    "MD109": "upstream keeps its registry in ./data and so need not say where it is",
    "MD405": "the recipe that trains the adapter is not laid beside the one that uses it",
    "MD801": "upstream trusts remote code everywhere and does not say why",
}


def kind(values: dict[str, Any]) -> str:
    return "train" if "stage" in values else "export" if "export_dir" in values else "chat"


def told(values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Problem]:
    """Return what the checker says of a recipe that stands alone in a project with an empty registry."""
    monkeypatch.delenv("MUNDAP_HOME")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    (tmp_path / "dataset_info.json").write_text("{}", encoding="utf-8")
    if "deepspeed" in values:   # the stage is what the rules ask of upstream's settings; the names tell it
        settings = tmp_path / values["deepspeed"]
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"zero_optimization": {"stage": 3 if "z3" in settings.name else 2}}))
    path = tmp_path / "configs" / "x" / f"{kind(values)}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml_lines.dump(values), encoding="utf-8")
    assert yaml_lines.read(path).values == values
    return check(path)


def test_there_are_enough_and_their_source_is_named() -> None:
    assert len(GOOD) >= 40 and len({key for name in GOOD for key in RECIPES[name]}) > 60
    assert {kind(values) for values in RECIPES.values()} == {"train", "chat", "export"}
    assert "github.com/hiyouga" in FACTS["source"] and FACTS["licence"].startswith("Apache-2.0")
    assert {*FACTS["older"], *FAULTY} <= set(RECIPES)
    assert set(EXPECTED) <= {rule.code for rule in RULES}


@pytest.mark.parametrize("name", GOOD)
def test_an_upstream_recipe_is_taken(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = RECIPES[name]
    assert findings(values, "train" if kind(values) == "train" else "infer") == []
    found = told(values, tmp_path, monkeypatch)
    assert [str(problem) for problem in found if problem.code not in EXPECTED] == []


def test_each_exception_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed: set[str] = set()
    for at, name in enumerate(GOOD):
        with monkeypatch.context() as patch:
            folder = tmp_path / str(at)
            folder.mkdir()
            needed |= {problem.code for problem in told(RECIPES[name], folder, patch)}
    assert needed == set(EXPECTED)


@pytest.mark.parametrize("name", FAULTY)
def test_an_upstream_fault_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(RECIPES[name], tmp_path, monkeypatch)
    assert [(problem.code, problem.key) for problem in found if problem.code not in EXPECTED] == [
        ("MD015", "fsdp_transformer_layer_cls_to_wrap")]
