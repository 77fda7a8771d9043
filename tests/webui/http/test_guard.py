"""The first layer: names, origins, proxies, websockets, heads; and what a proxy may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from webui.http.asgi import ROOT, crumb
from webui.http.guard import Guard

PROXY = {"x-forwarded-host": "docs.example", "x-forwarded-proto": "https", "x-forwarded-for": "6.6.6.6, 203.0.113.7"}


async def told(request: Request) -> JSONResponse:
    return JSONResponse({"path": request.url.path, "scheme": request.url.scheme, "host": request.headers["host"],
                         "client": request.client.host if request.client else "", "root": request.scope[ROOT],
                         "headers": sorted(request.headers), "cookie": crumb(request.scope, "a", "b", 1)[1].decode()})


def client(address: tuple[str, int] = ("127.0.0.1", 5), **options: Any) -> TestClient:
    inner = Starlette(routes=[Route("/{rest:path}", told, methods=["GET", "POST", "PUT"])])
    made = Guard(inner, **({"host": "127.0.0.1"} | options))
    return TestClient(made, base_url="http://127.0.0.1:7860", client=address, follow_redirects=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:7860", "localhost:1", "[::1]:7860", "LOCALHOST"])
def test_this_machines_own_names(host: str) -> None:
    assert client().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "a b", "localhost@evil.example", "[::1",
                                  "2130706433"])
def test_any_other_name_is_refused(host: str) -> None:
    assert client().get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("headers", [
    {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"}, {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"}, {"origin": "http://127.0.0.1:7860.evil.example"}, {"origin": "http://[x"}])
def test_other_origins_may_not_ask(headers: Mapping[str, str]) -> None:
    assert client().post("/gradio_api/queue/join", headers=headers).status_code == 403
    assert client().get("/gradio_api/queue/data", headers=headers).status_code == 403


def test_ones_own_origin_and_a_link_from_elsewhere_may() -> None:
    own = {"origin": "http://127.0.0.1:7860", "sec-fetch-site": "same-origin"}
    assert client().post("/", headers=own).status_code == 200
    assert client().get("/", headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}).status_code == 200


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-anything", "forwarded",
                                    "via", "x-real-ip"])
def test_a_proxy_before_a_page_without_log_in_is_refused(header: str) -> None:
    shown = client().get("/", headers={header: "1.2.3.4"})
    assert shown.status_code == 403 and "web.users" in shown.text and "1.2.3.4" not in shown.text
    kept = client(log_in=True).get("/", headers={header: "1.2.3.4"}).json()
    assert header not in kept["headers"] and kept["host"] == "127.0.0.1:7860" and kept["client"] == "127.0.0.1"


def test_what_a_proxy_says_counts_where_it_is_expected() -> None:
    seen = client(log_in=True, hosts=["Docs.example"], root_path="/mundap").get("/mundap/a", headers=PROXY).json()
    assert (seen["scheme"], seen["host"], seen["client"]) == ("https", "docs.example", "203.0.113.7")
    assert (seen["path"], seen["root"]) == ("/a", "/mundap")
    assert seen["cookie"] == "a=b; Path=/mundap; Max-Age=1; HttpOnly; SameSite=Strict; Secure"
    far = client(("198.51.100.1", 5), log_in=True, hosts=["docs.example"], host="0.0.0.0").get("/", headers=PROXY).json()
    assert far["client"] == "198.51.100.1", "whoever comes from elsewhere may not name another address"
    assert client(log_in=True, hosts=["docs.example"]).get("/", headers=PROXY | {"x-forwarded-host": "evil.example"}
                                                           ).status_code == 400
    plain = client().get("/").json()
    assert plain["cookie"].endswith("SameSite=Strict") and plain["root"] == ""


def test_the_root_path_kept_or_taken_off() -> None:
    page = client(log_in=True, hosts=["docs.example"], root_path="/a/mundap")
    assert [page.get(path).json()["path"] for path in ("/a/mundap/", "/", "/a/mundap/x/y", "/x/y", "/a/mundapping")] == [
        "/", "/", "/x/y", "/x/y", "/a/mundapping"]
    assert page.get("/a/mundap").headers["location"] == "/a/mundap/"


def test_a_page_open_to_a_network_answers_to_any_name_behind_log_in() -> None:
    assert client(log_in=True, host="0.0.0.0").get("/", headers={"host": "box.local:7860"}).status_code == 200
    assert client(log_in=True, host="0.0.0.0", hosts=["docs.example"]).get("/", headers={"host": "box.local"}).status_code == 400


def test_health_answers_to_a_bare_address() -> None:
    assert client().get("/health", headers={"host": "10.1.2.3:7860"}).status_code == 200


def test_large_heads_methods_and_websockets_are_refused() -> None:
    assert client().get("/", headers={"cookie": "a=" + "b" * 20_000}).status_code == 431
    assert client().get("/", headers={f"x-{at}": "a" * 100 for at in range(200)}).status_code == 431
    assert client().put("/").status_code == 405 and client().options("/").status_code == 405
    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/gradio_api/stream/a"):
        pass
