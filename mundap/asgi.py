"""What both servers (the page and the endpoint) read of a request's head, and the names of an ASGI application's parts."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_HEADERS_BYTES = 16_384
OWN_NAMES = ("127.0.0.1", "localhost", "::1")
_HOST = re.compile(r"(?:(?P<name>[\w.-]+)|\[(?P<address>[0-9a-fA-F:.]+)\])(?::\d{1,5})?", re.ASCII)


def headers(scope: Scope) -> dict[str, str]:
    """Return a request's headers by lower-case name; one that comes twice is joined with a comma."""
    found: dict[str, str] = {}
    for name, value in scope.get("headers", ()):
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def host_name(host: str) -> str:
    """Return a Host header's name without its port; "" when it is no host."""
    found = _HOST.fullmatch(host)
    return (found["name"] or found["address"]).lower() if found else ""


def authority(origin: str) -> str:
    """Return host and port of an Origin header as a Host header writes them; "" for "null"."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
