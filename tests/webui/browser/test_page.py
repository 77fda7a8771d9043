"""The page in a real browser, served by a process of its own; neither it nor the browser may talk to anyone else.

The model is scripted and the index small, unless MUNDAP_E2E_RAG names a rag.yaml: then that recipe's page is opened
and its first example asked. Needs Chromium (Debian: chromium fonts-noto-cjk); MUNDAP_CHROMIUM names another place.
"""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.webui.browser.served import ANSWER_MS, BROWSER_TEST, E2E_RAG, Server, opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

SLOWLY = "가온누리전자의 2023년 영업이익은 느리게 얼마인가요?"

pytestmark = BROWSER_TEST
scripted_only = pytest.mark.skipif(E2E_RAG is not None, reason="asks what only the scripted page answers")


def test_a_question_is_answered_with_its_marked_evidence(page: Page) -> None:
    """The one test that a real recipe passes too."""
    asked = page.locator("#examples button").first.inner_text().strip()
    page.locator("#examples button").first.click()
    page.wait_for_selector("#references mark", timeout=ANSWER_MS)
    assert asked and page.locator("#answer .asked").inner_text() == asked
    assert page.locator("#answer article.answer").get_attribute("data-status") in ("verified", "repaired", "struck", "flagged")
    said = page.locator("#answer .said").inner_text()
    marked = page.locator("#references mark").first.inner_text()
    assert set(re.findall(r"\d[\d,.]{2,}", said)) & set(re.findall(r"\d[\d,.]{2,}", marked)), f"{said!r} / {marked!r}"
    assert page.locator("#ref-1 h3, .reference h3").first.inner_text()
    assert page.locator("#stop").is_hidden() and page.locator("#ask").is_visible()


@scripted_only
def test_enter_asks_and_the_citation_reads_as_written(page: Page) -> None:
    _ask(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    page.wait_for_selector("#answer article.draft .said")  # unchecked text is shown dimmed before
    assert "확인 중" in page.locator("#answer .badge").inner_text()
    page.wait_for_selector('#answer article.answer[data-status="verified"]')
    assert page.locator("#answer .badge").inner_text() == "근거 확인됨"
    assert page.locator("#ref-1 h3").inner_text() == "가온누리전자 2023 사업보고서"
    assert page.locator("#ref-1 .meta").inner_text().split("\n") == [
        "III. 재무에 관한 사항", "2024-03-15", "원문 열기"]
    assert page.locator("#ref-1 > .passage mark").all_inner_texts() == ["가온누리전자 2023년 영업이익: 345백만원"]
    assert page.locator("#ref-1 a").get_attribute("href") == "https://dart.example/20240315"
    assert page.locator("#chips label").all_inner_texts() == ["회사 가온누리전자", "연도 2023"]
    page.locator("#answer details.verdict summary").click()
    assert "인용한 문서에 그대로 있습니다" in page.locator("#answer .meaning").inner_text()


@scripted_only
def test_a_question_beyond_the_documents_is_declined(page: Page) -> None:
    _ask(page, "한빛바이오의 2023년 배당금은 얼마인가요?")
    page.wait_for_selector('#answer article.answer[data-status="declined"]')
    assert page.locator("#answer .badge").inner_text() == "문서에 없음"
    assert page.locator("#references h2").inner_text() == "가장 가까운 문서"
    assert "한빛바이오" in page.locator("#references .passage").first.inner_text()


@scripted_only
def test_a_follow_up_is_made_whole_and_a_chip_can_be_taken_away(page: Page) -> None:
    from playwright.sync_api import expect

    _answered(page, "가온누리전자의 2023년 매출액은 얼마인가요?")
    _answered(page, "그럼 2022년은?")
    assert page.locator("#answer .asked").inner_text() == "가온누리전자의 2022년 매출액은 얼마인가요?"
    assert page.locator("#answer .understood li").first.inner_text() == "앞의 질문에서 이어받음: 가온누리전자"
    assert "1,111백만원" in page.locator("#answer .said").inner_text()
    assert page.locator("#chips label").all_inner_texts() == ["회사 가온누리전자", "연도 2022"]
    page.locator("#chips input").nth(1).click()
    expect(page.locator("#answer .filters")).to_have_text("회사 가온누리전자", timeout=30_000)
    expect(page.locator("#chips label")).to_have_text(["회사 가온누리전자", "연도"], timeout=30_000)   # to be ticked again
    assert page.locator("#earlier details.turn").count() == 1, "the turn is replaced, not added"
    page.click("#anew")
    page.wait_for_selector("#answer article.answer", state="detached")
    _answered(page, "그럼 2022년은?")
    assert page.locator("#answer .asked").inner_text() == "그럼 2022년은?", "nothing is carried from a talk that is over"


@scripted_only
def test_a_day_in_the_past_leaves_out_what_came_later(page: Page) -> None:
    page.click("#conditions button")
    page.fill("#as-of input, #as-of textarea", "2023-06-30")
    _answered(page, "가온누리전자의 매출액은 얼마인가요?")
    assert "1,111백만원" in page.locator("#answer .said").inner_text()
    assert "2023-06-30 기준" in page.locator("#answer .understood").inner_text()
    page.fill("#as-of input, #as-of textarea", "2023-13-40")
    page.fill("#question textarea", "가온누리전자의 매출액은 얼마인가요?")
    page.press("#question textarea", "Enter")
    page.wait_for_selector("#answer .notice")
    assert "달력에 없는 날입니다" in page.locator("#answer .notice").inner_text()
    assert page.locator("#earlier details.turn").count() == 1, "the answer before is still there"
    assert page.locator("#question textarea").input_value(), "the question can be asked again"


@scripted_only
def test_a_citation_shows_its_passage_to_mouse_and_keyboard(page: Page) -> None:
    _answered(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    page.hover("#answer .cite")
    card = page.locator("#citation-card")
    assert card.locator("mark").all_inner_texts() == ["가온누리전자 2023년 영업이익: 345백만원"]
    assert card.locator(".meta").inner_text().split("\n") == ["III. 재무에 관한 사항", "2024-03-15", "원문 열기"]
    page.mouse.move(5, 5)
    card.wait_for(state="detached")
    page.focus("#answer .cite")
    page.keyboard.press("Enter")
    assert card.get_attribute("role") == "dialog" and card.get_attribute("aria-label") == "근거 1"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.href") == "https://dart.example/20240315"
    page.keyboard.press("Escape")
    card.wait_for(state="detached")
    assert page.evaluate("document.activeElement.className") == "cite", "the keyboard is where it was"
    assert "#" not in page.url


@scripted_only
def test_a_level_says_the_same_figures_in_other_words(page: Page) -> None:
    _answered(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    texts = {"자동": page.locator("#answer .said").inner_text()}
    assert "중급 답변: " in page.locator("#answer .understood").inner_text(), "auto tells why"
    for level in ("초급", "고급"):
        page.locator("#level label", has_text=level).click()
        page.get_by_role("button", name=f"{level}으로 다시 답하기").click()
        page.wait_for_selector(f"#answer .understood li:text-is('{level} 답변')")
        texts[level] = page.locator("#answer .said").inner_text()
    assert len(set(texts.values())) == 3
    assert {tuple(re.findall(r"[\d,]+백만원", text)) for text in texts.values()} == {("345백만원",)}
    assert page.locator("#earlier details.turn").count() == 0, "each takes the place of the one before"


@scripted_only
def test_the_last_question_can_be_edited_and_earlier_turns_opened(page: Page) -> None:
    from playwright.sync_api import expect

    _answered(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    _answered(page, "한빛바이오의 2023년 배당금은 얼마인가요?", "declined")
    page.click("#edit")
    expect(page.locator("#question textarea")).to_have_value("한빛바이오의 2023년 배당금은 얼마인가요?", timeout=30_000)
    assert page.locator("#ask").inner_text() == "고쳐 묻기"
    _answered(page, "한빛바이오의 2023년 매출액은 얼마인가요?")
    assert page.locator("#earlier .turn .question").all_inner_texts() == ["가온누리전자의 2023년 영업이익은 얼마인가요?"]
    assert page.locator("#ask").inner_text() == "묻기"
    page.locator("#earlier .turn summary").first.click()
    opened_turn = page.locator("#earlier .turn .opened")
    assert "345백만원" in opened_turn.locator(".said").inner_text()
    opened_turn.locator(".cite").hover()
    assert "345백만원" in page.locator("#citation-card mark").inner_text(), "its own evidence, not the last turn's"


@scripted_only
def test_a_copy_is_the_answer_with_its_citations_as_text(browser: Browser, shared: Server) -> None:
    with opened(browser, shared, permissions=["clipboard-read", "clipboard-write"]) as page:
        _answered(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
        page.click("#copy")
        page.wait_for_selector("#copy.done")
        assert page.evaluate("navigator.clipboard.readText()").splitlines() == [
            "가온누리전자의 2023년 영업이익은 얼마인가요?", "", "가온누리전자 2023년 영업이익은 345백만원입니다. [1]", "",
            "[1] 가온누리전자 2023 사업보고서 > III. 재무에 관한 사항 (2024-03-15)", "    가온누리전자 2023년 영업이익: 345백만원",
            "    https://dart.example/20240315", "(근거 확인됨, 수치·날짜·조항 2개를 문서와 대조)"]


@scripted_only
def test_a_conversation_survives_a_restart_and_is_nobody_elses(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path) as first:
        with opened(browser, first) as page:
            _answered(page, "가온누리전자의 2023년 매출액은 얼마인가요?")
            _answered(page, "그럼 2022년은?")
            kept = page.context.storage_state()
        assert first.end(signal.SIGINT) == 0
    with served(tmp_path) as second:
        with opened(browser, second, storage_state=kept) as page:
            page.wait_for_selector("#answer article.answer[data-status]")
            assert page.locator("#answer .asked").inner_text() == "가온누리전자의 2022년 매출액은 얼마인가요?"
            assert page.locator("#references mark").count() and page.locator("#earlier details.turn").count() == 1
            _answered(page, "그럼 2023년은?")
            assert "2,222백만원" in page.locator("#answer .said").inner_text(), "the talk goes on where it was"
            page.click("#past button")
            assert page.locator("#past-list label").count() == 1
            page.click("#delete")
            page.wait_for_selector("#answer article.answer", state="detached")
            page.reload()
            page.wait_for_selector(".state.ready")
            page.wait_for_timeout(500)
            assert page.locator("#answer article.answer").count() == 0
        with opened(browser, second) as other:
            other.wait_for_timeout(500)
            assert other.locator("#answer article.answer").count() == 0, "another visitor sees nothing of it"


@scripted_only
def test_an_error_is_a_message_and_the_page_goes_on(page: Page) -> None:
    from playwright.sync_api import expect

    _ask(page, "가온누리전자의 2023년 영업이익은 망가지게 얼마인가요?")
    page.wait_for_selector("#answer article.error")
    assert page.locator("#answer article.error h2").inner_text() == "모델이 답을 내지 못했습니다"
    assert page.locator("#answer article.error dd").all_inner_texts() == ["the model gave no answer.", "exports/demo", "Ask again."]
    assert page.locator("#ask").is_visible()
    page.click("#edit")   # what went unanswered is not lost
    expect(page.locator("#question textarea")).to_have_value(re.compile("망가지게"), timeout=30_000)
    _answered(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    assert page.locator("#earlier details.turn").count() == 0


@scripted_only
def test_a_document_cannot_become_markup(page: Page) -> None:
    _ask(page, "누리식품의 2023년 직원수는 몇 명인가요?")
    page.wait_for_selector('#answer article.answer[data-status="verified"]')
    assert "<script>" in page.locator("#ref-1 h3").inner_text()
    assert page.locator("#references script, #references img, #references a").count() == 0
    assert page.evaluate("window.hacked") is None


@scripted_only
def test_stop_and_a_closed_tab_end_the_model_and_a_closed_terminal_the_page(browser: Browser, own: Server) -> None:
    with opened(browser, own) as page:
        _stop_and_ask_again(page)
    shown = browser.new_page()
    shown.goto(own.url)
    _ask(shown, SLOWLY)
    shown.wait_for_selector("#answer article.draft .said")
    shown.close()
    time.sleep(3)
    assert own.end(signal.SIGHUP) == 0
    assert "closed=True cancelled=3" in own.said and "Traceback" not in own.said


def _stop_and_ask_again(page: Page) -> None:
    _ask(page, SLOWLY)
    page.wait_for_selector("#answer article.draft .said")
    page.keyboard.press("Escape")
    page.wait_for_selector("#answer .notice")
    page.wait_for_timeout(1000)
    assert page.locator("#answer .notice").inner_text() == "답변을 중단했습니다."
    assert page.locator("#ask").is_visible() and page.locator("#stop").is_hidden()
    _ask(page, SLOWLY)
    page.wait_for_selector("#answer article.draft .said")
    _ask(page, "한빛바이오의 2023년 매출액은 얼마인가요?")  # a newer question takes the older one's place
    page.wait_for_selector('#answer article.answer[data-status="verified"]')
    page.wait_for_timeout(1000)
    assert "4,444백만원" in page.locator("#answer .said").inner_text()


@scripted_only
def test_a_question_asked_before_the_page_is_whole_stays(browser: Browser, shared: Server) -> None:
    from playwright.sync_api import expect

    held: list[Route] = []
    page = browser.new_page()
    page.route("**/run/predict*", lambda route: held.append(route))   # among them the conversation to go on with
    page.goto(shared.url)
    page.wait_for_selector(".state.ready")
    _ask(page, SLOWLY)
    page.wait_for_selector("#answer article.draft .said")
    with page.expect_response("**/run/predict*"):
        for route in held:
            route.continue_()
    page.unroute_all()
    page.wait_for_timeout(1000)
    expect(page.locator("#stop")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("#answer .notice")
    page.close()


@scripted_only
def test_frames_that_arrive_together_are_all_drawn(page: Page) -> None:
    """A comparison holds the page's stream open, so an answer's frames are there before the page knows of the answer."""
    def slowly(route: Route) -> None:
        begun = route.fetch()
        time.sleep(1)
        route.fulfill(response=begun)

    page.click("#tab-compare-button")
    page.fill("#compare-question textarea", SLOWLY)
    page.press("#compare-question textarea", "Enter")
    page.wait_for_selector("#compare-stop")
    page.click("#tab-ask-button")
    page.route("**/queue/join*", slowly)
    _ask(page, SLOWLY)
    page.unroute_all(behavior="wait")
    page.wait_for_selector("#answer article.draft .said")
    assert page.locator("#stop").is_visible() and page.locator("#ask").is_hidden()
    page.keyboard.press("Escape")
    page.wait_for_selector("#answer .notice")


@scripted_only
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    _ask(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    page.wait_for_selector('#answer article.answer[data-status="verified"]')
    page.locator("#references summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    family = page.evaluate("getComputedStyle(document.querySelector('#answer .said p')).fontFamily")
    assert family.replace('"', "").replace("'", "").startswith("Pretendard, Noto Sans KR")


def _ask(page: Page, question: str) -> None:
    """Ask, and return when the question has left its box: it is being worked on."""
    from playwright.sync_api import expect

    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    expect(page.locator("#question textarea")).to_have_value("", timeout=20_000)


def _answered(page: Page, question: str, status: str = "verified") -> None:
    """Ask, and return when the answer is there and kept."""
    _ask(page, question)
    page.wait_for_selector(f'#answer article.answer[data-status="{status}"]')
    page.wait_for_selector("#retry")


@scripted_only
def test_an_answer_is_rated_where_it_stands(page: Page) -> None:
    _ask(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
    page.wait_for_selector('#answer article.answer[data-status="verified"]')
    page.click("#rate > button")
    page.locator("#ask-score label").nth(3).click()
    page.wait_for_selector("#ask-said p")
    page.click("#tab-evaluate-button")
    page.wait_for_selector("#own-score label.selected")
    assert page.locator("#own-score label.selected").inner_text() == "4"
