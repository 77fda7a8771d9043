"""The layer around Gradio's application: no other host in the page, a policy, no unused routes."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from webui.http.closed import Closed, clean, is_open

PAGE = """<!doctype html><html
 lang="en" style="margin:0"><head>
<meta property="og:image" content="https://raw.example/x.jpg" />
<link rel="preconnect" href="https://fonts.googleapis.com" />
<link
  rel="preconnect"
  href="https://fonts.gstatic.com"
  crossorigin="anonymous"
/>
<script
  src="https://cdnjs.example/x.js"
  async
></script>
<script>window.a = 1</script><link rel="stylesheet" href="./assets/a.css">
<script type="module" src="./assets/a.js"></script>
</head><body>한글</body></html>"""


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/", lambda request: HTMLResponse(PAGE)),
                            Route("/robots.txt", lambda request: PlainTextResponse(PAGE)),
                            Route("/gradio_api/upload", lambda request: PlainTextResponse("here"), methods=["POST"])])
    return TestClient(Closed(app))


def test_the_page_names_no_other_host_and_keeps_its_own_files() -> None:
    shown = clean(PAGE, "N")
    assert "https://" not in shown and '<html\n lang="ko"' in shown
    assert './assets/a.css' in shown and '<script nonce="N" type="module" src="./assets/a.js">' in shown
    assert '<script nonce="N">window.a = 1</script>' in shown


def test_html_carries_a_policy_with_its_own_nonce(client: TestClient) -> None:
    first, second = client.get("/"), client.get("/")
    nonces = [re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"]) for page in (first, second)]
    assert nonces[0] and nonces[1] and nonces[0][1] != nonces[1][1]
    assert f'nonce="{nonces[0][1]}"' in first.text and "한글" in first.text
    assert "default-src 'self'" in first.headers["content-security-policy"]
    assert first.headers["x-frame-options"] == "DENY" and first.headers["x-content-type-options"] == "nosniff"


def test_what_is_not_html_is_left_alone(client: TestClient) -> None:
    assert client.get("/robots.txt").text == PAGE


def test_a_route_that_nobody_opened_is_not_there(client: TestClient) -> None:
    assert client.post("/gradio_api/upload").status_code == 404
    assert client.post("/").status_code == 404 and client.head("/").status_code == 200


@pytest.mark.parametrize("path", [
    "/assets/../config", "/assets/..", "/assets/.hidden", "/static//etc/passwd", "/assets/", "/static/a/../../b", "/assets/a\\b",
    "/gradio_api/file=/etc/passwd", "/gradio_api/file/etc/passwd", "/gradio_api/heartbeat/a/b", "/config", "/config/", "//",
    "/gradio_api/run/other", "/gradio_api/queue/join/", "/assets/a%2fb", "/favicon.ico\n"])
def test_a_path_that_only_looks_like_one_of_them_is_not_open(path: str) -> None:
    assert not is_open("GET", path) and not is_open("POST", path)
