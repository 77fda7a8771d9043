"""What a browser sends to Gradio's queue, looked at before Gradio sees it.

A JSON body comes whole, within a size and a time. A Gradio session belongs to whoever used it first: nobody else joins,
reads, keeps alive or cancels it. A callback of a tab is called by those the tab is for, whatever the browser shows. While
the server is stopping nothing new is begun.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from mundap.asgi import App, Message, Receive, Scope, Send
from webui.http.asgi import OWNER, respond
from webui.people import NotAllowed, People, Role
from webui.people.body import read
from webui.people.cut import Cut

MAX_JSON_BYTES = 512 * 1024     # a pasted list of questions is the largest thing a page sends
SESSIONS = 50_000
JOINS = ("/gradio_api/queue/join", "/gradio_api/run/predict")
_WITH_BODY = (*JOINS, "/gradio_api/cancel", "/gradio_api/reset")
_DATA, _HEARTBEAT = "/gradio_api/queue/data", "/gradio_api/heartbeat/"
_LONGEST_HASH = 64


class Sessions:
    """Whose each Gradio session is. Who comes first has it; session hashes are random, made by the browser."""

    def __init__(self, most: int = SESSIONS) -> None:
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def is_of(self, session: str, owner: str) -> bool:
        """Return whether a session is an owner's, taking it for them when it is nobody's yet."""
        with self._lock:
            held = self._owners.setdefault(session, owner)
            self._owners.move_to_end(session)
            while len(self._owners) > self._most:
                self._owners.popitem(last=False)
            return held == owner


class Posts:
    """Wraps an ASGI application; roles says whom each callback there is (by Gradio's fn_index) is for."""

    def __init__(self, app: App, people: People, roles: Mapping[int, Role], is_closing: Callable[[], bool]) -> None:
        self.app = app
        self._people = people
        self._roles = roles
        self._is_closing = is_closing
        self._sessions = Sessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, owner = scope["path"], str(scope.get(OWNER, ""))
        if path in _WITH_BODY:
            await self._posted(scope, receive, send, owner)
            return
        session = _session_of(scope)
        if session is not None and not self._is_theirs(session, owner):
            await respond(send, 404, "there is no such session.\n")
        elif path.startswith(_HEARTBEAT):    # open as long as a tab is: the end of the server would wait for it
            await Cut(self.app, self._is_closing)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _posted(self, scope: Scope, receive: Receive, send: Send, owner: str) -> None:
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        if kind.partition(b";")[0].strip().lower() != b"application/json":   # what a form of a foreign page could send
            await respond(send, 415, "send JSON.\n")
            return
        body = await _sized(scope, receive)
        if body is None:
            await respond(send, 413, f"more than {MAX_JSON_BYTES:,} bytes, or too slow.\n", extra=[(b"connection", b"close")])
            return
        given = _object(body)
        if given is None or not self._is_theirs(str(given.get("session_hash") or ""), owner):
            await respond(send, 404, "there is no such session.\n")
        elif scope["path"] in JOINS and not self._may(given.get("fn_index"), owner):
            await respond(send, 403, "this is not for your role.\n")
        elif scope["path"] in JOINS and self._is_closing():
            await respond(send, 503, "the server is stopping.\n", extra=[(b"retry-after", b"10")])
        else:
            await self.app(scope, _replayed(body, receive), send)

    def _is_theirs(self, session: str, owner: str) -> bool:
        return 0 < len(session) <= _LONGEST_HASH and self._sessions.is_of(session, owner)

    def _may(self, function: Any, owner: str) -> bool:
        if type(function) is not int or function not in self._roles:    # True == 1, and 1.0 as well
            return False
        try:
            return self._people.person(owner).role >= self._roles[function]
        except NotAllowed:
            return False


def _session_of(scope: Scope) -> str | None:
    """Return the session a GET names, None where it names none because it needs none."""
    path = str(scope["path"])
    if path.startswith(_HEARTBEAT):
        return path[len(_HEARTBEAT):]
    if path == _DATA:
        return str(parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", [""])[0])
    return None


async def _sized(scope: Scope, receive: Receive) -> bytes | None:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not length.isdigit() or int(length) > MAX_JSON_BYTES:
        return None
    return await read(receive, MAX_JSON_BYTES)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives a body already read, then what comes after it."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving
