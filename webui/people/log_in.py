"""The door with log-in: a page of our own to log in, and nothing behind it for who has not.

A browser that is logged in holds a token (sign_ins.py). Guessing is slowed (guessing.py); an unknown name and a wrong
password are told alike and take alike. A form counts only with the secret that its own page set as a cookie.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from mundap.asgi import App, Message, Receive, Scope, Send
from webui.http.asgi import OWNER, ROOT, cookies, crumb, redirect, respond
from webui.languages import chosen_now, keeping, language
from webui.people.body import read
from webui.people.cut import Cut
from webui.people.guessing import Guessing
from webui.people.log_in_page import log_in_page, policy
from webui.people.sign_ins import SignIns
from webui.people.users import Users

COOKIE, FORM = "mundap_sign_in", "mundap_form"
PATH, OUT = "/login", "/logout"
_FORM_BYTES = 4096
_FORM_S = 3600
_AT_ONCE = 2        # bcrypt takes a fifth of a second of a core
_LOOK_S = 1.0       # how often an answer under way looks whether its user is still logged in
_log = logging.getLogger(__name__)


class LogIn:
    """Wraps an ASGI application: who is logged in passes, with scope["mundap_owner"]; everybody else sees the form."""

    def __init__(self, app: App, users: Users, sign_ins: SignIns, title: str, guessing: Guessing | None = None) -> None:
        self.app = app
        self._users = users
        self._sign_ins = sign_ins
        self._title = title
        self._guessing = guessing or Guessing()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, method, root = scope["path"], scope["method"], scope.get(ROOT, "")   # whole paths: a proxy may drop a last slash
        token = cookies(scope).get(COOKIE, "")
        user = self._users.by_stamp(self._sign_ins.stamp(token))
        if path == PATH and chosen_now(scope):
            await redirect(send, f"{root}/login", keeping(scope))
        elif path == PATH and method == "POST":
            await self._log_in(scope, receive, send)
        elif path == PATH:
            await (redirect(send, f"{root}/") if user else self._show(scope, send))
        elif path == OUT and method == "POST":
            await asyncio.to_thread(self._sign_ins.end, token)
            await redirect(send, f"{root}/login", crumb(scope, COOKIE, "", 0, same_site="Lax"))
        elif user is not None:
            scope[OWNER] = user.owner
            await Cut(self.app, self._looking(token))(scope, receive, _not_kept(send))
        elif path == "/":
            await redirect(send, f"{root}/login")
        else:
            await respond(send, 401, "log in first.\n")

    def _looking(self, token: str) -> Callable[[], bool]:
        """Return what tells whether a log-in is over; it looks once in a while."""
        looked, over = time.monotonic(), False

        def is_over() -> bool:
            nonlocal looked, over
            if not over and time.monotonic() - looked >= _LOOK_S:
                looked = time.monotonic()
                over = self._users.by_stamp(self._sign_ins.stamp(token)) is None
            return over

        return is_over

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, root = await read(receive, _FORM_BYTES), scope.get(ROOT, "")
        given = {key: values[0] for key, values in parse_qs((body or b"").decode("utf-8", "replace")).items()}
        held = cookies(scope).get(FORM, "")
        if body is None or not held or not secrets.compare_digest(held.encode(), given.get("form", "").encode()):
            await self._show(scope, send, "form", status=400)
            return
        name, address = given.get("name", "")[:200], client_address(scope)
        wait = self._guessing.wait_s(name, address)
        if wait:
            await self._show(scope, send, "wait", status=429, seconds=int(wait) + 1)
            return
        self._guessing.failed(name, address)    # before the work: many tries at once count as many
        async with self._slots:
            user = await asyncio.to_thread(self._users.verify, name, given.get("password", ""))
        if user is None:
            _log.warning("a log-in failed, from %s", address)
            await self._show(scope, send, "wrong", status=401)
            return
        self._guessing.succeeded(name, address)
        token = await asyncio.to_thread(self._sign_ins.begin, user.stamp)
        await redirect(send, f"{root}/", crumb(scope, COOKIE, token, int(self._sign_ins.hours * 3600), same_site="Lax"),
                       crumb(scope, FORM, "", 0))

    async def _show(self, scope: Scope, send: Send, why: str = "", *, status: int = 200, seconds: int = 0) -> None:
        form, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(16)
        shown = log_in_page(language(scope), self._title, form, nonce, why, seconds)
        extra = [crumb(scope, FORM, form, _FORM_S), (b"content-security-policy", policy(nonce).encode())]
        if seconds:
            extra.append((b"retry-after", str(seconds).encode()))
        await respond(send, status, shown, kind="text/html", extra=extra)


def client_address(scope: Scope) -> str:
    """Return where a request comes from, as the guard (http/guard.py) found it."""
    return str((scope.get("client") or ("?",))[0])


def _not_kept(send: Send) -> Send:
    """Return a send that tells the browser to keep no page beyond its log-in; assets may be kept."""
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            kinds = [value for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
            if any(kind.startswith((b"text/html", b"application/json")) for kind in kinds):
                message["headers"] = [*message["headers"], (b"cache-control", b"no-store")]
        await send(message)

    return sent
