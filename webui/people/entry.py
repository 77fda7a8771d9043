"""The door without log-in: a visitor is known by a cookie of random bits, which is set when they have none."""

from __future__ import annotations

import hashlib
import secrets

from mundap.asgi import App, Message, Receive, Scope, Send
from webui.http.asgi import OWNER, cookies, crumb

COOKIE = "mundap_visitor"
_YEAR_S = 365 * 24 * 3600
_LONGEST = 128


class Visitors:
    """Wraps an ASGI application: scope["mundap_owner"] says whose request it is."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        token = cookies(scope).get(COOKIE, "")
        if 32 <= len(token) <= _LONGEST:
            scope[OWNER] = owner_of(token)
            await self.app(scope, receive, send)
            return
        token = secrets.token_urlsafe(32)
        scope[OWNER] = owner_of(token)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), crumb(scope, COOKIE, token, _YEAR_S)]
            await send(message)

        await self.app(scope, receive, with_cookie)


def owner_of(token: str) -> str:
    """Return what a visitor's records are kept under."""
    return "visitor-" + hashlib.sha256(token.encode()).hexdigest()[:32]
