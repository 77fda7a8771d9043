"""A page served by a process of its own and opened in a real browser; neither may talk to anyone else.

Fixtures for every browser test are in conftest.py: `browser`, `shared` (one page for a module's tests), `own` (a page to be
ended), `page` (the shared page, opened). Needs Chromium (Debian: chromium fonts-noto-cjk); MUNDAP_CHROMIUM names another place.
The model is scripted and the index small, unless MUNDAP_E2E_RAG names a rag.yaml.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.browser.trap import Trap

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = Path(os.environ.get("MUNDAP_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
E2E_RAG = os.environ.get("MUNDAP_E2E_RAG")
OWN_HOME = os.environ.get("MUNDAP_HOME")  # read before conftest points it elsewhere; only a real recipe uses it
# What Chromium itself asks for on about:blank, whatever page it shows; the proxy lets none of it out. What a page asks
# for is seen as a request of the page too, except a connection opened ahead (fonts), which only the proxy sees.
BROWSERS_OWN = {"accounts.google.com", "update.googleapis.com", "clients2.google.com", "www.google.com",
                "content-autofill.googleapis.com", "optimizationguide-pa.googleapis.com", "redirector.gvt1.com"}
START_S, ANSWER_MS = 240.0, 120_000.0
# Put on every browser test: `pytestmark = BROWSER_TEST`.
BROWSER_TEST = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium"),
]


@dataclass(kw_only=True)
class Server:
    """A page's process: its address, its log so far, and a way to end it."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def end(self, with_signal: int = signal.SIGTERM) -> int:
        """End the process and return its exit code; it is killed when it does not end by itself."""
        self.process.send_signal(with_signal)
        try:
            return self.process.wait(60)   # freeing two models can take long where memory is short
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@contextmanager
def opened(browser: Browser, server: Server, **options: Any) -> Iterator[Page]:
    """Open a page and wait until its model is ready; what it asked of others, or complained of, is an error.

    What a page says while it is being left is not: Gradio complains of the streams that end with it.
    """
    page = browser.new_page(**{"viewport": {"width": 1440, "height": 900}, "color_scheme": "light", "locale": "ko-KR", **options})
    abroad: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: None if is_ours(request.url, server.url) else abroad.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("framenavigated", lambda frame: complaints.clear())
    page.goto(server.url)
    page.wait_for_selector(".state.ready", timeout=ANSWER_MS)
    yield page
    wrong = [*complaints]
    page.close()
    assert abroad + wrong == [], f"asked of others: {abroad}; complained: {wrong}"


@contextmanager
def served(folder: Path, *further: str) -> Iterator[Server]:
    """Start a page's process with a proxy that lets nothing through; an error when it asked the proxy for anything."""
    with Trap() as trap, (folder / "log").open("wb") as log:
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        env = {name: value for name, value in os.environ.items() if name != "MUNDAP_HOME"}
        env |= dict.fromkeys(names, trap.url) | dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        env |= {"MUNDAP_HOME": OWN_HOME} if E2E_RAG and OWN_HOME else {}
        source = Path(E2E_RAG).resolve() if E2E_RAG else folder
        command = [sys.executable, "-m", "tests.webui.scripted", str(source), "0", *further]
        started = Server(process=subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log),
                         log=folder / "log")
        try:
            started.url = address_of(started)
            yield started
        finally:
            if started.process.poll() is None:
                started.end()
        assert trap.asked == [], "the server asked for an address beyond this machine"


def address_of(server: Server) -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.process.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+", server.said)
        if found:
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"the page did not start:\n{server.said}")


def is_ours(url: Any, own: str) -> bool:
    return str(url).startswith((own, "data:", "blob:"))
