"""The page served: from rag recipes to a web server on one address, until Ctrl-C.

    mundap web configs/demo/rag.yaml

Lays out nothing (page.py) and answers nothing (rag.answer); listens through mundap.listening.
"""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mundap.asgi import App
from mundap.errors import ConfigError
from mundap.listening import address, ended_cleanly, is_loopback, listen, server
from mundap.recipe import Recipe
from mundap.warmup import Say
from webui.blocks import bound, hold_lightly
from webui.http.asgi import OWNER
from webui.http.closed import Closed
from webui.http.guard import Guard
from webui.http.health import Health
from webui.http.posts import Posts
from webui.languages import Languages
from webui.page import build, roles, scripts
from webui.people.entry import Visitors
from webui.people.log_in import LogIn
from webui.people.sign_ins import SignIns
from webui.site import Site
from webui.storage.exporting import routes
from webui.uploads.route import route
from webui.words import LANGUAGES, words

CLOSE_S = 10        # what a question being answered has when the server is told to end; heartbeats end at once
THREADS = 160       # of Gradio's: every question that waits holds one (web.limits.waiting is 64)
USERS = "talks/users.yaml"
# uvicorn must not read forwarding headers itself: the guard decides whom to believe.
HTTP: dict[str, Any] = {"proxy_headers": False, "server_header": False, "ws": "none"}


def serve(recipes: Sequence[Recipe], say: Say) -> None:
    """Open the page of one or more rag recipes and serve it until Ctrl-C or SIGTERM; the models' processes end with it.

    Raises:
        ConfigError: others could reach the page, and nobody has to log in.
        ResourceError: the port is in use, or the database is.
        IndexMismatch, ModelError: an index or a model is missing or does not fit.
        MissingExtra: Gradio is not installed.
    """
    from rag.evaluation.parity.certificate import unproven

    web = recipes[0].values["web"]
    with contextlib.closing(listen(web["host"], web["port"])) as listening:
        require_log_in(listening.getsockname()[0], web)
        found = [one for recipe in recipes if (one := unproven(recipe.values["generation"], recipe.project))]
        with contextlib.closing(Site.open(recipes, say)) as site:
            serve_on(listening, site, say, notes={
                language: words(language)(f"page.export.{found[0].state}") for language in LANGUAGES} if found else {})


def serve_on(listening: socket.socket, site: Site, say: Say, *, notes: Mapping[str, str] = MappingProxyType({})) -> None:
    """Serve a site's page on a socket until Ctrl-C or SIGTERM; notes are the line at its foot, by language.

    When it is told to end, no question is taken any more; those being answered have CLOSE_S to come to their end.

    Raises:
        ConfigError: others could reach the page, and nobody has to log in.
    """
    host, port = listening.getsockname()[:2]
    require_log_in(host, site.settings)
    site.start()
    app = application(site, host, port, notes)
    running = server(app, lambda: say(f"{site.title}: {address(host, port)} (Ctrl-C closes it)"), site.limits.close,
                     close_s=CLOSE_S, **HTTP)
    with ended_cleanly(running):
        running.run(sockets=[listening])


def require_log_in(host: str, settings: Mapping[str, Any]) -> None:
    """Raise a ConfigError where others than this machine's people reach the page and no log-in is set.

    Raises:
        ConfigError: see above.
    """
    if settings.get("users") or (is_loopback(host) and not settings.get("hosts")):
        return
    where, what = (("web.host", f"{host} is reached from other machines") if not is_loopback(host)
                   else ("web.hosts", "a proxy brings others to this page"))
    raise ConfigError(f"{what}, and nobody has to log in.", where=where,
                      fix=f"Make a user and name the file: mundap users add NAME --role admin, then web.users={USERS}\n"
                          "Or stay on this machine: web.host=127.0.0.1, without web.hosts")


def application(site: Site, host: str, port: int, notes: Mapping[str, str] = MappingProxyType({})) -> App:
    """Return the whole page as an ASGI application: a guard, the door, Gradio closed in, one of it a language."""
    settings = site.settings
    root_path, hosts = str(settings.get("root_path", "")), settings.get("hosts", [])
    further = [route(site.uploads), *routes(site)]
    pages = {language: build(site, words(language), notes.get(language, "")) for language in LANGUAGES}
    mounts = {language: mounted(page, host, port, root_path, further) for language, page in pages.items()}
    limits = site.limits
    inner = Closed(Posts(Languages(mounts), site.people, roles(pages[LANGUAGES[0]]), lambda: limits.closing), scripts())
    users = site.people.users
    door: App = Visitors(inner) if users is None else LogIn(inner, users, SignIns(site.database), site.title)
    return Guard(Health(door, site), host=host, hosts=hosts, root_path=root_path, log_in=users is not None)


def mounted(page: Any, host: str, port: int, root_path: str = "", routes: Sequence[Any] = ()) -> Any:
    """Return the page as a FastAPI application that names no other host; who may ask is the guard's business.

    routes are Starlette routes of ours beside Gradio's.
    """
    import gradio as gr
    from fastapi import FastAPI, Request
    from starlette.routing import Mount

    def owner(request: Request) -> str | None:
        return request.scope.get(OWNER)

    bound(page, THREADS)
    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    outer.router.routes.extend(routes)
    owner.__annotations__ = {"request": Request, "return": str | None}   # FastAPI reads them; here they are text
    with contextlib.redirect_stdout(io.StringIO()):  # Gradio 5.50 prints a line meant for its own developers
        gr.mount_gradio_app(outer, page, path="/", server_name=host, server_port=port, show_api=False,
                            auth_dependency=owner, allowed_paths=[], show_error=False, max_file_size="50mb", ssr_mode=False,
                            pwa=False, enable_monitoring=False, mcp_server=False, root_path=root_path or None)
    for mount in outer.routes:
        if isinstance(mount, Mount) and isinstance(mount.app, FastAPI):
            mount.app.debug = False      # Gradio sets it, and an error would be answered with a traceback
            hold_lightly(mount.app, page)
    return outer
