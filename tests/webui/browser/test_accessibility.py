"""No serious accessibility fault, by axe-core: an answer on show, the tab of models; other tabs' tests look at their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.webui.browser.axe import faults
from tests.webui.browser.served import BROWSER_TEST, E2E_RAG, Server, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [*BROWSER_TEST, pytest.mark.skipif(E2E_RAG is not None, reason="asks what only the scripted page answers")]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_there_is_no_serious_fault(browser: Browser, shared: Server, scheme: str, width: int) -> None:
    with opened(browser, shared, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        page.fill("#question textarea", "가온누리전자의 2023년 영업이익은 얼마인가요?")
        page.press("#question textarea", "Enter")
        page.wait_for_selector('article.answer[data-status="verified"]')
        found = {}
        for name in ("ask", "models"):
            show(page, name)
            found[name] = faults(page)
        assert found == dict.fromkeys(found, [])


def show(page: Page, name: str) -> None:
    """Open a tab by its button, and let it settle."""
    page.click(f"#tab-{name}-button")
    page.wait_for_timeout(800)


def test_the_page_says_which_language_it_is_written_in(browser: Browser, shared: Server) -> None:
    with opened(browser, shared, locale="en-US") as page:
        assert page.locator("html").get_attribute("lang") == "en"
        page.click("#language a")
        page.wait_for_selector(".state.ready")
        page.wait_for_timeout(500)
        assert page.locator("html").get_attribute("lang") == "ko" and page.locator("#ask").inner_text() == "묻기"
