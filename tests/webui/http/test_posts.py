"""What reaches Gradio's queue: bodies in time and size, one's own sessions, callbacks for one's role, none at the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from mundap.asgi import Message, Receive, Scope, Send
from webui.http.asgi import OWNER, respond
from webui.http.posts import MAX_JSON_BYTES, Posts, Sessions
from webui.people import People, Person, Role
from webui.people import body as of_body
from webui.people.cut import Cut

JOIN, RUN, CANCEL, DATA = "/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/cancel", "/gradio_api/queue/data"


class Two(People):
    """An admin and a viewer."""

    def person(self, owner: str) -> Person:
        return Person(owner=owner, role=Role.ADMIN if owner == "admin" else Role.VIEWER)


async def reached(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand for Gradio: say what came."""
    body = b""
    if scope["method"] == "POST":
        body = (await receive())["body"]
    await respond(send, 200, body.decode())


def posts(closing: bool = False) -> Posts:
    return Posts(reached, Two(), {1: Role.VIEWER, 7: Role.ADMIN}, lambda: closing)


def asked(app: Any, path: str, body: Any = None, owner: str = "가", *, query: str = "", kind: bytes = b"application/json",
          parts: Sequence[bytes] | None = None, length: bool = True) -> int:
    """Return the status of a request."""
    given = parts if parts is not None else [] if body is None else [json.dumps(body).encode()]
    messages: list[Message] = [{"type": "http.request", "body": one, "more_body": True} for one in given]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    heads = [(b"content-type", kind)] + ([(b"content-length", str(sum(map(len, given))).encode())] if length else [])
    sent: list[Message] = []

    async def receive() -> Message:
        if not messages:
            await asyncio.sleep(3600)
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET" if body is None and parts is None else "POST", "path": path,
             "query_string": query.encode(), "headers": heads, OWNER: owner}
    asyncio.run(app(scope, receive, send))
    return int(sent[0]["status"])


def call(session: Any = "s1", function: Any = 1) -> dict[str, Any]:
    return {"data": ["질문"], "fn_index": function, "session_hash": session, "event_id": "e"}


def test_a_session_is_whose_it_was_first() -> None:
    app = posts()
    assert asked(app, JOIN, call()) == 200
    for path in (JOIN, RUN, CANCEL, "/gradio_api/reset"):
        assert asked(app, path, call(), "나") == 404, path
        assert asked(app, path, call()) == 200, path
    for path, query in ((DATA, "session_hash=s1"), ("/gradio_api/heartbeat/s1", "")):
        assert asked(app, path, owner="나", query=query) == 404
        assert asked(app, path, query=query) == 200
    assert asked(app, DATA, owner="나", query="session_hash=s2") == 200
    assert asked(app, JOIN, call("s2")) == 404, "whoever came first with it"


@pytest.mark.parametrize("session", ["", None, "s" * 65, ["s1"] * 40, {"a": "b" * 80}])
def test_a_session_that_is_none_is_nobodys(session: Any) -> None:
    assert asked(posts(), JOIN, call(session)) == 404


def test_a_get_that_names_no_session_is_refused() -> None:
    assert asked(posts(), DATA) == 404 and asked(posts(), DATA, query="session_hash=") == 404
    assert asked(posts(), "/theme.css") == 200


@pytest.mark.parametrize("function", [7, "1", None, True, 1.0, [1], 2, -1, 10**30])
def test_a_callback_not_for_ones_role(function: Any) -> None:
    assert asked(posts(), JOIN, call(function=function)) == 403
    assert asked(posts(), RUN, call(function=function)) == 403
    assert asked(posts(), JOIN, call(function=7), "admin") == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff", b'"a"', b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert asked(posts(), JOIN, parts=[body]) == 404


@pytest.mark.parametrize("kind", [b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data", b""])
def test_what_a_form_of_another_page_could_send_is_refused(kind: bytes) -> None:
    assert asked(posts(), JOIN, call(), kind=kind) == 415


@pytest.mark.parametrize("length", [True, False])
def test_a_body_too_large_is_refused_told_beforehand_or_not(length: bool) -> None:
    large = [b" " * 1024] * (MAX_JSON_BYTES // 1024 + 1)
    assert asked(posts(), JOIN, parts=large, length=length) == 413
    assert asked(posts(), JOIN, call() | {"data": ["가" * 100_000]}) == 413 or MAX_JSON_BYTES > 600_000


def test_a_body_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_body.read, "__defaults__", (0.05,))

    async def receive() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": JOIN, "query_string": b"", OWNER: "가",
             "headers": [(b"content-type", b"application/json")]}
    asyncio.run(posts()(scope, receive, send))
    assert sent[0]["status"] == 413


def test_an_ending_server_begins_nothing_and_still_cancels() -> None:
    app = posts(closing=True)
    assert asked(app, JOIN, call()) == 503 and asked(app, RUN, call()) == 503
    assert asked(app, CANCEL, call()) == 200 and asked(app, DATA, query="session_hash=s1") == 200


def test_sessions_are_bounded() -> None:
    sessions = Sessions(most=3)
    assert all(sessions.is_of(str(number), "가") for number in range(100)) and len(sessions._owners) == 3


def test_a_stream_is_ended_from_this_side_with_a_proper_end() -> None:
    over, told = False, []

    async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal over
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        over = True
        await send({"type": "http.response.body", "body": b"two", "more_body": True})
        told.append(await receive())

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("the client said nothing")

    asyncio.run(Cut(streaming, lambda: over)({"type": "http"}, receive, send))
    assert told == [{"type": "http.disconnect"}]
    assert [message.get("body") for message in sent] == [None, b"one", b""] and not sent[-1].get("more_body")
