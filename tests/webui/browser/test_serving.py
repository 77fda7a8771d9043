"""The page's process as an operator meets it: behind a proxy, watched, ended, and its first paint."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from benchmarks.web_load import ask_call
from tests.webui.browser.proxy import Proxy
from tests.webui.browser.served import BROWSER_TEST, Server, served
from webui.people import Role
from webui.people.users import new_user, write_users

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "바른 비밀번호 1"
PATH = "/tools/mundap"
PAINT_MS = 2000.0

pytestmark = BROWSER_TEST


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a page served for a proxy: log-in, a root path, and the proxy's name."""
    folder = tmp_path_factory.mktemp("hidden")
    write_users(folder / "users.yaml", {"kim": new_user("kim", Role.ADMIN, PASSWORD)})
    web = {"users": str(folder / "users.yaml"), "hosts": ["127.0.0.1"], "root_path": PATH}
    with served(folder, json.dumps(web)) as started:
        yield started


@pytest.mark.parametrize("strips", [False, True])
def test_a_proxy_serves_the_page_under_a_path(browser: Browser, hidden: Server, strips: bool) -> None:
    with Proxy(int(hidden.url.rsplit(":", 1)[1]), PATH, strips=strips) as proxy:
        context = browser.new_context(locale="ko-KR")
        page = context.new_page()
        wrong: list[str] = []
        page.on("response", lambda got: wrong.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.on("request", lambda asked: None if asked.url.startswith((proxy.url, "data:", "blob:")) else wrong.append(asked.url))
        page.goto(proxy.url)
        assert page.url == f"{proxy.url}/login"
        page.fill("#name", "kim")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_selector(".state.ready", timeout=60_000)
        page.fill("#question textarea", "가온누리전자의 2023년 영업이익은 얼마인가요?")
        page.press("#question textarea", "Enter")
        page.wait_for_selector('article.answer[data-status="verified"]', timeout=60_000)
        assert {cookie["path"] for cookie in context.cookies()} == {PATH}
        page.click("a.language")
        page.wait_for_selector('a.language[lang="ko"]')
        page.wait_for_selector(".account button", timeout=60_000)
        assert page.request.get(f"{proxy.url}/export/conversations.jsonl").status == 200
        page.click(".account button")
        page.wait_for_url(f"{proxy.url}/login")
        context.close()
        assert wrong == []


def test_a_question_is_text_wherever_it_is_shown(page: Page) -> None:
    page.fill("#question textarea", "누리식품의 2023년 직원수는 몇 명인가요? <img src=x onerror='window.hacked=9'>")
    page.press("#question textarea", "Enter")
    page.wait_for_selector("article.answer[data-status]", timeout=60_000)
    page.click("#past button")
    page.wait_for_selector("#past-list label")
    assert "<img src=x" in page.locator("#past-list label").first.inner_text()
    assert page.evaluate("window.hacked") is None and page.locator("img[src='x']").count() == 0


def test_the_first_paint_is_quick(browser: Browser, shared: Server) -> None:
    paints = []
    for _ in range(3):
        page = browser.new_page()
        page.goto(shared.url)
        page.wait_for_selector("#question", timeout=60_000)
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.close()
    if os.getloadavg()[0] <= (os.cpu_count() or 1):
        assert min(paints) < PAINT_MS, paints
    assert min(paints) > 0


def test_health_says_when_it_is_ready_and_nothing_else(shared: Server) -> None:
    until = time.monotonic() + 60
    while (told := httpx.get(f"{shared.url}/health", trust_env=False)).status_code != 200 and time.monotonic() < until:
        assert told.json()["status"] == "warming" and httpx.get(f"{shared.url}/health?live", trust_env=False).status_code == 200
        time.sleep(0.2)
    assert told.json() == {"status": "ok", "domains": 1, "ready": 1, "waiting": 0} and "set-cookie" not in told.headers


def test_an_end_lets_the_answer_under_way_come_to_its_end(tmp_path: Path) -> None:
    with served(tmp_path) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=60) as client:
        call = ask_call(client.get("/").text, "가온누리전자의 2023년 영업이익은 얼마인가요?", "ending")
        children = psutil.Process(server.process.pid).children(recursive=True)
        alive = threading.Thread(target=lambda: httpx.get(f"{server.url}/gradio_api/heartbeat/other", trust_env=False, timeout=60))
        alive.start()
        client.post("/gradio_api/queue/join", json=call).raise_for_status()
        with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": "ending"}) as stream:
            lines = stream.iter_lines()
            while "process_generating" not in next(lines):
                pass
            began = time.monotonic()
            server.process.terminate()
            rest = "\n".join(lines)
        assert re.search(r'"msg":\s?"process_completed".*"success":\s?true', rest) and "345" in rest
        assert server.process.wait(30) == 0
        alive.join(10)
        assert time.monotonic() - began < 20 and not alive.is_alive()
        assert "Traceback" not in server.said and not [one for one in children if one.is_running()]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health", trust_env=False)
