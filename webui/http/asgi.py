"""What the page's ASGI layers share: keys of the scope, cookies, and a short answer of one's own. See mundap.asgi too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie

from mundap.asgi import Scope, Send

OWNER = "mundap_owner"      # the scope's key: whose request it is
ROOT = "mundap_root"        # the path a proxy serves the page under, "" for none
# On every answer, whatever it is. Cache-Control is not here: Gradio's assets may be kept.
HEADERS = {
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"referrer-policy": b"same-origin",   # no-referrer would make the log-in form's Origin "null"
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}


def cookies(scope: Scope) -> dict[str, str]:
    """Return a request's cookies; none where they cannot be read."""
    jar: SimpleCookie = SimpleCookie()
    for name, value in scope.get("headers", ()):
        if name == b"cookie":
            try:
                jar.load(value.decode("latin-1"))
            except CookieError:
                return {}
    return {name: morsel.value for name, morsel in jar.items()}


def crumb(scope: Scope, name: str, value: str, seconds: int, *, same_site: str = "Strict") -> tuple[bytes, bytes]:
    """Return a Set-Cookie header, for the page's own path, and for https alone where the request came by it."""
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    text = (f"{name}={value}; Path={scope.get(ROOT) or '/'}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}")
    return b"set-cookie", text.encode("latin-1")


async def respond(send: Send, status: int, body: str = "", *, kind: str = "text/plain",
                  extra: Iterable[tuple[bytes, bytes]] | Mapping[bytes, bytes] = ()) -> None:
    """Answer a request whole; the answer is kept by nobody."""
    text = body.encode("utf-8")
    more = list(extra.items()) if isinstance(extra, Mapping) else list(extra)
    own = [(b"content-type", f"{kind}; charset=utf-8".encode()), (b"content-length", str(len(text)).encode()),
           (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *HEADERS.items(), *more]})
    await send({"type": "http.response.body", "body": text})


async def redirect(send: Send, to: str, *extra: tuple[bytes, bytes]) -> None:
    """Send the browser on to a path, with GET."""
    await respond(send, 303, extra=[(b"location", to.encode("latin-1")), *extra])
