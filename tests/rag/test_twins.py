"""Near-duplicates among hits: folded into one, unless a figure or what they are about differs."""

from __future__ import annotations

from mundap.chunk import Chunk
from rag.search.hit import Hit
from rag.search.retrieve import standing
from rag.search.twins import Twins
from tests.rag.small_index import chunk

CLAUSE = "피보험자가 보험기간 중에 상해의 직접 결과로써 사망한 경우에는 사망보험금을 보험수익자에게 지급하고 {} 안에 통지합니다."


def hits(*chunks: Chunk) -> list[Hit]:
    return [Hit(chunk=one, score=1.0 / rank, rank=rank, retriever="dense") for rank, one in enumerate(chunks, 1)]


def clause(doc_id: str, days: str = "3일", *, date: int = 20240101, product: str = "든든보험", tail: str = "") -> Chunk:
    return chunk(CLAUSE.format(days) + tail, doc_id=doc_id, date=date, product=product, breadcrumbs=f"{doc_id} 제1조")


def kept(*chunks: Chunk) -> list[str]:
    return [hit.chunk.doc_id for hit in Twins(["product"], standing).collapse(hits(*chunks))]


def test_the_same_clause_of_two_riders_is_one_and_names_the_other() -> None:
    [hit] = Twins(["product"], standing).collapse(hits(clause("a"), clause("b", tail="!")))
    assert hit.chunk.doc_id == "a" and hit.twins == ("b 제1조",)


def test_another_figure_or_another_product_is_no_duplicate() -> None:
    assert kept(clause("a"), clause("b", "30일")) == ["a", "b"]
    assert kept(clause("a"), clause("b", product="튼튼보험", tail=".")) == ["a", "b"]


def test_the_newest_of_two_editions_stands_in_the_first_ones_place() -> None:
    other = chunk("보험료의 납입을 최고하는 기간은 14일입니다.", doc_id="c", product="든든보험")
    assert kept(clause("a"), other, clause("b", date=20250101)) == ["b", "c"]


def test_texts_that_are_merely_alike_stay() -> None:
    far = chunk("피보험자가 보험기간 중에 질병으로 입원한 경우에는 입원일당을 지급합니다.", doc_id="z", product="든든보험")
    assert kept(clause("a"), far) == ["a", "z"]
