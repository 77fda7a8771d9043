"""A paragraph named as the source of a sentence must be the one that says it; measured over the committed rows on terms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap.prompt import Passage
from mundap.question import analyse
from pipelines.quality.candidate import passages_of
from rag.checks.verify import Verdict, verify

ROOT = Path(__file__).resolve().parents[2]
DECLINE = "약관에 해당 내용이 없습니다."
ARTICLE = Passage(number=1, head="한빛든든 운전자보험 > 제24조(해지환급금)", lines=(
    "① 해지환급금은 이미 낸 보험료에 다음의 환급률을 곱한 금액입니다.", "1. 3년 미만: 20%", "2. 3년 이상: 40%",
    "② 회사는 청구를 받은 날부터 3영업일 이내에 해지환급금을 지급합니다.",
    "③ 계약자는 언제든지 해지할 수 있으며, 제2항의 기간이 지나면 이자를 더합니다."))


def judged(question: str, answer: str, passages: list[Passage]) -> Verdict:
    return verify(analyse(question, {}), answer, passages, decline_text=DECLINE, policy="strike")


@pytest.mark.parametrize(("answer", "reason"), [
    ("제24조 제2항에 따르면 회사는 청구를 받은 날부터 3영업일 이내에 해지환급금을 지급합니다. [1]", ""),
    ("제24조 제1항에 따르면 회사는 청구를 받은 날부터 3영업일 이내에 해지환급금을 지급합니다. [1]",
     "제24조 제1항 says something else"),
    ("제24조 제2항에 따르면 해지환급금은 이미 낸 보험료에 환급률을 곱한 금액입니다. [1]", "제24조 제2항 says something else"),
    ("제24조에 따르면 해지환급금은 이미 낸 보험료에 환급률을 곱한 금액입니다. [1]", ""),
    ("제24조 제1항에 따르면 3년 이상이면 환급률은 40%입니다. [1]", ""),
    ("제24조 제1항 제2호에 따르면 3년 이상이면 이미 낸 보험료에 40%를 곱합니다. [1]", ""),
    ("제24조 제3항에 따르면 제2항의 기간이 지나면 이자를 더합니다. [1]", ""),
    ("제24조 제2항에 따르면 해지환급금은 언제 나오나요. [1]", "it asks, where an answer was to be given"),
    ("해지환급금은 청구하면 언제 지급합니까? [1]", "it asks, where an answer was to be given"),
])
def test_the_paragraph_named_says_it(answer: str, reason: str) -> None:
    verdict = judged("해지환급금은 어떻게 되나요?", answer, [ARTICLE])
    assert [one.reason for one in verdict.struck] == ([reason] if reason else [])
    assert (verdict.status == "declined") is bool(reason)


def answered(name: str) -> list[dict[str, str]]:
    rows = json.loads((ROOT / f"datasets/{name}.json").read_text(encoding="utf-8"))
    return [row for row in rows if row["kind"] != "unanswerable" and "항에 따르면" in row["output"]]


def with_another_paragraph(row: dict[str, str]) -> Iterator[str]:
    """Yield the answer with its first paragraph's number changed to each other one that the passage has."""
    named = re.match(r"(.*?제\d+조(?:의\d+)? 제)(\d+)(항에 따르면.*)", row["output"], re.DOTALL)
    if named:
        passage = passages_of(row["input"])[int(row["output"].rstrip("]").rpartition("[")[2]) - 1]
        for number, mark in enumerate("①②③④⑤⑥⑦", start=1):
            if str(number) != named[2] and any(line.startswith(mark) for line in passage.lines):
                yield f"{named[1]}{number}{named[3]}"


def test_committed_answers_stand_and_most_with_another_paragraph_do_not() -> None:
    rows = answered("insurance_eval") + answered("insurance")[::3]
    assert len(rows) > 100
    assert [row["output"] for row in rows if judged(row["question"], row["output"], passages_of(row["input"])).struck] == []
    wrong = [(row, text) for row in rows for text in with_another_paragraph(row)]
    caught = sum(bool(judged(row["question"], text, passages_of(row["input"])).struck) for row, text in wrong)
    assert caught >= 0.85 * len(wrong) and len(wrong) > 100


SURGERY = Passage(number=1, head="질병수술비 특별약관 > 제1조(보험금의 지급사유)", lines=(
    "① 피보험자가 수술을 받으면 회사는 수술 1회당 다음의 금액을 지급합니다.", "1. 1종 수술: 20만원", "2. 2종 수술: 50만원",
    "3. 3종 수술: 150만원", "② 같은 날 두 가지 이상의 수술을 받으면 가장 큰 금액 하나만 지급합니다."))
UNPAID = Passage(number=1, head="질병수술비 특별약관 > 제3조(보험금을 지급하지 않는 사유)", lines=(
    "다음의 수술에는 질병수술비를 지급하지 않습니다.", "1. 치아를 뽑는 수술",
    "2. 시력을 교정하는 수술", "3. 제왕절개를 포함한 수술"))


@pytest.mark.parametrize(("answer", "passage", "stands"), [
    ("제1조 제1항 제3호에 따르면 수술 1회당 150만원을 지급합니다. [1]", SURGERY, True),
    ("제1조 제1항 제1호에 따르면 수술 1회당 150만원을 지급합니다. [1]", SURGERY, False),
    ("제1조 제1항에 따르면 수술 1회당 150만원을 지급합니다. [1]", SURGERY, True),
    ("제1조 제2항에 따르면 수술 1회당 150만원을 지급합니다. [1]", SURGERY, False),
    ("제3조 제2호에 따르면 시력을 교정하는 수술에는 질병수술비를 지급하지 않습니다. [1]", UNPAID, True),
    ("제3조 제1호에 따르면 시력을 교정하는 수술에는 질병수술비를 지급하지 않습니다. [1]", UNPAID, False),
])
def test_the_item_named_says_it(answer: str, passage: Passage, stands: bool) -> None:
    assert bool(judged("질병수술비는 어떻게 되나요?", answer, [passage]).struck) is not stands
