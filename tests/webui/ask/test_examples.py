"""The questions offered on the page."""

from __future__ import annotations

from mundap.chunk import Chunk
from tests.rag.small_index import chunk
from webui.ask.examples import MADE, questions


def facts(company: str, *rows: str) -> Chunk:
    return chunk("\n".join(rows), doc_id=company, company=company, fiscal_year=2023, kind="facts")


def test_the_recipes_own_come_first() -> None:
    assert questions({"web": {"examples": ["하나?", "둘?"]}}, []) == ["하나?", "둘?"]


def test_made_from_facts_and_questions_by_turns() -> None:
    chunks = [facts("가온", "제목", "가온 2023년 연결 매출액 합계: 9백만원", "가온 2023년 연결 매출액: 1,234백만원"),
              facts("누리", "누리 2023년 매출액: 99백만원", "누리 2023년 직원 수: 12명"),
              chunk("보증금은 언제 돌려받나요?\n계약이 끝나면 받습니다.", doc_id="q", kind="qa", section="전세"),
              chunk("질문이 아닌 글.\n답.", doc_id="r", kind="qa", section="기타")]
    assert questions({"web": {}}, chunks) == ["가온의 2023년 매출액은 얼마인가요?", "보증금은 언제 돌려받나요?",
                                              "누리의 2023년 직원 수는 몇 명인가요?"]


def test_never_more_than_a_few_and_none_from_nothing() -> None:
    assert len(questions({}, [facts(f"회사{at}", f"회사{at} 2023년 매출액: 1,234원") for at in range(50)])) == MADE
    assert questions({}, [chunk("글뿐이다.")]) == []
