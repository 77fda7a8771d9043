"""The evaluation: its frozen questions, answers that are kept, and a report that adds up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import rag.evaluate
import rag.search.retrieve
from mundap.errors import DataError
from mundap.generator import Request
from mundap.paths import resolve
from rag.evaluate import SystemResult, markdown, questions, run
from rag.score import Outcome
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.scripted_generator import ScriptedGenerator
from tests.rag.small_index import built
from tests.rag.test_answer import CHUNKS, DECLINE, whole_recipe

FIGURES = {"가온누리전자": "1,234", "한빛바이오": "4,444"}


def row(at: int, company: str, value: str = "", kind: str = "fact") -> dict[str, str]:
    true = next((one for one in CHUNKS if one.doc_id == company), CHUNKS[0])
    gold = {"gold_chunk": true.chunk_id, "gold_line": f"{company} 2023년 매출액: {value}백만원", "gold_value": value,
            "gold_unit": "백만원"} if value else dict.fromkeys(("gold_chunk", "gold_line", "gold_value", "gold_unit"), "")
    return {"id": f"q{at}", "kind": kind, "question": f"{company}의 2023년 매출액은 얼마인가요?", "reason": ""} | gold


ROWS = [*(row(at, company, FIGURES[company]) for at, company in enumerate([*FIGURES] * 7)),
        *(row(at, "없는식품", kind="unanswerable") for at in range(14, 20)), row(20, "가온누리전자", "1,234", kind="qa")]


def reply(request: Request) -> str:
    company = next(name for name in FIGURES if f"{name}의" in request.content)
    return f"{company}의 2023년 매출액은 {FIGURES[company]}백만원입니다. [1]"


def asking(answerable: int | None, unanswerable: int | None, seed: int = 7) -> dict[str, Any]:
    return {"domain": "demo", "questions": "datasets/eval.json", "seed": seed, "report": "reports/demo",
            "limit": {"answerable": answerable, "unanswerable": unanswerable},
            "systems": [{"name": "tuned", "chat": {"model_name_or_path": "models/tiny"}, "context": "retrieved",
                         "levers": True}]}


def frozen(project: Path, rows: list[dict[str, str]]) -> None:
    (project / "datasets").mkdir(exist_ok=True)
    (project / "datasets" / "eval.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


class Evaluation:
    """Runs evaluations in one project; every generator opened is kept."""

    def __init__(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project = project
        self.rag = whole_recipe(project)
        self.opened: list[ScriptedGenerator] = []
        self.said: list[str] = []
        embedder = HashingEmbedder()
        built(project, CHUNKS, embedder)
        frozen(project, ROWS)
        model = resolve("models/tiny", project)
        model.mkdir(parents=True)
        (model / "config.json").write_text("{}", encoding="utf-8")
        monkeypatch.setattr(rag.search.retrieve, "Embedder", lambda folder: embedder)
        monkeypatch.setattr(rag.evaluate, "open_generator", self._open)

    def __call__(self, recipe: Mapping[str, Any]) -> Path:
        return run(recipe, self.rag, self.project, self.said.append)

    @property
    def kept(self) -> list[Path]:
        return sorted(resolve("reports/demo", self.project).glob("answers-*.jsonl"))

    def asked(self) -> int:
        return sum(len(generator.requests) for generator in self.opened)

    def _open(self, settings: Mapping[str, Any], project: Path) -> ScriptedGenerator:
        self.opened.append(ScriptedGenerator(reply))
        return self.opened[-1]


@pytest.fixture
def evaluation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluation:
    return Evaluation(tmp_path, monkeypatch)


def test_questions_are_cut_by_the_seed_alike_each_time(tmp_path: Path) -> None:
    frozen(tmp_path, ROWS)
    found = questions(asking(5, 2), tmp_path)
    assert [bool(one["gold_value"]) for one in found] == [True] * 5 + [False] * 2
    assert found == questions(asking(5, 2), tmp_path)
    assert found != questions(asking(5, 2, seed=8), tmp_path)
    assert len({one["id"] for one in found}) == 7


def test_no_limit_takes_all_figures_and_zero_none(tmp_path: Path) -> None:
    frozen(tmp_path, ROWS)
    assert [one["id"] for one in questions(asking(None, 99), tmp_path)] == [f"q{at}" for at in range(20)]
    assert [one["kind"] for one in questions(asking(3, 0), tmp_path)] == ["fact"] * 3


def test_a_missing_or_goldless_question_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(DataError) as missing:
        questions(asking(1, 1), tmp_path)
    assert str(missing.value) == "datasets/eval.json: there is no such file.\n  Make it with: mundap data <data.yaml>"
    frozen(tmp_path, ROWS[14:])
    with pytest.raises(DataError, match="no row has a gold_value"):
        questions(asking(1, 1), tmp_path)


def test_a_run_writes_a_report_and_ends_its_generator(evaluation: Evaluation) -> None:
    report = evaluation(asking(None, None))
    assert "| tuned | 14/14 = 100% (78% to 100%) | 14/14 = 100% (78% to 100%) | 6/6 = 100% (61% to 100%) " \
           "| 0/20 = 0% (0% to 16%) | 0/14 = 0% (0% to 22%) |" in report.read_text(encoding="utf-8")
    assert [generator.closed for generator in evaluation.opened] == [True]
    assert evaluation.opened[0].batches == [12, 2], "the gate keeps the unanswerable from the model"
    rates = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))["tuned"]["rates"]
    assert rates["right figure"] == [14, 14] and rates["declined what it should"] == [6, 6]


def test_a_second_run_asks_nothing_and_reports_the_same(evaluation: Evaluation) -> None:
    first = evaluation(asking(None, None)).read_bytes()
    assert evaluation(asking(None, None)).read_bytes() == first
    assert len(evaluation.opened) == 1 and evaluation.asked() == 14
    assert evaluation.said[-1] == "tuned: 20 questions, 20 answered before"


@pytest.mark.parametrize("cut", [25, -1, 1], ids=["in the middle", "inside a letter", "at its beginning"])
def test_a_run_goes_on_after_a_line_cut_short(evaluation: Evaluation, cut: int) -> None:
    report = evaluation(asking(None, 0)).read_text(encoding="utf-8")
    [kept] = evaluation.kept
    lines = kept.read_bytes().splitlines(keepends=True)
    cut = cut if cut > 0 else lines[9].index("매".encode()) + 1
    kept.write_bytes(b"".join(lines[:9]) + lines[9][:cut])
    again = evaluation(asking(None, 0)).read_text(encoding="utf-8")
    assert [len(generator.requests) for generator in evaluation.opened] == [14, 5]
    assert again.split(" | ")[:6] == report.split(" | ")[:6]
    evaluation(asking(None, 0))
    assert len(evaluation.opened) == 2, "the answer after the cut line was kept whole"


def test_other_settings_weights_or_chunks_never_share_answers(evaluation: Evaluation) -> None:
    evaluation(asking(2, 0))
    evaluation.rag["verification"] = {"policy": "strike"}
    evaluation(asking(2, 0))
    assert len(evaluation.kept) == 2
    (resolve("models/tiny", evaluation.project) / "model.safetensors").write_bytes(b"other weights")
    evaluation(asking(2, 0))
    assert len(evaluation.kept) == 3 and evaluation.asked() == 6


def test_an_oracle_system_is_given_the_true_chunk_and_only_answerable_questions(evaluation: Evaluation) -> None:
    recipe = asking(4, 3)
    recipe["systems"] = [recipe["systems"][0] | {"context": "oracle", "levers": False}]
    report = evaluation(recipe).read_text(encoding="utf-8")
    assert evaluation.asked() == 4
    assert all("[2]" not in request.content for request in evaluation.opened[0].requests), "one passage, the true one"
    assert "| tuned | 4/4 = 100% (51% to 100%) | 4/4 = 100% (51% to 100%) | - |" in report


def test_the_table_adds_up() -> None:
    def outcome(**true: bool) -> Outcome:
        return Outcome(**{name: true.get(name, False) for name in ("answerable", "right", "cited", "declined", "wrong")})

    outcomes = (*[outcome(answerable=True, right=True, cited=True)] * 5, outcome(answerable=True, right=True),
                *[outcome(answerable=True, wrong=True)] * 2, *[outcome(answerable=True, declined=True)] * 2,
                *[outcome(right=True, declined=True)] * 3, outcome(wrong=True))
    result = SystemResult(name="tuned", outcomes=outcomes, seconds=1.234)
    assert result.rates() == {"right figure": (6, 10), "right figure and citation": (5, 10),
                              "declined what it should": (3, 4), "wrong figure shown": (3, 14),
                              "wrongly declined": (2, 10)}
    lines = markdown([result], {"domain": "demo"}).splitlines()
    assert lines[0] == "# demo: 14 held-out questions (10 answerable, 4 unanswerable)"
    assert lines[4] == ("| tuned | 6/10 = 60% (31% to 83%) | 5/10 = 50% (24% to 76%) | 3/4 = 75% (30% to 95%) "
                        "| 3/14 = 21% (8% to 48%) | 2/10 = 20% (6% to 51%) | 1.23 |")
    assert lines[2].count("|") == lines[3].count("|") == lines[4].count("|")


def test_what_is_kept_of_an_answer(evaluation: Evaluation) -> None:
    evaluation(asking(1, 1))
    [kept] = evaluation.kept
    answered, declined = map(json.loads, kept.read_text(encoding="utf-8").splitlines())
    assert answered["gold"] in answered["answer"] and answered["status"] == "verified" and answered["attempts"] == 1
    assert answered["outcome"] == {"answerable": True, "right": True, "cited": True, "declined": False, "wrong": False}
    assert declined["answer"] == DECLINE and declined["model_text"] == ""
