"""The library of an index, what is marked of a search, and the HTML of both: nothing of a document becomes markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.indexing.build import open_index
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.small_index import built, chunk, recipe
from tests.webui.scripted import HOSTILE, chunks
from webui.documents import browsing, browsing_view
from webui.documents.browsing import Library, page_of, part, words_of
from webui.documents.tab import _order
from webui.uploads.collection import Progress
from webui.uploads.refusal import Refused
from webui.uploads.shelf import Upload
from webui.words import words

KO, EN = words("ko"), words("en")


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    """Return a search over the small index, a long document, and one that was amended."""
    project, embedder = tmp_path_factory.mktemp("library"), HashingEmbedder()
    long = [chunk(f"장기보험 {at}째 조항은 {at}원입니다.", doc_id="long", position=at, date=20200101, breadcrumbs="장기 약관 > 1장")
            for at in range(45)]
    old = chunk("다올전자 2021년 매출액: 1원", doc_id="old", date=20220301, superseded_by="new", breadcrumbs="다올 2021 보고서")
    new = chunk("다올전자 2021년 매출액: 2원", doc_id="new", date=20220501, breadcrumbs="다올 2021 정정보고서")
    built(project, [*chunks(), *long, old, new], embedder)
    opened = Retriever(open_index(recipe(), project, embedder), embedder, recipe())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def library(retriever: Retriever) -> Library:
    return Library(retriever)


def test_every_document_is_there_once_the_newest_first(library: Library, retriever: Retriever) -> None:
    assert len({one.doc_id for one in library.entries}) == len(library.entries) == 10
    assert library.chunks == len(retriever.index.chunks)
    dates = [one.date for one in library.entries]
    assert dates == sorted(dates, reverse=True)


def test_words_are_found_in_titles_first_and_counted_in_texts(library: Library) -> None:
    found = library.find("  장기 ")
    assert [(one.doc_id, count) for one, count in found.entries] == [("long", 45)]
    assert [one.doc_id for one, _ in library.find("영업  이익").entries] == ["linked"], "blanks do not matter"
    assert library.find("없는낱말").total == 0 and library.find("").total == 10
    assert library.find("", page=99).page == 1


def test_an_amended_document_says_by_what(library: Library) -> None:
    old, new = library.get("old"), library.get("new")
    assert old is not None and new is not None and old.superseded and not new.superseded
    assert old.amended == "다올 2021 정정보고서 (2022-05-01)"
    assert "이후 정정됨: 다올 2021 정정보고서 (2022-05-01)" in browsing_view.document(old, 1, "", KO)
    assert "Amended since" in browsing_view.listing(library, library.find("다올"), "다올", EN)


def test_a_long_document_is_shown_in_pages(library: Library) -> None:
    long = library.get("long")
    assert long is not None
    assert [len(part(long, page)[0]) for page in (1, 2, 3)] == [20, 20, 5]
    assert part(long, -5)[1] == 1 and part(long, 10**9)[1] == 3
    assert page_of(long, long.chunks[41].chunk_id) == 3 and page_of(long, "none") == 1
    shown = browsing_view.document(long, 3, "41째", KO)
    assert shown.count('class="chunk"') == 5 and "조각 41" in shown and "<mark>41째</mark>" in shown and "3 / 3쪽" in shown


def test_what_a_filter_holds_is_not_marked_where_there_is_more_to_mark() -> None:
    filters = {"company": ["가온누리전자"], "fiscal_year": [2023]}
    assert words_of("가온누리전자의 2023년 영업이익은?", filters) == ["영업", "이익"]
    assert set(words_of("가온누리전자의 2023년", filters)) >= {"2023"}
    assert "을" not in words_of("말을 보아라", {})


def test_hits_say_how_they_were_found(retriever: Retriever) -> None:
    question = "가온누리전자의 2023년 영업이익은 얼마인가요?"
    found = retriever.search(question, top_k=5)
    shown = browsing_view.hits(found, question, recipe()["retrieval"], KO)
    for hit in found:
        assert f"{hit.dense:.3f}" in shown and f"{hit.bm25:.2f}" in shown
    assert "회사 가온누리전자, 연도 2023" in shown and "BM25 + 18 × 코사인" in shown and "<mark>영업이익</mark>" in shown
    dropped = retriever.search("가온누리전자의 2019년 영업이익은?", filters={"company": ["가온누리전자"], "fiscal_year": [2019]})
    assert "맞는 문서가 없어 뺀 조건" in browsing_view.hits(dropped, "영업이익", recipe()["retrieval"], KO)


def test_twins_left_out_are_named(tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    same = [chunk("보험금은 1,000만원까지 지급합니다.", doc_id=name, breadcrumbs=f"{name} 약관") for name in ("갑", "을")]
    built(tmp_path, same, embedder)
    opened = Retriever(open_index(recipe(), tmp_path, embedder), embedder, recipe())
    shown = browsing_view.hits(opened.search("보험금은 얼마인가요?"), "보험금", recipe()["retrieval"], KO)
    opened.close()
    assert shown.count("<li>") == 1 and re.search("같은 내용이라 뺀 것: [갑을] 약관", shown)


def test_nothing_of_a_document_or_a_file_becomes_markup(library: Library, retriever: Retriever) -> None:
    hostile = library.get("hostile")
    assert hostile is not None
    upload = Upload(id='"><script>', name=HOSTILE, size=5, sha256="", documents=1, chunks=1, left_out=2, added_at="2026-01-02")
    every = [browsing_view.document(hostile, 1, HOSTILE, KO), browsing_view.listing(library, library.find(""), HOSTILE, KO),
             browsing_view.hits(retriever.search("누리식품 2023년 비고"), HOSTILE, recipe()["retrieval"], KO),
             browsing_view.uploads([upload], KO), browsing_view.progress(Progress(step="done", name=HOSTILE, upload=upload), KO),
             browsing_view.refused(Refused("kind", name=HOSTILE, kind=HOSTILE, kinds="PDF"), KO),
             browsing_view.unexpected(HOSTILE, KO)]
    for shown in every:
        assert "<script" not in shown and "<img" not in shown and "href" not in shown
    assert "읽을 수 없는 행 2개는 뺐습니다" in every[4]


def test_buttons_carry_what_they_do_as_json(library: Library) -> None:
    shown = browsing_view.listing(library, library.find("장기"), "장기", KO)
    [order] = re.findall(r'data-do="([^"]*)"', shown)
    assert json.loads(order.replace("&quot;", '"')) == ["open", "long", 1, ""]


@pytest.mark.parametrize("sent", ["", "null", "[]", "{}", "[1,2,3,4,5]", '["n","open"]', '["n","open","a",true,""]',
                                  '["n","open","a","1",""]', '["n","open",{},1,""]', "[" * 3000, "x" * 10**6])
def test_an_order_that_is_none_does_nothing(sent: str) -> None:
    assert _order(sent)[0] == ""


def test_an_order_is_read() -> None:
    assert _order(json.dumps(["1-2", "open", "문서", 3, "c"])) == ("open", "문서", 3, "c")


def test_progress_says_how_far_and_how_long() -> None:
    shown = browsing_view.progress(Progress(step="indexing", name="a.pdf", done=30, total=90, rate=10.0), KO)
    assert "30 / 90" in shown and "초당 10개, 6초 남음" in shown and 'max="90" value="30"' in shown
    assert "초당" not in browsing_view.progress(Progress(step="indexing", name="a.pdf", done=0, total=90, rate=0.0), KO)
    assert browsing_view.size(10) == "1 KB" and browsing_view.size(3 * 2**20) == "3.0 MB"
    assert browsing.formula({"fusion": "weighted", "dense_weight": 18}) == ("weighted", "18")
