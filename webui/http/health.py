"""GET /health: whether the page answers, for whoever watches it; no log-in, and nothing about anybody.

    200 {"status": "ok", …}        questions are answered
    503 {"status": "warming", …}   the first domain's model is being loaded, or the server is stopping ("closing")
    503 {"status": "failed", …}    it could not be loaded

With ?live the status is 200 as long as the server answers at all.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from mundap.asgi import App, Receive, Scope, Send
from webui.http.asgi import respond
from webui.http.guard import HEALTH
from webui.http.limits import Limits
from webui.site import Site


class Health:
    """Wraps an ASGI application and answers /health itself."""

    def __init__(self, app: App, site: Site) -> None:
        self.app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] != HEALTH:
            await self.app(scope, receive, send)
            return
        status = _status(self._site, self._site.limits)
        live = "live" in parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        told = {"status": status, "domains": len(self._site.domains),
                "ready": sum(_answers(self._site, key) for key in self._site.domains), "waiting": self._site.limits.held}
        await respond(send, 200 if live or status == "ok" else 503, json.dumps(told) + "\n", kind="application/json")


def _answers(site: Site, key: str) -> bool:
    warmup = site.domains[key].warmup
    return warmup.is_ready() and warmup.error is None


def _status(site: Site, limits: Limits) -> str:
    warmup = site.first.warmup
    if limits.closing:
        return "closing"
    if warmup.error is not None:
        return "failed"
    return "ok" if warmup.is_ready() else "warming"
