"""The frozen questions: chosen by the seed alone, their truth as the row tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from rag.evaluation.questions import gold_of, load
from tests.rag.evaluation.running import ROWS, asking, row

ROOT = Path(__file__).resolve().parents[3]


def frozen(project: Path, rows: Any) -> None:
    (project / "datasets").mkdir(exist_ok=True)
    (project / "datasets" / "eval.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def limited(answerable: int | None, unanswerable: int | None, **more: Any) -> dict[str, Any]:
    return asking(limit={"answerable": answerable, "unanswerable": unanswerable}, **more)


def test_questions_are_cut_by_the_seed_alike_each_time(tmp_path: Path) -> None:
    frozen(tmp_path, ROWS)
    found = load(limited(5, 2), tmp_path)
    assert [one.answerable for one in found] == [True] * 5 + [False] * 2
    assert found == load(limited(5, 2), tmp_path)
    assert found != load(limited(5, 2, seed=8), tmp_path)
    assert len({one.id for one in found}) == 7


def test_no_limit_takes_all_zero_none_and_kinds_choose(tmp_path: Path) -> None:
    frozen(tmp_path, [*ROWS, row(20, "가온누리전자", "1,234", kind="qa")])
    assert [one.id for one in load(limited(None, 99), tmp_path)] == [*(f"q{at}" for at in (*range(14), 20, *range(14, 20)))]
    assert [one.groups["kind"] for one in load(limited(3, 0), tmp_path)] == ["fact"] * 3
    assert [one.id for one in load(asking(kinds=["qa"]), tmp_path)] == ["q20"]
    with pytest.raises(DataError, match="holds no question of the kinds asked for"):
        load(asking(kinds=["sentence"]), tmp_path)


@pytest.mark.parametrize(("rows", "what"), [
    (None, "there is no such file"), ({}, "is not a list of rows"), ([1], "row 1 has no id"),
    ([{**ROWS[0], "output": ""}], "row 1 has no output"), ([ROWS[0], ROWS[0]], "two rows are called 'q0'"),
])
def test_files_that_are_no_questions_say_what_to_do(tmp_path: Path, rows: Any, what: str) -> None:
    if rows is not None:
        frozen(tmp_path, rows)
    with pytest.raises(DataError, match=what) as refused:
        load(asking(), tmp_path)
    assert refused.value.where == "datasets/eval.json" and refused.value.fix


def test_a_file_that_is_no_json_says_so(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "eval.json").write_text("[{", encoding="utf-8")
    with pytest.raises(DataError, match="is not JSON"):
        load(asking(), tmp_path)


def test_truth_of_rows_by_hand() -> None:
    gold = gold_of(row(1, "가온누리전자", "1,234", level="초급", difficulty="", category="재무"))
    assert (gold.value, gold.unit, gold.answerable) == ("1,234", "백만원", True)
    assert gold.reference == "가온누리전자의 2023년 매출액은 1,234백만원입니다."
    assert gold.groups == {"kind": "fact", "level": "초급", "category": "재무"}
    none = gold_of(row(2, "없는식품", kind="unanswerable") | {"reason": "other_company", "gold_chunk": "x"})
    assert (none.answerable, none.chunks, none.reason) == (False, (), "other_company")


def test_an_answer_of_several_lines_has_every_chunk_that_holds_one() -> None:
    of_two = row(1, "가온누리전자", "1,234", kind="change") | {
        "gold_chunk": "b", "gold_lines": json.dumps(["2023년 매출액: 2원", "2022년 매출액: 1원"], ensure_ascii=False),
        "chunk_ids": '["a", "b", "c"]',
        "input": ("### 입력\n[1] 가온\n2022년 매출액: 1원\n\n[2] 가온\n2023년 매출액: 2원\n\n"
                  "[3] 한빛\n2022년 매출액: 10원\n\n질문: 얼마?")}
    assert gold_of(of_two).chunks == ("b", "a")


@pytest.mark.parametrize("name", ["demo", "dart", "insurance", "civil_law", "hira"])
def test_every_committed_question_file_is_read(name: str) -> None:
    golds = load(asking(questions=f"datasets/{name}_eval.json"), ROOT)
    assert len(golds) > 10
    assert all(gold.chunks for gold in golds if gold.answerable)
    assert all(gold.reference and not gold.value for gold in golds if not gold.answerable)
