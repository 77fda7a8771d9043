"""What the page shows of an answer: words, links, marks; and that nothing written elsewhere becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

import pytest

from mundap.errors import GenerationError, IndexMismatch, MundapError
from mundap.prompt import Passage
from mundap.question import Question
from rag.answer import Citation
from rag.checks.verify import Status, Struck, verify
from tests.rag.small_index import chunk
from tests.webui.made_answers import answered, hit
from webui import labels, render
from webui.words import words

KO = words("ko")
HOSTILE = "<script>alert(1)</script><img src=x onerror=\"alert(1)\">' onmouseover='x"


def attributes(page: str) -> set[str]:
    """Return the names of all attributes of a page's tags, as a parser reads them."""
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update(name for name, _ in attrs)

    Reader().feed(page)
    assert "class" in found
    return found


@pytest.mark.parametrize("status", get_args(Status))
def test_every_status_has_a_korean_badge(status: str) -> None:
    assert f"answer.status.{status}" in KO.texts
    assert re.search(rf'class="badge {status}">{labels.status(status, KO)}<', render.answer(answered(status=status), KO))


def test_answer_links_its_citation_and_says_what_was_checked() -> None:
    shown = render.answer(answered(), KO)
    assert '매출액은 12백만원입니다.<a class="cite" href="#ref-1" aria-label="근거 1">1</a>' in shown
    assert "수치·날짜·조항 2개를 문서와 대조" in shown
    assert "회사 <b>가온누리전자</b>" in shown and "연도 <b>2023</b>" in shown
    assert "검색 0.1초 · 전체 1.6초" in shown or "검색 0.1초 · 전체 1.5초" in shown


def test_a_number_without_a_reference_is_no_link() -> None:
    assert "[7]" in render.answer(answered("값 [7]"), KO) and "#ref-7" not in render.answer(answered("값 [7]"), KO)


def test_references_show_source_date_link_and_marked_line() -> None:
    shown, _, others = render.references(answered(), KO).partition("<details")
    assert "<h3>가온누리전자 2023 사업보고서</h3>" in shown and ">III. 재무</span>" in shown
    assert '<time datetime="2024-03-15">2024-03-15</time>' in shown
    assert '<a href="https://dart.example/1" target="_blank" rel="noopener noreferrer">' in shown
    assert re.findall(r"<mark>(.*?)</mark>", shown) == ["가온누리전자 2023년 매출액: 12백만원"]
    assert "다른 검색 결과 (1건)" in others and "다른 문서의 글." in others


def test_a_sentence_quoted_word_for_word_is_marked_though_it_has_no_figure() -> None:
    found = answered("임차인은 계속 살 수 있습니다. [1] 지어낸 문장입니다. [1]", lines=(),
                     chunk_text="보증금은 어떻게 되나요?\n따라서 임차인은 계속 살 수 있습니다. 끝.")
    assert re.findall(r"<mark>(.*?)</mark>", render.references(found, KO)) == ["임차인은 계속 살 수 있습니다."]


def test_many_hits_are_cut() -> None:
    hits = tuple(hit(chunk(f"글 {at}", doc_id=f"d{at}"), at) for at in range(1, 21))
    declined = render.references(replace(answered(status="declined"), hits=hits, passages=()), KO)
    assert declined.partition("<details")[0].count("<article") == render.NEAREST
    assert f"다른 검색 결과 ({render.OTHERS}건)" in declined
    assert declined.count("<article") == render.NEAREST + render.OTHERS


def test_declined_shows_the_nearest_passages_and_no_reference() -> None:
    found = answered("문서에 해당 내용이 없습니다.", status="declined")
    shown = render.references(found, KO)
    assert "가장 가까운 문서" in shown and "<mark>" not in shown and 'id="ref-' not in shown
    assert "가온누리전자 2023년 매출액: 12백만원" in shown and "의미 검색, 단어 검색, 1위" in shown
    assert render.references(replace(found, hits=(), passages=()), KO) == ""


def test_everything_written_elsewhere_is_escaped() -> None:
    bad = chunk(f"{HOSTILE}\n{HOSTILE}: 1", doc_id=HOSTILE, breadcrumbs=HOSTILE, url="javascript:alert(1)")
    found = replace(answered(HOSTILE, struck=(Struck(text=HOSTILE, reason=HOSTILE),)), question=HOSTILE,
                    hits=(hit(bad),), filters={HOSTILE: (HOSTILE,)})
    pages = [render.answer(found, KO), render.references(found, KO), render.draft(HOSTILE, HOSTILE, "확인 중…", KO),
             render.notice(HOSTILE, HOSTILE), render.error(MundapError(HOSTILE, where=HOSTILE, fix=HOSTILE), KO),
             render.unexpected(ValueError(HOSTILE), KO),
             render.references(replace(found, verdict=replace(found.verdict, status="declined")), KO)]
    for page in pages:
        assert "<script" not in page and "<img" not in page and "javascript:" not in page
        assert not [name for name in attributes(page) if name.startswith("on")]


@pytest.mark.parametrize(("url", "kept"), [
    ("https://dart.example/a?b=1&c=2", True), ("http://127.0.0.1/x", True), ("javascript:alert(1)", False),
    ("JaVaScript:alert(1)", False), ("data:text/html,x", False), ("//evil.example/x", False), ("https://", False),
    ("java\nscript:alert(1)", False), ("https://a.example/ onclick=x", False), ("file:///etc/passwd", False),
    ("http://[bad", False), ("", False), (None, False), (7, False)])
def test_only_web_addresses_become_links(url: object, kept: bool) -> None:
    assert render.safe_url(url) == (url if kept else "")


def test_struck_sentences_can_be_opened_with_their_reason_in_korean() -> None:
    """The reasons are rag.checks.verify's own, so that a change of its wording shows here."""
    passages = [Passage(number=1, head="가온누리전자", lines=("가온누리전자 2023년 매출액: 12백만원",), chunk_id="c")]
    asked = Question(text="매출액은?", words=("매출액",))
    verdict = verify(asked, "매출액은 77백만원입니다. [1] 날씨가 맑고 바람이 분다. [1]", passages,
                     decline_text="문서에 해당 내용이 없습니다.", policy="abstain")
    shown = render.answer(replace(answered(), verdict=verdict), KO)
    assert f"제외된 문장 보기 ({len(verdict.struck)}개)" in shown and "매출액은 77백만원입니다." in shown
    reasons = [labels.reason(one.reason, KO) for one in verdict.struck]
    assert len(reasons) == 2 and all(re.search("[가-힣]다$", reason) for reason in reasons)


def test_the_reason_for_another_item_is_korean_too() -> None:
    passages = [Passage(number=1, head="가온누리전자", lines=("가온누리전자 2023년 매출액: 12백만원",
                                                        "가온누리전자 2023년 자산총계: 99백만원"), chunk_id="c")]
    asked = Question(text="매출액은?", words=("매출액",))
    verdict = verify(asked, "매출액은 99백만원입니다. [1]", passages, decline_text="없습니다.", policy="abstain")
    assert [labels.reason(one.reason, KO) for one in verdict.struck] == ["문서에 있으나 질문과 다른 항목의 수치입니다"]
    assert labels.reason("something new", KO) == "something new"


def test_an_error_says_what_where_and_how_to_fix() -> None:
    shown = render.error(IndexMismatch("the index is not there.", where="indexes/demo", fix="mundap index x"), KO)
    assert "색인이 없거나 설정과 맞지 않습니다" in shown
    assert "<dt>위치</dt><dd>indexes/demo</dd>" in shown and "<dt>해결</dt><dd>mundap index x</dd>" in shown
    assert "<dt>위치</dt>" not in render.error(GenerationError("no answer"), KO)


def test_a_draft_says_it_is_being_checked() -> None:
    shown = render.draft("질문", "쓰는 중", "확인 중…", KO)
    assert 'class="answer draft"' in shown and "확인 중…" in shown and "쓰는 중" in shown


def test_what_was_taken_for_granted_is_said() -> None:
    found = replace(answered(), carried=("가온누리전자",), assumed=("fiscal_year",), dropped={"product": ("<든든>",)},
                    as_of=20240630, level="초급", level_reason="쉬운 말로 물음")
    drawn = render.answer(found, KO)
    for said in ("앞의 질문에서 이어받음: 가온누리전자", "질문에 연도 없음: 가장 최근인 2023에서 찾음",
                 "상품 &lt;든든&gt;: 맞는 문서가 없어 이 조건은 뺌", "2024-06-30 기준", "초급 답변: 쉬운 말로 물음"):
        assert f"<li>{said}</li>" in drawn
    assert "understood" not in render.answer(answered(), KO)


def test_names_are_offered_only_where_there_is_no_answer() -> None:
    declined = replace(answered(status="declined"), suggestions=("가온누리전자",))
    assert "혹시 이 이름인가요? 가온누리전자" in render.answer(declined, KO)
    assert "혹시" not in render.answer(replace(answered(), suggestions=("가온누리전자",)), KO)


def test_an_amended_document_says_what_took_its_place() -> None:
    found = answered()
    amended = replace(found, citations=(replace(found.citations[0], amended="가온 <정정> (2024-05-10)"),))
    assert "이후 정정됨: 가온 &lt;정정&gt; (2024-05-10)" in render.references(amended, KO)
    assert "정정됨" not in render.references(found, KO)


def test_terms_stand_beside_the_answer_as_text() -> None:
    drawn = render.answer(replace(answered(), terms=(("자본금", "주주가 낸 <돈>"),)), KO)
    assert "<dt>자본금</dt><dd>주주가 낸 &lt;돈&gt;</dd>" in drawn and 'class="terms"' not in render.answer(answered(), KO)


def test_an_english_page_says_nothing_of_its_own_in_korean() -> None:
    english, korean = words("en"), re.compile(r"[가-힣]")
    cited = chunk("\n".join(f"line {at}" for at in range(30)), doc_id="a", breadcrumbs="Report > III", url="https://a.example/1")
    passages = (Passage(number=1, head="Report", lines=("line 3",), chunk_id=cited.chunk_id),)
    reason = "the figure is not of 'Acme'"
    found = replace(answered("12 [1]", chunk_text=cited.text, struck=(Struck(text="13", reason=reason),)), question="How much?",
                    citations=(Citation(number=1, chunk=cited, lines=("line 3",), amended="A"),), hits=(hit(cited),) * 9,
                    passages=passages, filters={"company": ("Acme",)}, assumed=("company",), dropped={"product": ("x",)},
                    carried=("Acme",), as_of=20240630, level="초급", level_reason="plain words")
    declined = replace(found, verdict=replace(found.verdict, status="declined"), suggestions=("Acme",))
    pages = [render.answer(found, english), render.references(found, english), render.answer(declined, english),
             render.references(declined, english), render.error(GenerationError("x", where="y", fix="z"), english),
             render.unexpected(ValueError("x"), english)]
    assert [page for page in pages if korean.search(page)] == []
    assert "The figure is not of &#x27;Acme&#x27;" in pages[0] and "Level: Basic (plain words)" in pages[0]
