"""Judgements as rows: what each kind makes, what it refuses and why, and that nothing is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundap.prompt import build_input
from pipelines.flywheel.judgement import Judgements, Rated, Thresholds, Voted
from pipelines.flywheel.rows import KINDS, Kind, Made, make
from pipelines.flywheel.screen import HeldOut, cited
from tests.pipelines.flywheel.made_judgements import (
    DECLINE,
    INSTRUCTION,
    INVENTED,
    LINE,
    PASSAGES,
    QUESTION,
    RIGHT,
    WRONG,
    rated,
    screen,
    shown,
    voted,
)

SPELT_OUT = "가온누리전자의 2023년 매출액은 1,234백만원이고 영업이익은 345백만원입니다. [1]"


def made(kind: Kind, *, ratings: Sequence[Rated] = (), votes: Sequence[Voted] = (), held_out: HeldOut | None = None,
         thresholds: Thresholds | None = None) -> Made:
    return make(Judgements(ratings=tuple(ratings), votes=tuple(votes)), screen(held_out), thresholds or Thresholds(),
                "demo-feedback")[kind]


def test_a_correction_is_an_sft_row_of_the_prompt_the_app_sends() -> None:
    answer = shown(WRONG, system_message="너는 사서다.", level="초급")
    found = made("sft", ratings=[rated(1, answer, corrected=RIGHT, at="2025-02-03T04:05:06")])
    [row] = found.rows
    assert (row["instruction"], row["input"], row["output"]) == (INSTRUCTION, build_input(PASSAGES, QUESTION), RIGHT)
    assert (row["system"], row["level"], row["answer_id"], row["rater"], row["judged_at"], row["answered_by"], row["model"]) == (
        "너는 사서다.", "초급", answer.id, "rater-1", "2025-02-03T04:05:06", "own", "models/x")
    assert all(isinstance(value, str) for value in row.values())
    assert str(row["id"]).startswith("demo-feedback-sft-")


@pytest.mark.parametrize(("corrected", "reason", "detail"), [
    (INVENTED, "not_grounded", "9,999백만원"),
    ("가온누리전자의 2023년 매출액은 1,234백만원입니다. [3]", "not_grounded", "[3]"),
    ("가온누리전자의 2023년 매출액은 1,234백만원입니다. [2]", "not_grounded", "1,234백만원"),
    ("매출액은 회사가 물건을 팔아 번 돈입니다.", "no_citation", "매출액은 회사가"),
    (f"{DECLINE} 다만 매출액은 9,999백만원입니다.", "not_grounded", "9,999백만원"),
    (f"### 출력\n{RIGHT}", "special_tokens", "### 출력"),
    (f"{RIGHT}<|im_end|>", "special_tokens", "<|im_end|>"),
])
def test_a_correction_that_cannot_be_checked_is_rejected_with_a_reason(corrected: str, reason: str, detail: str) -> None:
    found = made("sft", ratings=[rated(1, shown(WRONG), corrected=corrected)])
    assert found.rows == [] and [one.reason for one in found.rejects.rows] == [reason]
    assert detail in found.rejects.rows[0].detail


def test_personal_data_is_masked_in_rows_and_rejects() -> None:
    asked = shown(WRONG, question=f"{QUESTION} 답은 010-1234-5678로 주세요.")
    found = made("sft", ratings=[rated(1, asked, corrected=f"{RIGHT} 문의: kim@example.com"),
                                 rated(1, shown(WRONG), corrected="연락처는 010-9876-5432입니다.")])
    [row] = found.rows
    assert row["output"] == f"{RIGHT} 문의: [이메일]" and row["question"] == f"{QUESTION} 답은 [전화번호]로 주세요."
    assert "[전화번호]" in str(row["input"]) and found.masked == 3
    assert "010-" not in json.dumps([found.rows, found.rejects.jsonl()]) and "[전화번호]" in found.rejects.jsonl()
    assert "010-1234-5678" in asked.question, "what was asked is kept as it was"


def test_a_number_at_the_end_of_a_reject_is_masked_before_it_is_cut() -> None:
    long = "가" * 70 + " 010-9876-5432"
    [reject] = made("sft", ratings=[rated(1, shown(WRONG), corrected=long)]).rejects.rows
    assert len(reject.detail) <= 80 and "010" not in reject.detail


def test_rows_that_differ_in_what_is_masked_alone_are_one() -> None:
    two = [rated(1, shown(WRONG, id=str(at), question=f"{QUESTION} 010-1234-567{at}"), corrected=RIGHT) for at in range(2)]
    found = made("sft", ratings=two)
    assert len(found.rows) == 1 and found.rejects.by_reason() == {"duplicate": 1} and found.masked == 2


def test_a_correction_may_decline_and_may_leave_its_citation_to_us() -> None:
    assert made("sft", ratings=[rated(1, shown(WRONG), corrected=DECLINE)]).rows[0]["output"] == DECLINE
    bare = RIGHT.removesuffix(" [1]")
    assert made("sft", ratings=[rated(1, shown(WRONG), corrected=bare)]).rows[0]["output"] == RIGHT
    assert cited(f"{bare} 누리식품은 777백만원입니다.", PASSAGES) == f"{RIGHT} 누리식품은 777백만원입니다. [2]"
    own = "1,234백만원 [1]과 777백만원입니다."
    assert cited(own, PASSAGES) == own, "where it cites is its writer's business"


def test_the_newest_correction_is_kept_and_the_majority_where_figures_differ() -> None:
    first = rated(1, shown(WRONG, id="a"), corrected=RIGHT, at="1")
    later = rated(1, shown(INVENTED, id="b"), corrected=f"네, {RIGHT}", rater="rater-2", at="2")
    other = rated(1, shown("345", id="c"), corrected=SPELT_OUT, rater="rater-3", at="3")
    found = made("sft", ratings=[first, later, other])
    assert [row["output"] for row in found.rows] == [f"네, {RIGHT}"] and found.rows[0]["judgements"] == "2"
    assert found.rejects.by_reason() == {"contradicted": 1, "duplicate": 1}
    assert made("sft", ratings=[first, other]).rejects.by_reason() == {"contradicted": 2}, "one against one: neither is taught"


def test_ratings_are_kto_rows_and_three_says_nothing() -> None:
    found = made("kto", ratings=[rated(5), rated(4, shown(f"네, {RIGHT}")), rated(3, shown("모름")), rated(2, shown(WRONG)),
                                 rated(1, shown(INVENTED))])
    assert [(row["output"], row["kto_tag"], row["score"]) for row in found.rows] == [
        (RIGHT, True, "5"), (f"네, {RIGHT}", True, "4"), (WRONG, False, "2"), (INVENTED, False, "1")]
    assert found.labels == (2, 2) and found.rejects.by_reason() == {"undecided": 1}
    strict = made("kto", ratings=[rated(4), rated(2, shown(WRONG)), rated(1, shown(INVENTED))],
                  thresholds=Thresholds(good=5, bad=1))
    assert strict.labels == (0, 1) and strict.rejects.by_reason() == {"undecided": 2}


def test_a_good_rating_of_an_invented_or_uncited_figure_teaches_nothing() -> None:
    found = made("kto", ratings=[rated(5, shown(INVENTED)), rated(5, shown(RIGHT.removesuffix(" [1]"))), rated(5, shown(DECLINE))])
    assert [row["output"] for row in found.rows] == [DECLINE]
    assert found.rejects.by_reason() == {"no_citation": 1, "not_grounded": 1}


def test_raters_who_differ_are_counted_and_a_tie_is_dropped() -> None:
    answer = shown(RIGHT)
    two_to_one = [rated(5, answer, rater="a"), rated(1, answer, rater="b"), rated(4, answer, rater="c", at="2025-02-02")]
    found = made("kto", ratings=two_to_one)
    assert [(row["kto_tag"], row["rater"], row["judgements"]) for row in found.rows] == [(True, "c", "2")]
    assert found.rejects.by_reason() == {"contradicted": 1, "duplicate": 1}
    assert made("kto", ratings=two_to_one[:2]).rejects.by_reason() == {"contradicted": 2}
    same = shown(RIGHT, id="asked again")
    changed_mind = made("kto", ratings=[rated(1, answer, rater="a"), rated(5, same, rater="a")])
    assert [row["kto_tag"] for row in changed_mind.rows] == [True], "a rater's last word counts"


def test_votes_are_dpo_rows_of_one_prompt() -> None:
    found = made("dpo", votes=[voted("left"), voted("right", shown(INVENTED), shown(), rater="rater-2")])
    assert [(row["chosen"], row["rejected"]) for row in found.rows] == [(RIGHT, WRONG), (RIGHT, INVENTED)]
    assert found.rows[0]["answer_id"] == f"id-{RIGHT}" and found.rows[0]["rejected_id"] == f"id-{WRONG}"
    assert "output" not in found.rows[0]


@pytest.mark.parametrize(("vote", "reason"), [
    (voted("tie"), "tie"),
    (voted("left", shown(), shown(WRONG, passages=PASSAGES[:1])), "other_prompt"),
    (voted("left", shown(), shown(WRONG, instruction="다르게 답하라.")), "other_prompt"),
    (voted("left", shown(), shown(WRONG, system_message="너는 사서다.")), "other_prompt"),
    (voted("left", shown(), shown(id="other")), "same_answer"),
    (voted("left", shown(INVENTED), shown()), "not_grounded"),
    (voted("left", shown(), shown(DECLINE, by_model=False)), "model_not_asked"),
    (voted("left", shown(), shown(" ")), "empty_field"),
])
def test_a_vote_that_makes_no_pair_is_rejected(vote: Voted, reason: str) -> None:
    found = made("dpo", votes=[vote])
    assert found.rows == [] and found.rejects.by_reason() == {reason: 1}


def test_votes_that_differ_over_one_pair_are_counted() -> None:
    ours, theirs = shown(RIGHT), shown(SPELT_OUT)
    votes = [voted("left", ours, theirs, rater="a"), voted("left", theirs, ours, rater="b"),
             voted("right", ours, theirs, rater="c")]
    found = made("dpo", votes=votes)
    assert [(row["chosen"], row["judgements"]) for row in found.rows] == [(SPELT_OUT, "2")]
    assert made("dpo", votes=votes[:2]).rejects.by_reason() == {"contradicted": 2}


def test_a_decline_no_model_gave_is_nothing_to_train_on() -> None:
    gate = shown(DECLINE, by_model=False)
    assert made("kto", ratings=[rated(1, gate)]).rejects.by_reason() == {"model_not_asked": 1}
    assert made("sft", ratings=[rated(1, gate, corrected=RIGHT)]).rejects.by_reason() == {"model_not_asked": 1}


def held(tmp_path: Path, **row: str) -> HeldOut:
    file = tmp_path / "demo_eval.json"
    file.write_text(json.dumps([{"question": "", "gold_line": "", "gold_chunk": "", **row}]), encoding="utf-8")
    return HeldOut.read([file, tmp_path / "missing.json"])


def test_no_held_out_question_becomes_a_row_however_it_is_spaced(tmp_path: Path) -> None:
    apart = held(tmp_path, question="가온누리전자의 2023년  매출액은 얼마인가요")
    assert apart.files == (tmp_path / "demo_eval.json",)
    ratings = [rated(5, corrected=RIGHT), rated(1, shown(WRONG))]
    for kind, tried in (("sft", 1), ("kto", 2)):
        assert made(kind, ratings=ratings, held_out=apart).rejects.by_reason() == {"held_out": tried}
    assert made("dpo", votes=[voted("left")], held_out=apart).rejects.by_reason() == {"held_out": 1}


def test_nor_does_a_question_answered_from_a_held_out_line(tmp_path: Path) -> None:
    apart = held(tmp_path, question="다른 질문", gold_line=LINE, gold_chunk="a:1")
    assert made("kto", ratings=[rated(5)], held_out=apart).rejects.by_reason() == {"held_out": 1}
    beside = "누리식품의 2023년 매출액은 777백만원입니다. [2]"
    assert len(made("kto", ratings=[rated(5, shown(beside))], held_out=apart).rows) == 1, "the line beside it gives nothing away"
    computed = held(tmp_path, question="다른 질문", gold_lines=json.dumps([LINE]))
    assert made("dpo", votes=[voted("right", shown(), shown(beside))], held_out=computed).rejects.by_reason() == {"held_out": 1}
    whole = held(tmp_path, question="다른 질문", gold_chunk="b:1")
    assert made("kto", ratings=[rated(5, shown(beside))], held_out=whole).rejects.by_reason() == {"held_out": 1}


TEXTS = st.sampled_from([RIGHT, WRONG, INVENTED, DECLINE, SPELT_OUT, ""])
RATERS = st.sampled_from(["a", "b", "c"])


@given(st.lists(st.builds(lambda score, text, corrected, rater: rated(score, shown(text), corrected=corrected, rater=rater),
                          st.integers(1, 5), TEXTS, TEXTS, RATERS), max_size=12),
       st.lists(st.builds(lambda winner, left, right, rater: voted(winner, shown(left), shown(right), rater=rater),
                          st.sampled_from(["left", "right", "tie"]), TEXTS, TEXTS, RATERS), max_size=12))
def test_rows_in_are_rows_out_and_rejects_and_no_prompt_is_judged_twice(ratings: list[Rated], votes: list[Voted]) -> None:
    found = make(Judgements(ratings=tuple(ratings), votes=tuple(votes)), screen(), Thresholds(), "x")
    tried = (sum(bool(one.corrected) for one in ratings), len(ratings), len(votes))
    assert tuple(len(found[kind].rows) + len(found[kind].rejects) for kind in KINDS) == tried
    assert len({row["input"] for row in found["sft"].rows}) == len(found["sft"].rows)
    assert len({row["output"] for row in found["kto"].rows}) == len(found["kto"].rows)
    assert len({frozenset((row["chosen"], row["rejected"])) for row in found["dpo"].rows}) == len(found["dpo"].rows)
    assert all("9,999" not in str(row["output"]) for row in found["kto"].rows if row["kto_tag"])


@pytest.mark.parametrize(("good", "bad"), [(3, 3), (2, 4), (6, 2), (4, 0)])
def test_thresholds_that_make_an_answer_both_are_refused(good: int, bad: int) -> None:
    with pytest.raises(ValueError, match="bad < good"):
        Thresholds(good=good, bad=bad)
