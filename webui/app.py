"""The page served: from rag recipes to a web server on one address, until Ctrl-C.

    mundap web configs/demo/rag.yaml

Lays out nothing (page.py) and answers nothing (rag.answer); listens through mundap.listening.
"""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Sequence
from typing import Any

from mundap.listening import address, ended_cleanly, is_loopback, listen, server
from mundap.recipe import Recipe
from mundap.warmup import Say
from webui.closed import Closed
from webui.languages import Languages
from webui.page import build, scripts
from webui.people.entry import OWNER, App, Visitors
from webui.site import Site
from webui.words import LANGUAGES, words

HOST = "127.0.0.1"
PORT = 7860


def serve(recipes: Sequence[Recipe], say: Say) -> None:
    """Open the page of one or more rag recipes and serve it until Ctrl-C or SIGTERM; the models' processes end with it.

    Raises:
        ResourceError: the port is in use, or the database is.
        IndexMismatch, ModelError: an index or a model is missing or does not fit.
        MissingExtra: Gradio is not installed.
    """
    from rag.evaluation.parity.certificate import unproven

    web = recipes[0].values["web"]
    with contextlib.closing(listen(web["host"], web["port"])) as listening:
        found = [one for recipe in recipes if (one := unproven(recipe.values["generation"], recipe.project))]
        with contextlib.closing(Site.open(recipes, say)) as site:
            serve_on(listening, site, say, note=found[0].korean if found else "")


def serve_on(listening: socket.socket, site: Site, say: Say, *, note: str = "") -> None:
    """Serve a site's page on a socket until Ctrl-C or SIGTERM; note is a line at its foot."""
    site.start()
    host, port = listening.getsockname()[:2]
    app = application(site, host, port, note)
    if not is_loopback(host):
        say(f"web.host is {host}: anyone who reaches this machine can ask. Set web.host=127.0.0.1 to keep it here.")
    running = server(app, lambda: say(f"{site.title}: {address(host, port)} (Ctrl-C closes it)"))
    with ended_cleanly(running):
        running.run(sockets=[listening])


def application(site: Site, host: str, port: int, note: str = "") -> App:
    """Return the whole page as an ASGI application: who is at the door, Gradio closed in, one of it a language."""
    return Visitors(Closed(Languages({language: mounted(build(site, words(language), note), host, port)
                                      for language in LANGUAGES}), scripts()))


def mounted(page: Any, host: str, port: int) -> Any:
    """Return the page as a FastAPI application that names no other host and, on loopback, answers to no other name."""
    import gradio as gr
    from fastapi import FastAPI, Request
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    def owner(request: Request) -> str | None:
        return request.scope.get(OWNER)

    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    if is_loopback(host):  # a web site whose name is made to point at 127.0.0.1 must not read the answers
        outer.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    owner.__annotations__ = {"request": Request, "return": str | None}   # FastAPI reads them; here they are text
    with contextlib.redirect_stdout(io.StringIO()):  # Gradio 5.50 prints a line meant for its own developers
        return gr.mount_gradio_app(outer, page, path="/", server_name=host, server_port=port, show_api=False,
                                   auth_dependency=owner, allowed_paths=[], show_error=False, max_file_size="50mb",
                                   ssr_mode=False, pwa=False, enable_monitoring=False, mcp_server=False)
