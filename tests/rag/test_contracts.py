"""A clause of another product is no evidence for the one a question names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mundap.prompt import Passage
from mundap.question import analyse
from rag.checks.contracts import of_contract_asked
from rag.checks.verify import verify

ROOT = Path(__file__).resolve().parents[2]
OWN = Passage(number=1, head="무배당 온새미 건강보험 보통약관 > 제14조(해지환급금)",
              lines=("① 보험료 납입기간 중에 계약을 해지하면 해지환급금이 없습니다.",))
OTHER = Passage(number=2, head="무배당 온새미 간편건강보험 보통약관 > 제27조(해지환급금)",
                lines=("② 보험료 납입기간이 끝난 뒤에 해지하면 이미 낸 보험료의 40%를 해지환급금으로 지급합니다.",))
LAW = Passage(number=3, head="민법 > 제543조", lines=("계약을 해지할 수 있다.",))
DECLINE = "약관에 해당 내용이 없습니다."


def left(question: str, *passages: Passage) -> list[int]:
    return [one.number for one in of_contract_asked(analyse(question), passages) if any(one.lines)]


@pytest.mark.parametrize(("question", "numbers"), [
    ("온새미 건강보험을 해지하면 얼마를 받나요?", [1, 3]), ("온새미건강보험을 해지하면 얼마를 받나요?", [1, 3]),
    ("온새미 간편건강보험을 해지하면 얼마를 받나요?", [2, 3]),
    ("온새미 건강보험과 온새미 간편건강보험의 해지환급금은?", [1, 2, 3]),
    ("건강보험을 해지하면 얼마를 받나요?", [1, 2, 3]),          # a part of a name names none
    ("한빛든든 상해보험을 해지하면 얼마를 받나요?", [1, 2, 3]),   # no passage is of it: for others to decline
])
def test_passages_of_other_products_are_left_blank(question: str, numbers: list[int]) -> None:
    assert left(question, OWN, OTHER, LAW) == numbers


def test_a_rider_is_of_its_product() -> None:
    rider = Passage(number=2, head="무배당 온새미 간편건강보험 질병수술비 특별약관 > 제2조(수술)", lines=("수술은 …",))
    assert left("온새미 간편건강보험 질병수술비 특별약관의 수술은 무엇인가요?", OTHER, rider) == [2, 2]


@pytest.mark.parametrize("policy", ["strike", "abstain"])
def test_another_products_figure_is_not_shown(policy: str) -> None:
    answer = "보험료 납입기간이 끝난 뒤에 해지하면 이미 낸 보험료의 40%를 해지환급금으로 지급합니다. [2]"
    asked = analyse("온새미 건강보험을 보험료 납입기간이 끝난 뒤에 해지하면 보험료의 몇 %를 받나요?")
    shown = verify(asked, answer, [OWN, OTHER], decline_text=DECLINE, policy=policy)   # type: ignore[arg-type]
    assert shown.status == "declined" and "40%" not in shown.text


def test_no_committed_rows_own_passage_is_left_blank() -> None:
    rows = json.loads((ROOT / "datasets/insurance_eval.json").read_text(encoding="utf-8"))
    seen = 0
    for row in rows:
        blocks = re.split(r"^\[(\d+)\] ", row["input"].rpartition("\n\n질문: ")[0], flags=re.MULTILINE)[1:]
        passages = [Passage(number=int(number), head=block.splitlines()[0], lines=tuple(block.splitlines()[1:]))
                    for number, block in zip(blocks[::2], blocks[1::2], strict=True)]
        cited = {int(number) for number in re.findall(r"\[(\d+)\]", row["output"])}
        seen += len(cited)
        assert cited <= set(left(row["question"], *passages)), row["id"]
    assert seen > 60
