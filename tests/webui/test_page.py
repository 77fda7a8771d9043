"""The page in a real browser, served by a process of its own; neither it nor the browser may talk to anyone else.

The model is scripted and the index small, unless MUNDAP_E2E_RAG names a rag.yaml: then that recipe's page is opened
and its first example asked. Needs Chromium (Debian: chromium fonts-noto-cjk); MUNDAP_CHROMIUM names another place.
"""

from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.webui.served import ANSWER_MS, BROWSER_TEST, E2E_RAG, Server, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SLOWLY = "가온누리전자의 2023년 영업이익은 느리게 얼마인가요?"

pytestmark = BROWSER_TEST
scripted_only = pytest.mark.skipif(E2E_RAG is not None, reason="asks what only the scripted page answers")


def test_a_question_is_answered_with_its_marked_evidence(page: Page) -> None:
    """The one test that a real recipe passes too."""
    page.locator("#examples button").first.click()
    page.wait_for_selector("#references mark", timeout=ANSWER_MS)
    asked = page.locator("#question textarea").input_value()
    assert asked and page.locator(".asked").inner_text() == asked
    assert page.locator("article.answer").get_attribute("data-status") in ("verified", "repaired", "struck", "flagged")
    said = page.locator(".said").inner_text()
    marked = page.locator("#references mark").first.inner_text()
    assert set(re.findall(r"\d[\d,.]{2,}", said)) & set(re.findall(r"\d[\d,.]{2,}", marked)), f"{said!r} / {marked!r}"
    assert page.locator("#ref-1 h3, .reference h3").first.inner_text()
    assert page.locator("#stop").is_hidden() and page.locator("#ask").is_visible()


@scripted_only
def test_enter_asks_and_the_citation_reads_as_written(page: Page) -> None:
    _ask(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    page.wait_for_selector("article.draft .said")  # unchecked text is shown dimmed before
    assert "확인 중" in page.locator(".badge").inner_text()
    page.wait_for_selector('article.answer[data-status="verified"]')
    assert page.locator(".badge").inner_text() == "근거 확인됨"
    assert page.locator("#ref-1 h3").inner_text() == "가온누리전자 2023 사업보고서"
    assert page.locator("#ref-1 .meta").inner_text().split("\n") == [
        "III. 재무에 관한 사항", "2024-03-15", "원문 열기"]
    assert page.locator("#ref-1 > .passage mark").all_inner_texts() == ["가온누리전자 2023년 영업이익: 345백만원"]
    assert page.locator("#ref-1 a").get_attribute("href") == "https://dart.example/20240315"
    assert page.locator(".filters").inner_text().split() == ["회사", "가온누리전자", "연도", "2023"]


@scripted_only
def test_a_question_beyond_the_documents_is_declined(page: Page) -> None:
    _ask(page, "한빛바이오의 2023년 배당금은 얼마인가요?")
    page.wait_for_selector('article.answer[data-status="declined"]')
    assert page.locator(".badge").inner_text() == "문서에 없음"
    assert page.locator("#references h2").inner_text() == "가장 가까운 문서"
    assert "한빛바이오" in page.locator("#references .passage").first.inner_text()


@scripted_only
def test_a_follow_up_is_made_whole_and_a_chip_can_be_taken_away(page: Page) -> None:
    from playwright.sync_api import expect

    _ask(page, "가온누리전자의 2023년 매출액은 얼마인가요?")
    page.wait_for_selector('article.answer[data-status="verified"]')
    _ask(page, "그럼 2022년은?")
    page.wait_for_selector(".understood li")
    assert page.locator(".asked").inner_text() == "가온누리전자의 2022년 매출액은 얼마인가요?"
    assert page.locator(".understood li").all_inner_texts() == ["앞의 질문에서 이어받음: 가온누리전자"]
    assert "1,111백만원" in page.locator(".said").inner_text()
    assert page.locator("#chips label").all_inner_texts() == ["회사 가온누리전자", "연도 2022"]
    page.locator("#chips input").nth(1).click()
    expect(page.locator(".filters")).to_have_text("회사 가온누리전자")
    assert page.locator("#chips label").all_inner_texts() == ["회사 가온누리전자", "연도"], "an unticked box can be ticked again"
    page.click("#anew")
    page.wait_for_selector("article.answer", state="detached")
    _ask(page, "그럼 2022년은?")
    page.wait_for_selector("article.answer[data-status]")
    assert page.locator(".asked").inner_text() == "그럼 2022년은?", "nothing is carried from a talk that is over"


@scripted_only
def test_a_day_in_the_past_leaves_out_what_came_later(page: Page) -> None:
    page.click("#conditions button")
    page.fill("#as-of input, #as-of textarea", "2023-06-30")
    _ask(page, "가온누리전자의 매출액은 얼마인가요?")
    page.wait_for_selector('article.answer[data-status="verified"]')
    assert "1,111백만원" in page.locator(".said").inner_text()
    assert "2023-06-30 기준" in page.locator(".understood").inner_text()
    page.fill("#as-of input, #as-of textarea", "2023-13-40")
    _ask(page, "가온누리전자의 매출액은 얼마인가요?")
    page.wait_for_selector(".notice")
    assert "달력에 없는 날입니다" in page.locator(".notice").inner_text()


@scripted_only
def test_an_error_is_a_message_and_the_page_goes_on(page: Page) -> None:
    _ask(page, "가온누리전자의 2023년 영업이익은 망가지게 얼마인가요?")
    page.wait_for_selector("article.error")
    assert page.locator("article.error h2").inner_text() == "모델이 답을 내지 못했습니다"
    assert page.locator("article.error dd").all_inner_texts() == ["the model gave no answer.", "exports/demo", "Ask again."]
    assert page.locator("#ask").is_visible()


@scripted_only
def test_a_document_cannot_become_markup(page: Page) -> None:
    _ask(page, "누리식품의 2023년 직원수는 몇 명인가요?")
    page.wait_for_selector('article.answer[data-status="verified"]')
    assert "<script>" in page.locator("#ref-1 h3").inner_text()
    assert page.locator("#references script, #references img, #references a").count() == 0
    assert page.evaluate("window.hacked") is None


@scripted_only
def test_stop_ends_the_model_and_the_page_asks_again(browser: Browser, own: Server) -> None:
    with opened(browser, own) as page:
        _stop_and_ask_again(page)
    assert own.end() == 0
    assert "closed=True cancelled=2" in own.said


def _stop_and_ask_again(page: Page) -> None:
    _ask(page, SLOWLY)
    page.wait_for_selector("article.draft .said")
    page.click("#stop")
    page.wait_for_selector(".notice")
    page.wait_for_timeout(1000)
    assert page.locator(".notice").inner_text() == "답변을 중단했습니다."
    assert page.locator("#ask").is_visible() and page.locator("#stop").is_hidden()
    _ask(page, SLOWLY)
    page.wait_for_selector("article.draft .said")
    _ask(page, "한빛바이오의 2023년 매출액은 얼마인가요?")  # a newer question takes the older one's place
    page.wait_for_selector('article.answer[data-status="verified"]')
    page.wait_for_timeout(1000)
    assert "4,444백만원" in page.locator(".said").inner_text()


@scripted_only
def test_a_closed_terminal_ends_the_page(own: Server) -> None:
    assert own.end(signal.SIGHUP) == 0
    assert "closed=True" in own.said and "Traceback" not in own.said


@scripted_only
def test_closing_the_tab_ends_the_model(browser: Browser, own: Server) -> None:
    shown = browser.new_page()
    shown.goto(own.url)
    _ask(shown, SLOWLY)
    shown.wait_for_selector("article.draft .said")
    shown.close()
    time.sleep(3)
    assert own.end(signal.SIGINT) == 0
    assert "closed=True cancelled=1" in own.said


@scripted_only
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    _ask(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    page.wait_for_selector('article.answer[data-status="verified"]')
    page.locator("#references summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    family = page.evaluate("getComputedStyle(document.querySelector('.said p')).fontFamily")
    assert family.replace('"', "").replace("'", "").startswith("Pretendard, Noto Sans KR")


def _ask(page: Page, question: str) -> None:
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
