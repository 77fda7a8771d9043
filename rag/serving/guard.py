"""Who may ask at all: the ASGI layer that every request passes before anything of it is read.

A web page of another site must reach nothing here, even through the browser of someone on this machine: no header ever
allows another origin, a name that was made to point at 127.0.0.1 is refused, and so is a form's content type.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping

from mundap.asgi import MAX_HEADERS_BYTES, OWN_NAMES, App, Message, Receive, Scope, Send, authority, headers, host_name
from mundap.errors import ConfigError
from mundap.listening import is_loopback
from rag.serving.wire import ApiError, encoded

OPEN_PATHS = ("/health",)   # without a token: whoever watches a service has none
_TOKEN = re.compile(r"[\x21-\x7e]+")
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


def token_for(host: str, variable: str) -> str:
    """Return the token every request must carry; "" for none, which only an address of this machine may have.

    Raises:
        ConfigError: others can reach the address and the variable is not set, or it holds what no header can carry.
    """
    token = os.environ.get(variable, "")
    if not token and not is_loopback(host):
        raise ConfigError(f"others can reach {host}, and no token is set.", where="serve.host",
                          fix=f"Set one: export {variable}=\"$(openssl rand -hex 24)\"\nOr stay on this machine: "
                              "serve.host=127.0.0.1")
    if token and not _TOKEN.fullmatch(token):
        raise ConfigError("the token holds a blank or a character that no header can carry.", where=variable,
                          fix=f"Set one of letters and digits: export {variable}=\"$(openssl rand -hex 24)\"")
    return token


class Guard:
    """Wraps an ASGI application; host is the address it listens on."""

    def __init__(self, app: App, *, host: str, token: str = "") -> None:
        self.app = app
        self._own_names_only = is_loopback(host)
        self._token = token.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)   # the lifespan; there are no websockets here
            return

        async def closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS_BYTES:
                raise ApiError(431, f"the headers are larger than {MAX_HEADERS_BYTES:,} bytes.", code="headers_too_large")
            self._check(scope["path"], headers(scope))
        except ApiError as error:
            await refuse(error, closed)
            return
        await self.app(scope, receive, closed)

    def _check(self, path: str, headers: Mapping[str, str]) -> None:
        """Raise an ApiError for a request that must not be answered."""
        host = headers.get("host", "")
        if not host or (self._own_names_only and host_name(host) not in OWN_NAMES):
            raise ApiError(403, "this server does not answer to that Host.", code="host_not_allowed")
        origin = headers.get("origin")
        if (origin is not None and authority(origin) != host.lower()) or headers.get("sec-fetch-site") in ("cross-site",
                                                                                                            "same-site"):
            raise ApiError(403, "pages of other origins may not ask here.", code="origin_not_allowed")
        if self._token and path not in OPEN_PATHS:
            kind, _, given = headers.get("authorization", "").partition(" ")
            right = secrets.compare_digest(given.strip().encode("utf-8"), self._token)
            if kind.lower() != "bearer" or not right:
                raise ApiError(401, "the bearer token is missing or wrong.", code="invalid_api_key")


async def refuse(error: ApiError, send: Send) -> None:
    """Send an error as a response."""
    body = encoded(error.body)
    headers = {"content-type": "application/json", "content-length": str(len(body)), **error.headers}
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
