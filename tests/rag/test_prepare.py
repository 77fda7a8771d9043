"""How a question is understood and packed: the newest year, a day in the past, the talk before, sections, budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mundap.chunk import Chunk
from mundap.errors import ConfigError, ModelError
from rag.indexing.build import open_index
from rag.inquiry import Inquiry
from rag.prepare import Prepared, Preparer
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.small_index import built, chunk, recipe, reports

Preparing = Callable[..., Preparer]


@pytest.fixture
def preparing(tmp_path: Path) -> Iterator[Preparing]:
    """Return a function that indexes chunks and opens a preparer over them, sections of the recipe changed as told."""
    opened: list[Retriever] = []

    def start(chunks: Sequence[Chunk], **changes: dict[str, Any]) -> Preparer:
        embedder = HashingEmbedder()
        (tmp_path / "instruction.txt").write_text("문서만 보고 답하라.\n", encoding="utf-8")
        made = recipe() | {"prompt": {"instruction": "instruction.txt", "decline_text": "없습니다.", "lines_per_passage": 3}}
        for section, values in changes.items():
            made[section] = made.get(section, {}) | values
        built(tmp_path, chunks, embedder)
        opened.append(Retriever(open_index(made, tmp_path, embedder), embedder, made))
        return Preparer(made, tmp_path, opened[-1])

    yield start
    for retriever in opened:
        retriever.close()


def lines(prepared: Prepared) -> list[str]:
    return [line for passage in prepared.passages for line in passage.lines]


def test_a_question_without_a_year_is_about_the_newest_and_says_so(preparing: Preparing) -> None:
    preparer = preparing(reports())
    prepared = preparer.prepare(Inquiry(text="가온누리전자의 매출액은 얼마인가요?"))
    assert lines(prepared) == ["가온누리전자 2023년 매출액: 2,222백만원"]
    assert prepared.filters == {"company": ("가온누리전자",), "fiscal_year": (2023,)} and prepared.assumed == ("fiscal_year",)
    named = preparer.prepare(Inquiry(text="가온누리전자의 2022년 매출액은 얼마인가요?"))
    assert lines(named) == ["가온누리전자 2022년 매출액: 1,111백만원"] and named.assumed == ()


def test_the_newest_year_is_the_newest_of_the_company_that_was_asked(preparing: Preparing) -> None:
    preparer = preparing([one for one in reports() if one.doc_id != "g23"])
    assert lines(preparer.prepare(Inquiry(text="가온누리전자의 매출액은?"))) == ["가온누리전자 2022년 매출액: 1,111백만원"]


def test_change_without_a_year_is_from_the_year_before_to_the_newest(preparing: Preparing) -> None:
    prepared = preparing(reports()).prepare(Inquiry(text="한빛바이오의 매출액은 전년 대비 얼마나 늘었나요?"))
    assert sorted(lines(prepared)) == ["한빛바이오 2022년 매출액: 3,333백만원", "한빛바이오 2023년 매출액: 4,444백만원"]


def test_a_question_about_something_else_takes_nothing_from_the_one_before(preparing: Preparing) -> None:
    before = ("가온누리전자의 2023년 매출액은 얼마인가요?",)
    prepared = preparing(reports()).prepare(Inquiry(text="임대차 계약은 어떻게 해지할 수 있나요?", before=before))
    assert prepared.question.text == "임대차 계약은 어떻게 해지할 수 있나요?" and prepared.carried == ()
    assert prepared.filters == {} and prepared.answerable
    assert lines(prepared) == ["임대차 계약은 당사자 일방의 통지로 해지할 수 있다."], "and no company's"


@pytest.mark.parametrize("asked", ["배당금은 얼마인가요?", "그 회사의 배당금은 얼마인가요?"])
def test_what_only_another_company_answers_is_not_taken_for_an_answer(preparing: Preparing, asked: str) -> None:
    other = chunk("한빛바이오 2023년 배당금: 77백만원", doc_id="h23d", company="한빛바이오", fiscal_year=2023)
    prepared = preparing([*reports(), other]).prepare(Inquiry(text=asked, before=("가온누리전자의 2023년 매출액은 얼마인가요?",)))
    assert prepared.question.text.startswith("가온누리전자의 ")
    assert not prepared.answerable and "가온누리전자" in prepared.carried and not [line for line in lines(prepared) if "77" in line]


def test_prose_is_not_narrowed_to_a_year(preparing: Preparing) -> None:
    prepared = preparing(reports()).prepare(Inquiry(text="임대차 계약은 어떻게 해지할 수 있나요?"))
    assert prepared.filters == {} and prepared.assumed == () and prepared.answerable
    assert "임대차 계약은 당사자 일방의 통지로 해지할 수 있다." in lines(prepared)


def test_a_chip_taken_away_no_longer_filters(preparing: Preparing) -> None:
    preparer = preparing(reports())
    asked = "가온누리전자의 매출액은 얼마인가요?"
    assert preparer.prepare(Inquiry(text=asked, without=frozenset({"fiscal_year"}))).assumed == ()
    everywhere = preparer.prepare(Inquiry(text=asked, without=frozenset({"company", "fiscal_year"})))
    assert everywhere.filters == {} and {hit.chunk.metadata.get("company") for hit in everywhere.hits} >= {"한빛바이오"}


def test_a_follow_up_is_made_whole_and_what_was_carried_is_said(preparing: Preparing) -> None:
    before = ("가온누리전자의 2023년 매출액은 얼마인가요?",)
    prepared = preparing(reports()).prepare(Inquiry(text="그럼 2022년은?", before=before))
    assert prepared.question.text == "가온누리전자의 2022년 매출액은 얼마인가요?" and prepared.carried == ("가온누리전자",)
    assert lines(prepared) == ["가온누리전자 2022년 매출액: 1,111백만원"]


def test_a_misspelt_name_gets_names_offered_and_never_another_companys_figure(preparing: Preparing) -> None:
    prepared = preparing(reports()).prepare(Inquiry(text="가온누리젼자의 2023년 매출액은?"))
    assert prepared.suggestions == ("가온누리전자",) and not prepared.answerable


def amended() -> list[Chunk]:
    return [chunk("가온누리전자 2023년 매출액: 2,222백만원", doc_id="first", date=20240315, superseded_by="second",
                  breadcrumbs="가온누리전자 2023 사업보고서", company="가온누리전자", fiscal_year=2023),
            chunk("가온누리전자 2023년 매출액: 2,220백만원", doc_id="second", date=20240510,
                  breadcrumbs="가온누리전자 2023 사업보고서 정정", company="가온누리전자", fiscal_year=2023)]


def test_the_amendment_answers_now_and_the_original_on_a_day_before_it(preparing: Preparing) -> None:
    preparer = preparing(amended())
    asked = "가온누리전자의 2023년 매출액은?"
    assert lines(preparer.prepare(Inquiry(text=asked))) == ["가온누리전자 2023년 매출액: 2,220백만원"]
    then = preparer.prepare(Inquiry(text=asked, as_of=20240401))
    assert lines(then) == ["가온누리전자 2023년 매출액: 2,222백만원"]
    assert preparer.retriever.amendment(then.hits[0].chunk) == "가온누리전자 2023 사업보고서 정정 (2024-05-10)"
    assert not preparer.prepare(Inquiry(text=asked, as_of=20240101)).answerable


def article(position: int, text: str, parent: str = "제8조") -> Chunk:
    made = chunk(text, doc_id="terms", position=position, breadcrumbs="든든보험 약관 > 제8조(보험금의 지급)", kind="text")
    return Chunk(**{name: getattr(made, name) for name in Chunk.__slots__} | {"parent_id": parent})


def test_a_section_is_read_whole_when_a_part_of_it_is_found(preparing: Preparing) -> None:
    parts = [article(0, "보험금의 청구 서류를 접수하면 접수증을 드립니다."),
             article(1, "보험금은 서류를 접수한 날부터 3영업일 이내에 지급합니다."),
             article(2, "조사가 길어지면 그 사유를 알려 드립니다."), article(3, "다른 조항입니다. 보험료는 매월 냅니다.", "제9조")]
    asked = Inquiry(text="보험금 청구 서류를 접수하면 며칠 안에 지급하나요?")
    alone = preparing(parts, retrieval={"top_k": 1}).prepare(asked)
    whole = preparing(parts, retrieval={"top_k": 1, "expand_sections": True}).prepare(asked)
    assert len(lines(alone)) == 1 and len(whole.passages) == 1
    assert lines(whole) == [part.text for part in parts[:3]], "the section in the document's order, and no other"
    assert whole.hits[0].chunk.chunk_id in {part.chunk_id for part in parts[:3]}


def test_passages_are_packed_into_the_budget_of_tokens(preparing: Preparing) -> None:
    preparer = preparing(reports(), prompt={"context_tokens": 64})
    preparer.__dict__["_count"] = lambda text: len(text)
    two = preparer.prepare(Inquiry(text="가온누리전자와 한빛바이오의 2023년 매출액은?"))
    assert len(two.passages) == 2
    preparer.context_tokens = 40
    assert len(preparer.prepare(Inquiry(text="가온누리전자와 한빛바이오의 2023년 매출액은?")).passages) == 1


def test_the_category_picks_the_system_message(preparing: Preparing, tmp_path: Path) -> None:
    for name in ("plain", "jeonse"):
        (tmp_path / f"{name}.txt").write_text(f"{name}\n", encoding="utf-8")
    chunks = [chunk("확정일자는 주민센터에서 받습니다.", doc_id="a", category="전세사기", kind="qa"),
              chunk("상속 포기는 석 달 안에 법원에 신고합니다.", doc_id="b", category="상속", kind="qa")]
    preparer = preparing(chunks, prompt={"system": "plain.txt", "systems": {"전세사기": "jeonse.txt"}},
                         retrieval={"filters": ["category"]})
    inferred = preparer.prepare(Inquiry(text="확정일자는 어디에서 받나요?"))
    assert inferred.system == "jeonse" and preparer.request(inferred).messages[0] == {"role": "system", "content": "jeonse"}
    assert preparer.prepare(Inquiry(text="상속 포기는 어디에 신고하나요?")).system == "plain"
    assert preparer.prepare(Inquiry(text="전세사기를 당하면 상속 포기를 하나요?")).system == "jeonse", "the one it names"


def test_a_reranking_model_that_is_not_there_is_told(preparing: Preparing) -> None:
    with pytest.raises(ModelError, match="no reranking model"):
        preparing(reports(), retrieval={"reranker": "models/none"})


def test_a_system_file_that_is_not_there_is_told(preparing: Preparing) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        preparing(reports(), prompt={"system": "none.txt"})
