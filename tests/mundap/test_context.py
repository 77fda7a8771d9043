"""Which lines of a chunk a prompt quotes."""

from __future__ import annotations

from typing import Any

from mundap.chunk import Chunk
from mundap.context import focus, head, label, lines_of, match
from mundap.question import analyse


def made(text: str, *, breadcrumbs: str = "가온누리전자 2023 사업보고서 > III. 재무 > 손익", **metadata: Any) -> Chunk:
    return Chunk(chunk_id="c1", doc_id="d1", parent_id="p1", level="child", text=text, breadcrumbs=breadcrumbs,
                 citation="", token_count=1, date=20240315, metadata=metadata)


FACTS = "\n".join(["손익", *(f"가온누리전자 2023년 {item}: {at},000백만원" for at, item in enumerate(
    ("매출원가", "판매비", "영업이익", "매출액", "법인세"), start=1))])


def test_the_head_is_the_title_and_the_innermost_section() -> None:
    assert head(made("글")) == "가온누리전자 2023 사업보고서 > 손익"
    assert head(made("글", breadcrumbs="가온누리전자 2023 사업보고서")) == "가온누리전자 2023 사업보고서"
    rider = "가온 상해보험 약관 > 가온 상해보험 골절 특별약관 > 제1관 보험금 > 제1조(지급)"
    assert head(made("글", breadcrumbs=rider, policy_type="특별약관")) == "가온 상해보험 골절 특별약관 > 제1조(지급)"
    assert head(made("글", breadcrumbs="민법 > 제1장 > 제3조", policy_type="")) == "민법 > 제3조"


def test_a_label_is_what_stands_before_the_figure() -> None:
    assert label("가온누리전자 2023년 매출액: 1,234백만원") == "가온누리전자 2023년 매출액"
    assert label("문장에는 쌍점이 없다.") == "문장에는 쌍점이 없다."


def test_a_fact_chunk_is_quoted_by_fact_lines_and_a_text_chunk_by_sentences() -> None:
    assert lines_of(made(FACTS, kind="facts")) == FACTS.splitlines()[1:], "the title line says nothing"
    long = "임대차 계약은 당사자 일방의 통지로 언제든지 해지할 수 있다. 해지의 효력은 통지를 받은 날부터 한 달이 지나면 생긴다."
    assert len(lines_of(made(long, kind="text"))) == 2
    assert lines_of(made("| 구분 | 값 |\n\n짧은 줄. 둘째.", kind="text")) == ["| 구분 | 값 |", "짧은 줄. 둘째."]
    endless = "가" * 900
    assert [len(line) for line in lines_of(made(endless, kind="text"))] == [400]


def test_the_best_lines_are_quoted_in_the_documents_order() -> None:
    [passage] = focus("가온누리전자의 2023년 매출액과 영업이익은?", [made(FACTS, kind="facts")], top_k=2, lines=2)
    assert [label(line).split()[-1] for line in passage.lines] == ["영업이익", "매출액"]
    assert (passage.number, passage.head, passage.chunk_id) == (1, "가온누리전자 2023 사업보고서 > 손익", "c1")
    [passage] = focus("가온누리전자의 2023년 매출액은?", [made(FACTS, kind="facts")], top_k=2, lines=2)
    assert [label(line).split()[-1] for line in passage.lines] == ["판매비", "매출액"], "the best line is not put first"
    [one] = focus("가온누리전자의 2023년 매출액은?", [made(FACTS, kind="facts")], top_k=2, lines=1)
    assert one.lines == ("가온누리전자 2023년 매출액: 4,000백만원",)


def test_synonyms_choose_the_documents_own_line() -> None:
    [passage] = focus("가온누리전자의 2023년 매출은?", [made(FACTS, kind="facts")], top_k=1, lines=1,
                      synonyms={"매출액": ["매출"]})
    assert passage.lines == ("가온누리전자 2023년 매출액: 4,000백만원",)


def test_a_question_and_answer_chunk_is_quoted_whole_and_top_k_limits_the_passages() -> None:
    pair = made("물음: 해지할 수 있나요?\n답: 예.\n근거: 민법\n비고: 없음", kind="qa")
    passages = focus("해지", [pair, pair, pair], top_k=2, lines=1)
    assert [passage.number for passage in passages] == [1, 2]
    assert len(passages[0].lines) == 4


def test_a_line_borrows_its_heads_words() -> None:
    question = analyse("가온누리전자의 2023년 매출액은?")
    assert match(question, "매출액: 1백만원", "가온누리전자 2023 사업보고서").exact
    assert match(question, "매출액: 1백만원", "사업보고서").missing == ("가온누리전자", "2023")
    assert match(question, "매출액: 1백만원", "사업보고서").rank > match(question, "매출액: 1백만원", "가온누리전자 2023").rank
