"""Rows for the gate's tests: the shape that mundap writes, with one answer that holds."""

from __future__ import annotations

from typing import Any

from mundap.prompt import Passage, build_input
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import Domain, Filter
from pipelines.quality.gate import filled
from pipelines.quality.registry import FILTERS

INSTRUCTION = ("아래 제공된 [보험약관]을 참고하여 사용자의 질문에 답변하세요. 약관에 없는 내용은 추측하지 말고 "
               "'약관에 해당 내용이 없습니다'라고 답변하세요.")
DECLINE = "약관에 해당 내용이 없습니다."
PASSAGES = (
    Passage(number=1, head="무배당 한빛상해보험 > 제7조(보험금의 지급기일)",
            lines=("① 회사는 청구서류를 접수한 날부터 3영업일 이내에 보험금을 지급합니다.",
                   "② 조사가 필요하면 30영업일 이내로 지급예정일을 정합니다.")),
    Passage(number=2, head="무배당 한빛상해보험 > 제12조(해약환급금)",
            lines=("해약환급금은 납입한 보험료 12,000,000원의 50%입니다.",)))
QUESTION = "청구서류를 접수하면 보험금은 언제까지 지급되나요?"
OUTPUT = "제7조 제1항에 따르면 접수한 날부터 3영업일 이내에 지급합니다. [1]"


def row(**changed: Any) -> dict[str, Any]:
    """Return a good row with some columns changed; the input follows the question."""
    question = changed.get("question", QUESTION)
    return {"id": "r1", "kind": "fact", "instruction": INSTRUCTION, "input": build_input(PASSAGES, question),
            "output": OUTPUT, "question": question, **changed}


def made(name: str, **settings: Any) -> Filter:
    """Return one filter with the schema's defaults, some changed."""
    given = {**filled({})[name], **settings}
    given.pop("enabled")
    return FILTERS[name](Domain(decline_text=DECLINE), **given)


def judged(name: str, record: dict[str, Any], **settings: Any) -> str:
    """Return what one filter says of one row."""
    judge = made(name, **settings).judge
    assert judge is not None
    return judge(Candidate(record=record))
