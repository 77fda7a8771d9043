"""The first layer of the page: who is at the door. Sets the visitor's cookie and passes on whose request it is."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "mundap_visitor"
OWNER = "mundap_owner"      # the scope's key
_YEAR_S = 365 * 24 * 3600


class Visitors:
    """Wraps an ASGI application: scope["mundap_owner"] says whose request it is."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        token = cookies(scope).get(COOKIE, "")
        if len(token) >= 32:
            scope[OWNER] = owner_of(token)
            await self.app(scope, receive, send)
            return
        token = secrets.token_urlsafe(32)
        scope[OWNER] = owner_of(token)
        crumb = f"{COOKIE}={token}; Path=/; Max-Age={_YEAR_S}; HttpOnly; SameSite=Strict".encode()

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", crumb)]
            await send(message)

        await self.app(scope, receive, with_cookie)


def owner_of(token: str) -> str:
    """Return what a visitor's records are kept under."""
    return "visitor-" + hashlib.sha256(token.encode()).hexdigest()[:32]


def cookies(scope: Scope) -> dict[str, str]:
    """Return a request's cookies."""
    jar: SimpleCookie = SimpleCookie()
    for name, value in scope.get("headers", ()):
        if name == b"cookie":
            try:
                jar.load(value.decode("latin-1"))
            except CookieError:
                return {}
    return {name: morsel.value for name, morsel in jar.items()}
