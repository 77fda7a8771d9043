"""What somebody with bad intent may try on the real page: its routes, its files, its queue, its log."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient

from rag.inquiry import MAX_QUESTION_CHARS
from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.app import application
from webui.http.closed import is_open
from webui.site import Site

pytestmark = pytest.mark.filterwarnings("ignore:.*Gradio 6.0:DeprecationWarning")
URL = "http://127.0.0.1:7860"
# Every route Gradio 5.50 registers that is not opened, and why it is not. A route of a later Gradio stands in neither list.
CLOSED = {
    "/gradio_api/user", "/gradio_api/login_check", "/gradio_api/token", "/gradio_api/app_id",     # Gradio's own log-in
    "/login", "/logout", "/user", "/login_check", "/token", "/app_id",
    "/gradio_api/dev/reload", "/gradio_api/startup-events", "/gradio_api/info", "/gradio_api/openapi.json",
    "/gradio_api/deep_link", "/config", "/svelte/{path:path}", "/monitoring", "/monitoring/summary", "/monitoring/{key}",
    "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}", "/pwa_icon", "/pwa_icon/{size}", "/manifest.json",
    "/gradio_api/proxy={url_path:path}", "/gradio_api/file={path_or_url:path}",   # reads, fetches
    "/gradio_api/file/{path:path}",
    "/gradio_api/stream/{event_id}", "/gradio_api/stream/{event_id}/close",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
    "/gradio_api/api/{api_name}", "/gradio_api/call/{api_name}", "/gradio_api/call/{api_name}/{event_id}",
    "/gradio_api/component_server", "/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/process_recording",
    "/gradio_api/theme.css", "/openapi.json",
    "/gradio_api/queue/status", "/gradio_api/vibe-edit", "/gradio_api/undo-vibe-edit", "/gradio_api/vibe-code",
    "/gradio_api/vibe-starter-queries",
}
TRAVERSALS = ("/gradio_api/file=/etc/passwd", "/gradio_api/file=../../../../etc/passwd", "/file=/etc/passwd", "/file/etc/passwd",
              "/../../../../etc/passwd", "/static/../../../../../etc/passwd", "/static/..%2f..%2f..%2f..%2fetc/passwd",
              "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/assets/..%5c..%5cetc/passwd", "/assets//etc/passwd",
              "/svelte/../etc/passwd",
              "/static/..%252f..%252fetc/passwd", "/gradio_api/file=C:%5cWindows%5cwin.ini", "/gradio_api/proxy=http://127.0.0.1:1/",
              "/gradio_api/custom_component/x/client/component/../../etc/passwd", "/assets/%00", "/gradio_api/file%3D/etc/passwd",
              "/gradio_api/stream/a/1/1/playlist.m3u8", "/theme.css/../config", "/talks/talks.sqlite", "/configs/demo/rag.yaml")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = scripted_site(tmp_path_factory.mktemp("hostile"), ScriptedGenerator())
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient]:
    async def made() -> Any:
        return application(site, "127.0.0.1", 7860)

    with TestClient(asyncio.run(made()), base_url=URL, follow_redirects=False) as opened:
        yield opened


def registered(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield (method, path) of every route, those of mounted applications too."""
    for route in routes:
        if isinstance(route, Mount):
            yield from registered(list(route.routes))
        elif isinstance(route, Route):
            yield from ((method, route.path) for method in route.methods or ())
        elif isinstance(route, WebSocketRoute):
            yield "WEBSOCKET", route.path
        elif hasattr(route, "original_router"):     # FastAPI's way to keep an included router
            yield from registered(list(route.original_router.routes))
        else:
            yield "?", repr(route)


def test_every_route_of_gradio_is_needed_or_closed(client: TestClient) -> None:
    app: Any = client.app
    while not hasattr(app, "apps"):
        app = app.app
    app = app.apps["ko"]
    found = set(registered(app.routes))
    assert len(found) > 60
    unknown = set()
    for method, path in found:
        if method == "WEBSOCKET":
            assert path == "/gradio_api/stream/{event_id}", "no websocket is passed on"
            continue
        concrete = path.rstrip("/") or "/"
        example = re.sub(r"\{[^}]+\}", "predict" if "/run/" in path else "a", concrete)
        if not is_open(method, example) and concrete not in CLOSED:
            unknown.add((method, path))
    assert unknown == set()
    assert not [path for path in CLOSED if is_open("GET", re.sub(r"\{[^}]+\}", "a", path))]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_file_is_read_through_the_server(client: TestClient, path: str) -> None:
    shown = client.get(path)
    assert shown.status_code in (404, 405) and "root:" not in shown.text and "domain:" not in shown.text


def test_gradio_s_own_files_are_there_and_nothing_beside_them(client: TestClient) -> None:
    script = re.search(r'src="\./(assets/[^"]+\.js)"', client.get("/").text)
    assert script is not None and client.get("/" + script[1]).status_code == 200
    assert client.get("/assets/index.html").status_code == 404 and client.get("/static/img/nothing.svg").status_code == 404


def ask_call(client: TestClient, question: str, session: str) -> dict[str, Any]:
    """Return the body that asks a question in the Ask tab, as a browser would send it."""
    config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", client.get("/").text, re.DOTALL)[1])   # type: ignore[index]
    [box] = [one["id"] for one in config["components"] if one["props"].get("elem_id") == "question"]
    [call] = [one for one in config["dependencies"] if (box, "submit") in [tuple(target) for target in one["targets"]]]
    values = {one["id"]: one["props"].get("value") or ("" if one["type"] == "textbox" else None)
              for one in config["components"]}
    data = [question if one == box else values[one] for one in call["inputs"]]
    return {"data": data, "fn_index": call["id"], "trigger_id": box, "session_hash": session, "event_data": None}


def events(client: TestClient, session: str) -> list[dict[str, Any]]:
    shown = client.get("/gradio_api/queue/data", params={"session_hash": session})
    return [json.loads(line.removeprefix("data: ")) for line in shown.text.splitlines() if line.startswith("data: ")]


def test_a_question_of_100_000_characters_reaches_nothing_heavy(client: TestClient, site: Site,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []
    monkeypatch.setattr(type(site.first.retriever), "find", lambda *given, **named: reached.append("found"), raising=False)
    monkeypatch.setattr(type(site.first.retriever), "retrieve", lambda *given, **named: reached.append("found"), raising=False)
    for letter, session in (("a", "long1"), ("가", "long2")):
        joined = client.post("/gradio_api/queue/join", json=ask_call(client, letter * 100_000, session))
        if joined.status_code == 413:
            continue
        assert joined.status_code == 200
        said = json.dumps(events(client, session), ensure_ascii=False)
        assert f"{MAX_QUESTION_CHARS}" in said and '"success": true' in said.lower()
    assert client.post("/gradio_api/queue/join", json=ask_call(client, "가" * 200_000, "long3")).status_code == 413
    assert reached == []


def test_what_somebody_asked_is_read_by_nobody_else(client: TestClient) -> None:
    call = ask_call(client, "가온누리전자의 2023년 영업이익은 얼마인가요?", "mine")
    assert client.post("/gradio_api/queue/join", json=call).status_code == 200
    other = TestClient(client.app, base_url=URL)
    other.get("/robots.txt")       # a visitor of their own
    for forged in (other.get("/gradio_api/queue/data", params={"session_hash": "mine"}), other.get("/gradio_api/heartbeat/mine"),
                   other.post("/gradio_api/cancel", json={"session_hash": "mine", "fn_index": 0, "event_id": "x"}),
                   other.post("/gradio_api/queue/join", json=call)):
        assert forged.status_code == 404
    assert "345" in json.dumps(events(client, "mine"), ensure_ascii=False)


@pytest.mark.parametrize("data", [None, [], ["x"], [None] * 50, {"a": 1}, [{"__type__": "update"}] * 5, ["/etc/passwd"] * 5,
                                  [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}] * 5])
def test_arguments_that_no_page_sends_do_no_harm(client: TestClient, data: Any) -> None:
    call = ask_call(client, "질문", f"odd{abs(hash(str(data)))}")
    joined = client.post("/gradio_api/queue/join", json=call | {"data": data})
    if joined.status_code == 200:
        told = json.dumps(events(client, call["session_hash"]), ensure_ascii=False)
        assert "root:" not in told and "Traceback" not in told
    assert client.get("/").status_code == 200


def test_markup_in_a_question_and_a_document_stays_text(client: TestClient) -> None:
    question = "누리식품의 2023년 직원수는 몇 명인가요? <script>window.hacked=9</script><img src=x onerror=x>"
    call = ask_call(client, question, "markup")
    assert client.post("/gradio_api/queue/join", json=call).status_code == 200
    told = events(client, "markup")
    drawn = json.dumps([found for event in told for found in html_of(client, call, event)], ensure_ascii=False)
    assert "&lt;script&gt;window.hacked=9" in drawn and "<script>window.hacked" not in drawn and "<img src=x" not in drawn


def html_of(client: TestClient, call: dict[str, Any], event: dict[str, Any]) -> list[Any]:
    """Return what an event gives the components that take HTML: the others (the question's box) show text as it is."""
    config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", client.get("/").text, re.DOTALL)[1])   # type: ignore[index]
    kinds = {one["id"]: one["type"] for one in config["components"]}
    [outputs] = [one["outputs"] for one in config["dependencies"] if one["id"] == call["fn_index"]]
    return [value for output, value in zip(outputs, event.get("output", {}).get("data", ()), strict=False)
            if kinds[output] == "html"]


def test_an_error_tells_no_path_and_no_trace(client: TestClient, tmp_path: Path) -> None:
    for path, body in (("/gradio_api/queue/join", {"fn_index": 10**9, "session_hash": "bad", "data": []}),
                       ("/gradio_api/run/predict", {"fn_index": -1, "session_hash": "bad", "data": []})):
        quiet = TestClient(client.app, base_url=URL, raise_server_exceptions=False)
        shown = quiet.post(path, json=body)
        assert shown.status_code >= 400 and "Traceback" not in shown.text and ".py" not in shown.text
