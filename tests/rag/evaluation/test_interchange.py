"""Answers for RAGAS, DeepEval, promptfoo and a spreadsheet: their field names, nothing lost, nothing that runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mundap.errors import ConfigError
from mundap.prompt import Passage
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.interchange import FORMS, export
from rag.evaluation.results import Scored

LINE = "가온누리전자 2023년 연결 매출액: 1,234백만원"
OTHER = "가온누리전자 2023년 연결 영업이익: 12백만원"
PASSAGES = (Passage(number=1, head="가온누리전자 > 재무", lines=(LINE, OTHER), chunk_id="c:1"),
            Passage(number=2, head="다른 문서", lines=("줄",), chunk_id="c:2"))
FIGURE = Scored(
    gold=Gold(id="q1", question="매출액은 얼마인가요?", answerable=True, reference="매출액은 1,234백만원입니다.", value="1,234",
              unit="백만원", line=LINE, chunks=("c:1",), groups={"kind": "fact", "level": "초급"}),
    reply=Reply(text="매출액은 1,234백만원입니다. [1]", citations=(1,), passages=PASSAGES), values={"right": 1.0, "chrf": 0.75})
DECLINED = Scored(
    gold=Gold(id="q2", question="직원 수는?", answerable=False, reference="문서에 해당 내용이 없습니다.", reason="absent_item",
              groups={"kind": "unanswerable"}),
    reply=Reply(text="직원은 =12명입니다.", passages=PASSAGES[:1]), values={"hallucinated": 1.0},
    invented=(("figure", "12명"),))
FAILED = Scored(
    gold=Gold(id="q3", question="배당의 취지는?", answerable=True, reference="주주환원입니다.", groups={"kind": "qa"}),
    reply=Reply(text="", error="the endpoint did not answer"), values={})
SCORED = (FIGURE, DECLINED, FAILED)


def hostile(text: str) -> Scored:
    """Return an answer, a question, a passage and a group of the same text."""
    passage = Passage(number=1, head=text, lines=(text,), chunk_id="c:3")
    return Scored(gold=Gold(id="q4", question=text, answerable=True, reference=text, line=text, groups={"topic": text}),
                  reply=Reply(text=text, passages=(passage,)), values={})


def promptfoo_tests(*scored: Scored, folder: Path) -> list[dict[str, Any]]:
    """Return the tests of a promptfoo configuration as a YAML reader sees them."""
    config = yaml.safe_load(export(scored, folder, "promptfoo").read_text(encoding="utf-8"))
    assert (config["prompts"], config["providers"]) == (["{{answer}}"], ["echo"])
    tests: list[dict[str, Any]] = config["tests"]
    return tests


def test_ragas_reads_samples_of_one_turn(tmp_path: Path) -> None:
    path = export(SCORED, tmp_path / "out", "ragas")
    assert path.read_bytes().isascii()   # RAGAS opens it in the system's encoding, which on Windows is CP949
    rows = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    assert rows[0] == {
        "user_input": "매출액은 얼마인가요?", "response": "매출액은 1,234백만원입니다. [1]",
        "reference": "매출액은 1,234백만원입니다.",
        "retrieved_contexts": [f"가온누리전자 > 재무\n{LINE}\n{OTHER}", "다른 문서\n줄"],
        "reference_contexts": [LINE], "retrieved_context_ids": ["c:1", "c:2"], "reference_context_ids": ["c:1"]}
    assert [row["response"] for row in rows[1:]] == ["직원은 =12명입니다.", ""]   # a question without a reply is not dropped
    assert rows[1]["reference_contexts"] == [] and rows[1]["reference"] == "문서에 해당 내용이 없습니다."


def test_deepeval_reads_test_cases(tmp_path: Path) -> None:
    rows = json.loads(export(SCORED, tmp_path, "deepeval").read_text(encoding="utf-8"))
    assert [row["name"] for row in rows] == ["q1", "q2", "q3"]
    assert {key: rows[0][key] for key in ("input", "actual_output", "expected_output", "context")} == {
        "input": "매출액은 얼마인가요?", "actual_output": "매출액은 1,234백만원입니다. [1]",
        "expected_output": "매출액은 1,234백만원입니다.", "context": [LINE]}
    assert len(rows[0]["retrieval_context"]) == 2
    assert rows[1]["additional_metadata"] == {"kind": "unanswerable", "answerable": False, "reason": "absent_item",
                                              "declined": False, "error": ""}
    assert rows[2]["additional_metadata"]["error"] == "the endpoint did not answer"


def test_promptfoo_asserts_figure_decline_or_meaning(tmp_path: Path) -> None:
    figure, declined, meaning = promptfoo_tests(*SCORED, folder=tmp_path)
    assert figure["vars"]["answer"] == "매출액은 1,234백만원입니다. [1]" and figure["metadata"] == {"kind": "fact", "level": "초급"}
    assert figure["assert"] == [{"type": "contains", "value": "1,234", "metric": "figure"}]
    assert declined["assert"] == [{"type": "contains", "value": "문서에 해당 내용이 없습니다.", "metric": "declined"}]
    assert meaning["assert"] == [{"type": "similar", "value": "주주환원입니다.", "threshold": 0.8, "metric": "reference"}]


@pytest.mark.parametrize("text", ["{{ env.OPENAI_API_KEY }}", "{% raw %}x", "{#x#}", "{{{x}}}"])
def test_promptfoo_renders_no_template_of_a_document(text: str, tmp_path: Path) -> None:
    (test,) = promptfoo_tests(hostile(text), folder=tmp_path)
    written = json.dumps(test, ensure_ascii=False)
    assert not [mark for mark in ("{{", "{%", "{#") if mark in json.dumps(test["vars"], ensure_ascii=False)]
    assert text.strip("{}") in written.replace("\u200b", "")   # and a person reads what was there
    assert not any(mark in one["value"] for one in test["assert"] for mark in ("{{", "{%", "{#"))
    assert not any(mark in test["metadata"]["topic"] for mark in ("{{", "{%", "{#"))


@pytest.mark.parametrize("text", ["file:///etc/passwd", " file://x.js", "python:print(1)", "javascript: process.exit()"])
def test_promptfoo_loads_nothing_a_document_names(text: str, tmp_path: Path) -> None:
    (test,) = promptfoo_tests(hostile(text), folder=tmp_path)
    assert all(value.startswith("\u200b") for value in
               (*(test["vars"][name] for name in ("question", "answer", "context", "reference")), test["assert"][0]["value"]))


def test_csv_has_a_column_for_every_metric_and_no_formula(tmp_path: Path) -> None:
    path = export((*SCORED, hostile("=HYPERLINK(1)")), tmp_path, "csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["q1", "q2", "q3", "q4"]
    assert (rows[0]["right"], rows[0]["chrf"], rows[0]["hallucinated"], rows[0]["level"]) == ("1", "0.75", "", "초급")
    assert rows[1]["invented"] == "figure: 12명" and rows[2]["error"] == "the endpoint did not answer"
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]
    assert rows[3]["answer"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("form", FORMS)
def test_the_same_answers_are_the_same_bytes_and_no_half_file_stays(form: str, tmp_path: Path) -> None:
    first, second = export(SCORED, tmp_path / "1", form), export(SCORED, tmp_path / "2", form)
    assert first.read_bytes() == second.read_bytes() and list(first.parent.iterdir()) == [first]


def test_an_unknown_form_and_an_empty_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Did you mean 'ragas'\?"):
        export(SCORED, tmp_path / "no", "raga")
    with pytest.raises(ConfigError, match="mundap eval"):
        export((), tmp_path / "no", "csv")
    assert not (tmp_path / "no").exists()
