"""Fixtures of the tests that open the page in a browser; see served.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.webui.browser.served import ARGUMENTS, BROWSERS_OWN, CHROMIUM, Server, opened, served
from tests.webui.browser.trap import Trap

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="package")
def browser_trap() -> Iterator[Trap]:
    """Return the proxy the browser is given, and fail the test when a page used it."""
    with Trap() as trap:
        yield trap
    assert trap.hosts - BROWSERS_OWN == set(), f"the page asked for addresses beyond this machine: {trap.hosts}"


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return the one page that every test which leaves it running looks at."""
    with served(tmp_path_factory.mktemp("page")) as started:
        yield started


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """Return a page of the test's own, to be ended."""
    with served(tmp_path) as started:
        yield started


@pytest.fixture(scope="package")
def browser(browser_trap: Trap) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS,
                                             proxy={"server": browser_trap.url, "bypass": "127.0.0.1,localhost"})
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, shared: Server) -> Iterator[Page]:
    """Return the shared page, opened."""
    with opened(browser, shared) as shown:
        yield shown
