"""Several domains on one page: each has its own questions, answers and talks, and is made ready when it is chosen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mundap.warmup import Warmup
from tests.webui.browser.served import BROWSER_TEST, E2E_RAG, opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def test_a_warm_up_is_begun_once() -> None:
    done: list[int] = []
    warmup = Warmup([lambda: done.append(1)])
    assert not warmup.is_ready()
    warmup.start()
    warmup.start()
    while not warmup.is_ready():
        pass
    assert done == [1]


class TestInABrowser:
    """One page of two domains."""

    pytestmark = [*BROWSER_TEST, pytest.mark.skipif(E2E_RAG is not None, reason="needs two domains")]

    def test_another_domain_answers_from_its_own_documents(self, browser: Browser, tmp_path_factory: pytest.TempPathFactory
                                                           ) -> None:
        with served(tmp_path_factory.mktemp("two"), json.dumps({"two": True})) as server, opened(browser, server) as page:
            ask(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
            assert "345백만원" in page.locator("#answer .said").inner_text()
            page.click("#domain input")
            page.locator("#domain [role=option]", has_text="둘째 자료").click()
            page.wait_for_selector("#answer article", state="detached")
            page.locator("#examples button", has_text="다온화학").first.wait_for()
            page.wait_for_selector(".state.ready")
            ask(page, "다온화학의 2023년 매출액은 얼마인가요?")
            assert "5,555백만원" in page.locator("#answer .said").inner_text()
            ask(page, "가온누리전자의 2023년 영업이익은 얼마인가요?")
            assert page.locator("#answer article.answer").get_attribute("data-status") == "declined"
            page.click("#domain input")
            page.locator("#domain [role=option]", has_text="문답 시험").click()
            page.click("#past > button")
            page.wait_for_selector("#past-list label")
            assert [label.split(" · ")[0] for label in page.locator("#past-list label").all_inner_texts()] == [
                "가온누리전자의 2023년 영업이익은 얼마인가요?"], "the talks of the other domain are not listed"


def ask(page: Page, question: str) -> None:
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.locator("#answer article.answer[data-status]", has_text=question).wait_for()
