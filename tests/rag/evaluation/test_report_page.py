"""The report in a real browser, opened from disk with the network off: no request, no console message, nothing cut off.

Needs Chromium (Debian: chromium fonts-noto-cjk); MUNDAP_CHROMIUM names another place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag.evaluation.metrics import METRICS
from rag.evaluation.report import write
from tests.rag.evaluation.made_evaluation import evaluation

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path(os.environ.get("MUNDAP_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(evaluation(), tmp_path_factory.mktemp("report"), METRICS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.mark.parametrize("width", (1440, 390))
@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_the_report_opens_from_disk(browser: Browser, report: Path, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == width, "something is wider than the window"
    assert page.evaluate("document.querySelectorAll('script, iframe, img:not([src^=\"data:image/png\"])').length") == 0
    assert page.locator(".answer mark").count() > 20 and page.locator("del").count() > 5
    assert page.locator("figure img").evaluate_all("all => all.every(one => one.naturalWidth > 300)")
    ground, ink = (page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
    assert (ground, ink) == {"light": ("rgb(251, 251, 250)", "rgb(29, 35, 41)"),
                             "dark": ("rgb(20, 23, 26)", "rgb(228, 231, 234)")}[scheme], "the style sheet was not taken"
    assert page.locator("#summary tbody tr").count() == 6
    if width == 390:
        inside = page.locator("#summary td svg.bar").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
        assert min(inside) > 200, "bars fill the width of a narrow page"
    context.close()
