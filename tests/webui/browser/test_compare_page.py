"""Comparing in a real browser: two systems on one question, the vote, the names; nothing tells them before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.webui.browser.axe import faults
from tests.webui.browser.served import BROWSER_TEST, E2E_RAG, Server, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "가온누리전자의 2023년 영업이익은 얼마인가요?"
pytestmark = [*BROWSER_TEST, pytest.mark.skipif(E2E_RAG is not None, reason="asks what only the scripted page answers")]


@pytest.fixture
def page(browser: Browser, shared: Server) -> Iterator[Page]:
    """Return the shared page in Korean, at the tab."""
    with opened(browser, shared, locale="ko-KR") as shown:
        to_tab(shown)
        yield shown


def to_tab(page: Page) -> None:
    page.get_by_role("tab", name="비교").click()
    page.wait_for_selector("#compare-question textarea")


def ask(page: Page, question: str = QUESTION) -> None:
    page.fill("#compare-question textarea", question)
    page.press("#compare-question textarea", "Enter")


def listen(page: Page) -> None:
    """Keep whatever the page is sent from now on in window.heard."""
    page.evaluate("""() => {
        const real = window.fetch;
        window.heard = "";
        window.fetch = async (...given) => {
            const response = await real(...given);
            const reader = response.clone().body.getReader(), decoder = new TextDecoder();
            (async () => {
                for (let part = await reader.read(); !part.done; part = await reader.read())
                    window.heard += decoder.decode(part.value, {stream: true});
            })().catch(() => {});   // Gradio ends its own stream
            return response;
        };
    }""")


def test_a_blind_comparison_is_voted_on_and_then_told(page: Page) -> None:
    listen(page)
    ask(page)
    page.wait_for_selector(".versus .draft .said p:not(.notice)")
    page.wait_for_selector("#compare-ballot")
    page.wait_for_timeout(300)
    sent, drawn = page.evaluate("window.heard"), page.locator("#compare-result").evaluate("one => one.outerHTML")
    assert "process_generating" in sent and "process_completed" in sent and "이라고 적혀 있습니다" in sent, "all of it was heard"
    for told in (">v1<", "v1", "지금 설정", "첫 글자", "근거 확인됨"):
        assert told not in sent and told not in drawn
    assert page.locator(".side").count() == 2 and page.locator(".differs").count() >= 2
    assert page.locator("#ref-pair-1 h3").inner_text() == "가온누리전자 2023 사업보고서"
    page.click("#compare-vote-left")
    page.wait_for_selector(".outcome")
    names = page.locator(".side .whose").all_inner_texts()
    assert sorted(names) == ["v1", "지금 설정"] and "지금 설정" in page.evaluate("window.heard"), "and now it is told"
    slow = page.locator(".side", has=page.get_by_text("v1", exact=True)).locator(".said").inner_text()
    assert "이라고 적혀 있습니다" in slow, "the names stand over their own answers"
    assert page.locator(".outcome").inner_text() == f"고르신 왼쪽 답변은 {names[0]}입니다. 오른쪽은 {names[1]}입니다."
    assert page.locator(".side .spent").count() == 2 and page.locator(".side .badge").count() == 2
    assert page.locator("#compare-ballot").is_hidden()
    page.wait_for_selector("details.rates", state="attached")
    assert re.search(r"지금까지의 투표 \(\d+표\)", page.locator("details.rates summary").inner_text())
    assert page.locator("details.rates table").is_hidden(), "folded"


def test_names_in_sight_are_no_vote(page: Page) -> None:
    page.locator("#compare-blind input").uncheck()
    ask(page)
    page.wait_for_selector(".side .spent")
    assert page.locator(".side .whose").all_inner_texts() == ["지금 설정", "v1"], "as chosen, not drawn by lot"
    page.wait_for_selector("#compare-next")
    assert page.locator("#compare-ballot").is_hidden()
    assert page.locator("#compare-outcome").inner_text() == "이름을 보고 한 비교는 투표에 넣지 않습니다."
    following = page.locator("#compare-next").inner_text().removeprefix("다음 질문: ")
    page.click("#compare-next")
    page.wait_for_selector(".versus .draft")
    assert page.locator("#compare-question textarea").input_value() == following


def test_stop_ends_a_comparison_and_an_error_is_a_message(page: Page) -> None:
    ask(page, "가온누리전자의 2023년 영업이익은 느리게 얼마인가요?")
    page.wait_for_selector("#compare-stop")
    page.wait_for_selector(".versus .draft")
    page.click("#compare-stop")
    page.wait_for_selector("#compare-ask")
    page.wait_for_selector(".side .notice:not(.draft .notice)")
    assert "중단했습니다" in page.locator("#compare-progress").inner_text()
    ask(page, "가온누리전자의 2023년 영업이익은 망가지게 얼마인가요?")
    page.wait_for_selector(".side .error")
    assert page.locator(".side .error h2").all_inner_texts() == ["모델이 답을 내지 못했습니다"] * 2
    assert page.locator("#compare-ballot").is_hidden() and page.locator("#compare-ask").is_visible()


def test_what_cannot_be_asked_is_told(page: Page) -> None:
    ask(page, "  ")
    page.wait_for_selector("#compare-sides .notice")
    page.locator("#compare-lacking summary").click()
    assert page.locator("#compare-lacking li").inner_text() == "gone no adapter."
    page.locator("#compare-conditions button").first.click()
    page.fill("#compare-as-of input, #compare-as-of textarea", "2023-13-40")
    ask(page)
    page.get_by_text("달력에 없는 날입니다").wait_for()


@pytest.mark.parametrize(("scheme", "width"), [("dark", 390), ("light", 1440)])
def test_nothing_sticks_out_and_nothing_is_out_of_reach(browser: Browser, shared: Server, scheme: str, width: int) -> None:
    with opened(browser, shared, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        to_tab(page)
        ask(page, "한빛바이오의 2023년 매출액은 얼마인가요?")
        page.wait_for_selector("#compare-ballot")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults(page) == []
        page.locator("#compare-vote-both_bad").press("Enter")
        page.wait_for_selector("details.rates", state="attached")
        page.locator("details.rates summary").press("Enter")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults(page) == []
        tops = [box["y"] for side in page.locator(".side").all() if (box := side.bounding_box())]
        assert (tops[0] == tops[1]) is (width == 1440), "side by side where there is room, else one below the other"
