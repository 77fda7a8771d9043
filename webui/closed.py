"""What keeps the page inside this machine: an ASGI layer around Gradio's own application.

Gradio's HTML names a script on a CDN and opens connections to font servers. This takes those out, and sends a content
security policy under which the browser refuses any other host and any script that is not the page's own. Gradio's
routes that the page never uses and that would take files from, or fetch addresses for, a visitor are not there.
"""

from __future__ import annotations

import re
import secrets

from webui.languages import LANGUAGE
from webui.people.entry import App, Message, Receive, Scope, Send

UNUSED_ROUTES = ("/gradio_api/upload", "/gradio_api/proxy", "/gradio_api/file", "/gradio_api/info",
                 "/gradio_api/openapi", "/upload", "/proxy", "/file", "/config/", "/docs", "/redoc", "/openapi.json",
                 "/monitoring")
_FOREIGN = r"(?:https?:)?//(?!127\.0\.0\.1|localhost)[^\"']*"
_FOREIGN_TAGS = (
    re.compile(rf"<link\b[^>]*\bhref=[\"']{_FOREIGN}[\"'][^>]*>\s*", re.IGNORECASE),
    re.compile(rf"<script\b[^>]*\bsrc=[\"']{_FOREIGN}[\"'][^>]*>\s*</script>\s*", re.IGNORECASE),
    re.compile(r"<meta\b[^>]*\b(?:property|name)=[\"'](?:og|twitter):[^>]*>\s*", re.IGNORECASE),
)
_HEADERS = {
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}


class Closed:
    """Wraps an ASGI application; see the module. head is HTML of ours put into its pages' head."""

    def __init__(self, app: App, head: str = "") -> None:
        self.app = app
        self.head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].startswith(UNUSED_ROUTES):
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self.app(scope, receive, _Page(send, scope, self.head))


class _Page:
    """The send of one response: an HTML body is held until it is whole and cleaned; the rest goes through."""

    def __init__(self, send: Send, scope: Scope, head: str) -> None:
        self._send = send
        self._head = head
        self._scope = scope
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS.items()]
            if _is_html(message):
                self._start = message
                return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        nonce = secrets.token_urlsafe(16)
        html = self._body.decode("utf-8").replace("</head>", f"{self._head}</head>", 1)
        body = clean(html, nonce, self._scope.get(LANGUAGE, "ko")).encode("utf-8")
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        start["headers"] = [*kept, (b"content-length", str(len(body)).encode()),
                            (b"content-security-policy", policy(nonce).encode())]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def clean(html: str, nonce: str, language: str = "ko") -> str:
    """Return Gradio's page marked as of its language, without tags that name another host, its scripts carrying the nonce."""
    for tag in _FOREIGN_TAGS:
        html = tag.sub("", html)
    html = re.sub(r"(<html\b[^>]*?)\blang=\"en\"", rf'\1lang="{language}"', html, count=1)
    return re.sub(r"<script(?=[\s>])", f'<script nonce="{nonce}"', html)


def policy(nonce: str) -> str:
    """Return the content security policy: this host only, and no script but the page's own."""
    return "; ".join((
        "default-src 'self'", f"script-src 'self' 'nonce-{nonce}'", "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:", "font-src 'self' data:", "connect-src 'self'", "worker-src 'self' blob:",
        "object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"))


def _is_html(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html")
               for name, value in start.get("headers", ()))
