"""A small project to evaluate in: made facts in a real index, scripted models in place of loaded ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import rag.evaluation.answering
import rag.search.retrieve
from mundap import schema_check
from mundap.generator import Request
from mundap.paths import resolve
from rag.evaluation.results import Evaluation
from rag.evaluation.run import run
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.scripted_generator import ScriptedGenerator
from tests.rag.small_index import built
from tests.rag.test_answer import CHUNKS, DECLINE, whole_recipe

FIGURES = {"가온누리전자": "1,234", "한빛바이오": "4,444"}


def row(at: int, company: str, value: str = "", kind: str = "fact", **more: str) -> dict[str, str]:
    """Return a held-out row about one company's sales; without a value it is one to be declined."""
    true = next((one for one in CHUNKS if one.doc_id == company), CHUNKS[0])
    gold = {"gold_chunk": true.chunk_id, "gold_line": f"{company} 2023년 매출액: {value}백만원", "gold_value": value,
            "gold_unit": "백만원", "output": f"{company}의 2023년 매출액은 {value}백만원입니다. [1]"}
    none = {**dict.fromkeys(gold, ""), "output": DECLINE}
    return {"id": f"q{at}", "kind": kind, "question": f"{company}의 2023년 매출액은 얼마인가요?", "reason": "", "input": "",
            **(gold if value else none), **more}


ROWS = [*(row(at, company, FIGURES[company]) for at, company in enumerate([*FIGURES] * 7)),
        *(row(at, "없는식품", kind="unanswerable") for at in range(14, 20))]


def reply(request: Request) -> str:
    """Answer as a model that reads its passages well."""
    company = next((name for name in FIGURES if f"{name}의" in request.content), "")
    return f"{company}의 2023년 매출액은 {FIGURES[company]}백만원입니다. [1]" if company else DECLINE


def system(name: str = "tuned", **more: Any) -> dict[str, Any]:
    return {"name": name, "chat": {"model_name_or_path": "models/tiny"}, **more}


def asking(*systems: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an eval recipe with the schema's defaults filled in, as mundap.recipe.load returns it."""
    given = {"domain": "demo", "rag": "rag.yaml", "questions": "datasets/eval.json", "report": "reports/demo", "speed_sample": 0,
             "systems": list(systems) or [system()], **more}
    assert not schema_check.findings(given, "eval")
    return schema_check.with_defaults(given, "eval")


class Project:
    """A project with two companies' index; every generator opened is kept with the settings it was opened with."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, rows: Sequence[Mapping[str, str]] = ROWS,
                 answer: Callable[[Request], str] = reply) -> None:
        self.folder = folder
        self.rag = whole_recipe(folder)
        self.answer = answer
        self.opened: list[ScriptedGenerator] = []
        self.said: list[str] = []
        embedder = HashingEmbedder()
        built(folder, CHUNKS, embedder)
        self.freeze(rows)
        for name in ("tiny", "other"):
            model = resolve(f"models/{name}", folder)
            model.mkdir(parents=True)
            (model / "config.json").write_text("{}", encoding="utf-8")
        monkeypatch.setattr(rag.search.retrieve, "Embedder", lambda folder: embedder)
        monkeypatch.setattr(rag.evaluation.answering, "open_generator", self._open)

    def freeze(self, rows: Sequence[Mapping[str, str]]) -> None:
        (self.folder / "datasets").mkdir(exist_ok=True)
        (self.folder / "datasets" / "eval.json").write_text(json.dumps(list(rows), ensure_ascii=False), encoding="utf-8")

    def __call__(self, recipe: Mapping[str, Any]) -> Evaluation:
        return run(recipe, self.rag, self.folder, self.said.append)

    @property
    def kept(self) -> list[Path]:
        return sorted(resolve("reports/demo/answers", self.folder).glob("*.jsonl"))

    @property
    def asked(self) -> int:
        return sum(len(generator.requests) for generator in self.opened)

    def _open(self, settings: Mapping[str, Any], project: Path) -> ScriptedGenerator:
        assert all(one.closed for one in self.opened), "a model is ended before the next is loaded"
        self.opened.append(ScriptedGenerator(self.answer))
        return self.opened[-1]
