"""The gate as a whole: order, counts that add up, rejects, the report in the insurance project's form, the picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from quality_rows import DECLINE, OUTPUT, PASSAGES, row

from mundap.errors import ConfigError
from mundap.prompt import build_input
from mundap.recipe import load
from pipelines.quality.candidate import source_passages
from pipelines.quality.filter import Domain
from pipelines.quality.gate import Gate, log_text
from pipelines.quality.picture import _reasons, draw
from pipelines.rejects import Rejects


def many() -> list[dict[str, object]]:
    """Return rows of which each bad one has a named fault."""

    def other(question: str, **changed: object) -> dict[str, object]:
        return row(question=question, input=build_input(PASSAGES, question), **changed)

    return [
        row(),
        row(id="copy"),
        other("빈 답은요?", output=""),
        other("짧은 답은요?", output="네."),
        other("끊긴 답은요?", output="제7조에 따르면 회사는 보험금을"),
        other("피하는 답은요?", output="약관에 명시되어 있지 않습니다."),
        other("지어낸 답은요?", output="9영업일 이내에 지급합니다. [1]"),
        other("물러설 답은요?", output=DECLINE, kind="unanswerable"),
        other("청구서류 접수하면 보험금은 언제까지 지급되나요?"),
        other(
            "연락처 010-1234-5678이 있는 사람은 언제 받나요?", output="3영업일 이내에 지급합니다. [1]", kind="scenario"
        ),
    ]


def test_rows_in_are_rows_kept_and_dropped() -> None:
    gate, rejects = Gate.of(domain=Domain(decline_text=DECLINE)), Rejects()
    rows = many()
    kept = list(gate.sift(rows, part="train", rejects=rejects))
    assert gate.report.rows_in == len(rows) == len(kept) + len(rejects) == gate.report.rows_kept + 7
    assert gate.report.by_reason == {
        "empty_field": 1,
        "duplicate": 1,
        "short_answer": 1,
        "truncated": 1,
        "evasive": 1,
        "near_duplicate": 1,
        "not_grounded": 1,
    }
    assert rejects.by_reason() == dict(sorted(gate.report.by_reason.items()))
    assert [one["question"] for one in kept][-1] == "연락처 [전화번호]이 있는 사람은 언제 받나요?"
    assert {one.column for one in gate.log} == {"question", "input"} and gate.report.masked == {"phone": 2}


def test_a_bad_row_does_not_make_a_good_one_its_duplicate() -> None:
    gate = Gate.of({"duplicate": {"by": "question"}})
    assert [one["output"] for one in gate.sift([row(output="네."), row()])] == [OUTPUT]


def test_duplicates_by_question_or_by_both() -> None:
    rows = [row(gold_chunk="a"), row(gold_chunk="b", output="3영업일 이내에 보험금을 지급합니다. [1]")]
    assert len(list(Gate.of({"duplicate": {"by": "question"}}).sift(rows))) == 1
    assert len(list(Gate.of().sift(rows))) == 2


def test_a_filter_can_be_switched_off_and_the_order_is_fixed() -> None:
    gate = Gate.of({"grounded": {"enabled": False}, "answer_length": {"min_chars": 2}})
    assert "grounded" not in gate.filters and list(gate.filters)[:3] == ["personal_data", "required", "duplicate"]
    assert gate.judge(row(output="9영업일 이내에 지급합니다. [1]")).reason == ""


def test_sources_may_be_given_apart_from_the_row() -> None:
    gate = Gate.of()
    plain = {"instruction": "보험금은 언제 지급되나요?", "input": "", "output": "3영업일 이내에 지급합니다."}
    assert gate.judge(plain, ()).reason == "not_grounded"
    assert gate.judge(plain, source_passages(["제7조(지급기일)\n접수 후 3영업일 이내에 지급합니다."])).reason == ""


def test_a_budget_of_tokens_drops_long_rows() -> None:
    gate = Gate.of(domain=Domain(count=len, max_tokens=300))
    assert gate.judge(row(output="3영업일 이내에 지급합니다. " + "가나다라 마바사. " * 30)).reason in (
        "over_tokens",
        "repetition",
    )
    assert Gate.of(domain=Domain(count=len, max_tokens=3000)).judge(row()).reason == ""


def test_the_report_has_the_reference_form(tmp_path: Path) -> None:
    gate = Gate.of({"duplicate": {"by": "question"}}, domain=Domain(decline_text=DECLINE))
    list(gate.sift(many()))
    text = gate.report.markdown("insurance", draw(gate.report, tmp_path / "quality.png", "보험"))
    assert "10 rows in, 3 kept (30.0%), 7 dropped." in text and "![rows by reason and kind](quality.png)" in text
    assert "| duplicate | 1 | 10.0% | another row asks the same |" in text
    assert "| fact | 8 | 1 | 33.3% | empty_field 1, duplicate 1, short_answer 1, truncated 1, evasive 1, " in text
    assert "| phone | 2 |" in text and "010-1234-5678" not in text
    assert "- Q: 끊긴 답은요?" in text and "(…제7조에 따르면 회사는 보험금을)" in text
    assert (tmp_path / "quality.png").read_bytes().startswith(b"\x89PNG") and not list(tmp_path.glob("*.tmp"))


def test_a_picture_of_nothing_dropped_says_so() -> None:
    from matplotlib.figure import Figure

    gate, axes = Gate.of(), Figure().subplots()
    assert gate.judge(row()).reason == ""
    _reasons(axes, gate.report)
    assert [text.get_text() for text in axes.texts] == ["no row was dropped"]


def test_no_reject_and_no_log_holds_personal_data() -> None:
    gate, rejects = Gate.of(), Rejects()
    rows = [row(question="010-1234-5678은 누구의 번호인가요?", output=output) for output in ("", "네.", "3영업일 이내입니다.")]
    list(gate.sift(rows, part="train", rejects=rejects))
    assert "[전화번호]은 누구의" in rejects.jsonl() and log_text(gate.log).count("\n") == 2   # question and input of the one kept
    assert not any("1234" in text for text in (rejects.jsonl(), log_text(gate.log), gate.report.markdown()))


def test_an_empty_run_is_reported_too(tmp_path: Path) -> None:
    gate = Gate.of()
    assert list(gate.sift([])) == []
    assert gate.report.markdown().startswith("# Quality gate\n\n0 rows in, 0 kept (-), 0 dropped.")
    assert draw(gate.report, tmp_path / "none.png").is_file()


def test_a_recipe_takes_filters_and_refuses_a_misspelt_one(project: Path) -> None:
    recipe = project / "configs/demo/data.yaml"
    recipe.write_text(
        recipe.read_text(encoding="utf-8") + "\nfilters:\n  truncated: {nominal_endings: true}\n", encoding="utf-8"
    )
    assert load(recipe).values["filters"]["truncated"] == {"nominal_endings": True, "enabled": True}
    assert Gate.of(load(recipe).values["filters"]).filters.keys() == Gate.of().filters.keys()
    recipe.write_text(recipe.read_text(encoding="utf-8") + "  truncatd: {}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="truncatd"):
        load(recipe)
