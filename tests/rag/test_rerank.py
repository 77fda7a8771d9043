"""The order of hits once their lines are read."""

from __future__ import annotations

from mundap.question import analyse
from rag.search.hit import Hit
from rag.search.rerank import rerank
from tests.rag.small_index import chunk


def hits(*texts: str) -> list[Hit]:
    return [Hit(chunk=chunk(text, doc_id=f"d{at}", kind="facts"), score=1 / at, rank=at, retriever="dense")
            for at, text in enumerate(texts, start=1)]


def order(question: str, *texts: str) -> list[str]:
    found = rerank(analyse(question), hits(*texts))
    assert [hit.rank for hit in found] == list(range(1, len(texts) + 1)), "ranks are counted anew"
    return [hit.chunk.doc_id for hit in found]


def test_a_chunk_with_the_very_line_comes_first() -> None:
    assert order("가온 2023년 매출액은?", "가온 2023년 영업이익: 1백만원", "가온 2022년 매출액: 2백만원",
                 "가온 2023년 자산: 3백만원\n가온 2023년 매출액: 4백만원") == ["d3", "d1", "d2"]


def test_the_nearer_label_comes_first() -> None:
    assert order("가온 2023년 매출액은?", "가온 2023년 해외 매출액: 1백만원", "가온 2023년 매출액: 2백만원") == ["d2", "d1"]


def test_without_an_answering_line_the_retrievers_order_stays() -> None:
    far = "가온 2023년 이익잉여금처분계산서상 매출액: 2백만원"   # too many letters beyond the question
    assert order("가온 2023년 매출액은?", "가온의 2023년 매출액에 관한 글", far, "딴 글") == ["d1", "d2", "d3"]


def test_ties_keep_the_retrievers_order_and_scores_stay() -> None:
    same = "가온 2023년 매출액: 1백만원"
    assert order("가온 2023년 매출액은?", same, same) == ["d1", "d2"]
    [first, second] = rerank(analyse("가온 2023년 매출액은?"), hits("딴 글", same))
    assert (first.chunk.doc_id, first.score, second.score) == ("d2", 0.5, 1.0)
