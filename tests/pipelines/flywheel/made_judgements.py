"""Judgements made by hand: two companies' figures, right and wrong answers to them."""

from __future__ import annotations

from typing import Any

from mundap.prompt import Passage
from pipelines.flywheel.judgement import Rated, Shown, Voted
from pipelines.flywheel.screen import HeldOut, Screen

DECLINE = "문서에 해당 내용이 없습니다."
INSTRUCTION = "문서에서 질문에 맞는 줄을 찾아 답하고 문서 번호를 적으세요."
QUESTION = "가온누리전자의 2023년 매출액은 얼마인가요?"
LINE = "가온누리전자 2023년 연결 매출액: 1,234백만원"
PASSAGES = (
    Passage(number=1, head="가온누리전자 2023 사업보고서", lines=(LINE, "가온누리전자 2023년 연결 영업이익: 345백만원"),
            chunk_id="a:1"),
    Passage(number=2, head="누리식품 2023 사업보고서", lines=("누리식품 2023년 매출액: 777백만원",), chunk_id="b:1"))
RIGHT = "가온누리전자의 2023년 매출액은 1,234백만원입니다. [1]"
WRONG = "가온누리전자의 2023년 매출액은 345백만원입니다. [1]"
INVENTED = "가온누리전자의 2023년 매출액은 9,999백만원입니다. [1]"


def shown(text: str = RIGHT, **changed: Any) -> Shown:
    """Return an answer shown; its id follows from its text unless one is given."""
    given = {"id": f"id-{text}", "question": QUESTION, "passages": PASSAGES, "instruction": INSTRUCTION, "text": text,
             "answered_by": "own", "model": "models/x"} | changed
    return Shown(**given)


def rated(score: int, of: Shown | None = None, *, corrected: str = "", rater: str = "rater-1", at: str = "2025-01-01") -> Rated:
    return Rated(rater=rater, at=at, shown=of or shown(), score=score, corrected=corrected)


def voted(winner: Any, left: Shown | None = None, right: Shown | None = None, *, rater: str = "rater-1",
          at: str = "2025-01-01") -> Voted:
    return Voted(rater=rater, at=at, left=left or shown(), right=right or shown(WRONG), winner=winner)


def screen(held_out: HeldOut | None = None) -> Screen:
    return Screen(decline_text=DECLINE, held_out=held_out or HeldOut())
