"""The page in the browser's language: the same address, one Gradio application a language."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

from mundap.asgi import Receive, Scope, Send
from webui.http.asgi import cookies, crumb, redirect
from webui.words import COOKIE, LANGUAGES, language_of

LANGUAGE = "mundap_language"    # the scope's key
_YEAR_S = 365 * 24 * 3600


class Languages:
    """Passes a request to the application of its language: chosen with ?language=en before, else what the browser accepts.

    Every application has the same components in the same order, so a page that changes its language between two requests
    still means the same callbacks.
    """

    def __init__(self, apps: Mapping[str, Any]) -> None:
        """Wrap FastAPI applications by language."""
        from starlette.routing import Router

        self.apps = apps
        self._lifespan = Router(lifespan=self._alive)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["path"] == "/" and chosen_now(scope):
            await redirect(send, "./", keeping(scope))
        else:
            scope[LANGUAGE] = language(scope)
            await self.apps[scope[LANGUAGE]](scope, receive, send)

    @asynccontextmanager
    async def _alive(self, _: Any) -> AsyncIterator[None]:
        """Start and end every application with the server."""
        async with AsyncExitStack() as stack:
            for app in self.apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield


def chosen_now(scope: Scope) -> str:
    """Return the language that a request's ?language= chooses, "" for none."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("language", [""])[0]
    return asked if asked in LANGUAGES else ""


def keeping(scope: Scope) -> tuple[bytes, bytes]:
    """Return the header that keeps the language chosen now."""
    return crumb(scope, COOKIE, chosen_now(scope), _YEAR_S)


def language(scope: Scope) -> str:
    """Return the language of a request."""
    accepted = next((value for name, value in scope.get("headers", ()) if name == b"accept-language"), b"")
    return language_of(accepted.decode("latin-1"), cookies(scope).get(COOKIE, ""))
