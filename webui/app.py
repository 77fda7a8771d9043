"""The page: built from an answerer, served on 127.0.0.1 until Ctrl-C.

    mundap web configs/demo/rag.yaml

Makes no answers (rag.answer), draws none (render.py), and listens through mundap.listening.
"""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap.errors import MissingExtra
from mundap.listening import address, ended_cleanly, is_loopback, listen, server
from mundap.warmup import Say, Warmup
from webui import ask_tab, examples, theme
from webui.asking import Runs
from webui.closed import App, Closed
from webui.highlight import escape

if TYPE_CHECKING:
    from rag.answer import Answerer

HOST = "127.0.0.1"
PORT = 7860
_STYLE = Path(__file__).with_name("style.css")


def serve(recipe: Mapping[str, Any], project: Path, say: Say) -> None:
    """Open the page of a rag.yaml and serve it until Ctrl-C or SIGTERM; the model's process ends with it.

    Raises:
        ResourceError: the port is in use.
        IndexMismatch, ModelError: the index or the model is missing or does not fit.
        MissingExtra: Gradio is not installed.
    """
    from rag.answer import Answerer
    from rag.evaluation.parity.certificate import unproven

    web = recipe.get("web", {})
    with contextlib.closing(listen(web.get("host", HOST), web.get("port", PORT))) as listening:
        found = unproven(recipe.get("generation", {}), project)
        with contextlib.closing(Answerer.open(recipe, project)) as answerer:
            serve_on(listening, answerer, recipe, say, note=found.korean if found else "")


def serve_on(listening: socket.socket, answerer: Answerer, recipe: Mapping[str, Any], say: Say, *, note: str = "") -> None:
    """Serve an answerer's page on a socket until Ctrl-C or SIGTERM; note is a line at its foot."""
    asked = offered(answerer, recipe)
    # The probe is a question people ask: it loads the embedder, the analyser and the vectors a filter compares with.
    warmup = Warmup([answerer.generator.start, lambda: answerer.prepare(asked[0] if asked else "문답")], say)
    warmup.start()
    host, port = listening.getsockname()[:2]
    app = guarded(build(answerer, recipe, warmup, note), host, port)
    if not is_loopback(host):
        say(f"web.host is {host}: anyone who reaches this machine can ask. Set web.host=127.0.0.1 to keep it here.")
    title = recipe.get("title", "문답")
    running = server(app, lambda: say(f"{title}: {address(host, port)} (Ctrl-C closes it)"))
    with ended_cleanly(running):
        running.run(sockets=[listening])


def build(answerer: Answerer, recipe: Mapping[str, Any], warmup: Warmup | None = None, note: str = "") -> Any:
    """Return the page as gr.Blocks; nothing is started. note is a quiet line at its foot, "" for none.

    Raises:
        MissingExtra: Gradio is not installed.
    """
    try:
        import gradio as gr
    except ImportError as error:
        raise MissingExtra("the page", "ui", "gradio") from error

    title = str(recipe.get("title", "문답"))
    warmup, runs = warmup or Warmup(), Runs()
    with gr.Blocks(theme=theme.theme(), css_paths=[_STYLE], title=title, analytics_enabled=False) as page:
        with gr.Column(elem_id="page"):
            with gr.Row(elem_classes="masthead"):
                gr.HTML(f'<h1>{escape(title)}</h1><p class="lede">답마다 근거를 대조합니다</p>', padding=False)
                ask_tab.lay_out_state(warmup)
            ask_tab.lay_out(answerer, offered(answerer, recipe), list(answerer.levels), warmup, runs)
            if note:
                gr.HTML(f'<p class="foot">{escape(note)}</p>', padding=False, elem_id="foot")
    page.queue(api_open=False)
    return page


def offered(answerer: Answerer, recipe: Mapping[str, Any]) -> list[str]:
    """Return the questions the page offers."""
    return examples.questions(recipe, answerer.retriever.index.chunks.values())


def guarded(page: Any, host: str, port: int) -> App:
    """Return the page as an ASGI application that names no other host and, on loopback, answers to no other name."""
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    if is_loopback(host):  # a web site whose name is made to point at 127.0.0.1 must not read the answers
        outer.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    with contextlib.redirect_stdout(io.StringIO()):  # Gradio 5.50 prints a line meant for its own developers
        app = gr.mount_gradio_app(outer, page, path="/", server_name=host, server_port=port, show_api=False,
                                  allowed_paths=[], show_error=False, max_file_size="1b", ssr_mode=False, pwa=False,
                                  enable_monitoring=False, mcp_server=False)
    return Closed(app)
