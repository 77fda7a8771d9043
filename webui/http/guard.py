"""Who may ask at all: the first layer of the page, before anything of a request is read.

Refused here: another name than the page's own (a web site made to point at 127.0.0.1), a page of another origin, a proxy
in front of a page without log-in, websockets, and a head too large. What a proxy says of itself is read here and taken off:
no layer behind sees a forwarding header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mundap.asgi import MAX_HEADERS_BYTES, OWN_NAMES, App, Receive, Scope, Send, authority, headers, host_name
from mundap.listening import is_loopback
from webui.http.asgi import ROOT, redirect, respond

HEALTH = "/health"      # answers under any name: whoever watches a service asks its bare address
METHODS = ("GET", "HEAD", "POST")
_FORWARDING = ("forwarded", "via", "x-real-ip")


class Refused(Exception):
    """A request that is not answered: status and a line of text."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class Guard:
    """Wraps an ASGI application.

    host is the address it listens on, hosts the names a proxy serves it under, root_path the path; log_in says whether
    people log in behind it.
    """

    def __init__(self, app: App, *, host: str, hosts: Iterable[str] = (), root_path: str = "", log_in: bool = False) -> None:
        self.app = app
        self.hosts = frozenset(name.lower() for name in hosts)
        self.names = frozenset(OWN_NAMES) | self.hosts if self.hosts or is_loopback(host) else frozenset()
        self.root_path = root_path.rstrip("/")
        self.log_in = log_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            passed = self._checked(scope)
        except Refused as refused:
            await respond(send, refused.status, f"{refused}\n")
            return
        if passed["path"] == "":     # /mundap, without which every relative address would be wrong
            await redirect(send, f"{self.root_path}/")
        else:
            await self.app(passed, receive, send)

    def _checked(self, scope: Scope) -> Scope:
        """Return the scope as the layers behind see it.

        Raises:
            Refused: it must not be answered.
        """
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS_BYTES:
            raise Refused(431, f"the headers are larger than {MAX_HEADERS_BYTES:,} bytes.")
        if scope["method"] not in METHODS:
            raise Refused(405, "this page takes GET and POST.")
        given = headers(scope)
        forwarding = [name for name in given if name.startswith("x-forwarded-") or name in _FORWARDING]
        if forwarding and not self.log_in:
            raise Refused(403, f"a proxy stands in front of this page ({', '.join(sorted(forwarding))}), and the page is open "
                               "to this machine alone: log-in (web.users) and the proxy's names (web.hosts) must be set first.")
        changed = dict(scope) | {"path": self._path(scope["path"]), "root_path": "", ROOT: self.root_path}
        host = given.get("host", "")
        if self.hosts:
            host = self._behind_proxy(changed, given, host)
        if changed["path"] != HEALTH:
            self._same_origin(given, host)
        kept = [(name, value) for name, value in scope["headers"] if name.decode("latin-1").lower() not in (*forwarding, "host")]
        changed["headers"] = [(b"host", host.encode("latin-1")), *kept]
        changed["raw_path"] = str(changed["path"]).encode("utf-8", "surrogateescape")
        return changed

    def _path(self, path: str) -> str:
        """Return a path without the root path; a proxy may have taken it off or not."""
        if self.root_path and (path == self.root_path or path.startswith(self.root_path + "/")):
            return path.removeprefix(self.root_path)
        return path

    def _behind_proxy(self, scope: Scope, given: Mapping[str, str], host: str) -> str:
        """Put what a proxy says of the request into its scope; return the name it was asked under.

        The last address of X-Forwarded-For is the one the proxy itself saw; it counts only from a proxy on this machine,
        since anyone else may write what they like.
        """
        if given.get("x-forwarded-proto", "").split(",")[0].strip().lower() == "https":
            scope["scheme"] = "https"
        peer = str((scope.get("client") or ("",))[0])
        told = given.get("x-forwarded-for", "").rpartition(",")[2].strip()
        if told and (not peer or (_is_address(peer) and is_loopback(peer))):
            scope["client"] = (told[:64], 0)
        return given.get("x-forwarded-host", host).split(",")[0].strip()

    def _same_origin(self, given: Mapping[str, str], host: str) -> None:
        name = host_name(host)
        if not name or (self.names and name not in self.names):
            raise Refused(400, "this page does not answer to that name; names beyond this machine stand in web.hosts.")
        origin, site = given.get("origin"), given.get("sec-fetch-site", "")
        if origin is not None and authority(origin) != host.lower():
            raise Refused(403, "pages of other origins may not ask here.")
        navigates = given.get("sec-fetch-mode") == "navigate"
        if site in ("cross-site", "same-site") and not navigates:
            raise Refused(403, "pages of other origins may not ask here.")


def _is_address(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-fA-F:.]+", text)) and ("." in text or ":" in text)
