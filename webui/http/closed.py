"""What keeps the page inside this machine: an ASGI layer around Gradio's own application.

Gradio's HTML names a script on a CDN and opens connections to font servers. This takes those out, and sends a content
security policy under which the browser refuses any other host and any script that is not the page's own. Of Gradio's routes
only those the page uses are there: none that reads a file, fetches an address, or tells what functions there are.
"""

from __future__ import annotations

import re
import secrets

from mundap.asgi import App, Message, Receive, Scope, Send
from webui.http.asgi import HEADERS, respond
from webui.languages import LANGUAGE

# Method and path of everything that is passed on, as one regular expression. A path is what the server has decoded.
_NAME = r"[\w-][\w.-]*"
ROUTES: tuple[tuple[str, str], ...] = (
    ("GET", r"/"),
    ("GET", rf"/(?:assets|static)/(?:{_NAME}/)*{_NAME}"),       # Gradio's own scripts, styles and fonts
    ("GET", r"/theme\.css"),
    ("GET", r"/favicon\.ico"),
    ("GET", r"/robots\.txt"),
    ("GET", r"/gradio_api/heartbeat/[0-9a-z]+"),                # tells that a tab was closed
    ("GET", r"/gradio_api/queue/data"),
    ("POST", r"/gradio_api/queue/join"),
    ("POST", r"/gradio_api/cancel"),
    ("POST", r"/gradio_api/reset"),
    ("POST", r"/gradio_api/run/predict"),                       # callbacks with queue=False
    ("GET", r"/export/[a-z]+\.(?:csv|jsonl)"),                  # webui/storage/exporting.py asks for owner and role
    ("POST", r"/documents/upload"),                             # a file's bytes (webui/uploads/route.py); nothing is given back
)
_OPEN = tuple((method, re.compile(path, re.ASCII)) for method, path in ROUTES)
_FOREIGN = r"(?:https?:)?//(?!127\.0\.0\.1|localhost)[^\"']*"
_FOREIGN_TAGS = (
    re.compile(rf"<link\b[^>]*\bhref=[\"']{_FOREIGN}[\"'][^>]*>\s*", re.IGNORECASE),
    re.compile(r"<link\b[^>]*\brel=[\"']manifest[\"'][^>]*>\s*", re.IGNORECASE),
    re.compile(rf"<script\b[^>]*\bsrc=[\"']{_FOREIGN}[\"'][^>]*>\s*</script>\s*", re.IGNORECASE),
    re.compile(r"<meta\b[^>]*\b(?:property|name)=[\"'](?:og|twitter):[^>]*>\s*", re.IGNORECASE),
)


class Closed:
    """Wraps an ASGI application; see the module. foot is HTML of ours put at the end of its pages."""

    def __init__(self, app: App, foot: str = "") -> None:
        self.app = app
        self.foot = foot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif is_open(scope["method"], scope["path"]):
            await self.app(scope, receive, _Page(send, scope, self.foot))
        else:
            await respond(send, 404, "there is nothing here.\n")


def is_open(method: str, path: str) -> bool:
    """Return whether a request is for one of ROUTES; HEAD is where GET is."""
    return any((method == allowed or (method, allowed) == ("HEAD", "GET")) and pattern.fullmatch(path)
               for allowed, pattern in _OPEN)


class _Page:
    """The send of one response: an HTML body is held until it is whole and cleaned; the rest goes through."""

    def __init__(self, send: Send, scope: Scope, foot: str) -> None:
        self._send = send
        self._foot = foot
        self._scope = scope
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in HEADERS]
            message["headers"] = [*own, *HEADERS.items()]
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
        head, end, rest = self._body.decode("utf-8").rpartition("</body>")
        html = f"{head}{self._foot}{end}{rest}" if end else rest
        body = clean(html, nonce, self._scope.get(LANGUAGE, "ko")).encode("utf-8")
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        start["headers"] = [*kept, (b"content-length", str(len(body)).encode()),
                            (b"content-security-policy", policy(nonce).encode()), (b"cache-control", b"no-store")]
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
        "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"))


def _is_html(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html")
               for name, value in start.get("headers", ()))
