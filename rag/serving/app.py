"""The endpoint: routes, and `mundap serve` itself. What it offers stands in the package's docstring.

    mundap serve configs/demo/rag.yaml

Makes no answers (rag.answer) and no JSON (wire.py); who may ask is guard.py's, and whose turn it is slots.py's.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import mundap
from mundap.asgi import MAX_HEADERS_BYTES, App
from mundap.errors import ConfigError
from mundap.levels import AUTO, level_named
from mundap.listening import address, ended_cleanly, is_loopback, listen, server
from mundap.warmup import Say, Warmup
from rag.answer import Answerer
from rag.serving import wire
from rag.serving.body import read_body
from rag.serving.desk import Desk
from rag.serving.events import Events, gone
from rag.serving.guard import Guard, token_for
from rag.serving.wire import ApiError

STOP_S = 2.0              # how long the threads at work are waited for at the end
MAX_CONNECTIONS = 1_000   # below the usual limit of open files
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The recipe's `serve` section; the defaults are the schema's."""

    host: str = "127.0.0.1"
    port: int = 8765
    max_concurrent: int = 4
    queue: int = 64
    timeout_s: float = 120
    max_request_bytes: int = 262_144
    token_env: str = "MUNDAP_SERVE_TOKEN"


class Endpoint:
    """One answerer's routes."""

    def __init__(self, answerer: Answerer, recipe: Mapping[str, Any], settings: Settings, warmup: Warmup) -> None:
        self.answerer = answerer
        self.settings = settings
        self.warmup = warmup
        self.model = f"mundap-{recipe['domain']}"
        self.title = str(recipe.get("title", "문답"))
        self.fingerprint = _fingerprint(answerer)
        self.created = int(time.time())
        self.desk: Desk

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Open the desk in the server's own event loop, and leave no thread at work behind."""
        self.desk = Desk(self.answerer, at_once=self.settings.max_concurrent, queue=self.settings.queue,
                         timeout_s=self.settings.timeout_s)
        try:
            yield
        finally:
            self.desk.end()
            self.desk.join(STOP_S)

    def end(self) -> None:
        """Tell all who wait that the server is ending."""
        self.desk.end()

    async def health(self, request: Request) -> Response:
        """Say whether questions are answered at once."""
        state = "failed" if self.warmup.error else "ready" if self.warmup.is_ready() else "loading"
        return JSONResponse({"status": state}, status_code=200 if state == "ready" else 503)

    async def models(self, request: Request) -> Response:
        """List the one model."""
        return JSONResponse({"object": "list", "data": [self._described()]})

    async def one_model(self, request: Request) -> Response:
        """Describe the one model."""
        self._known(request.path_params["model"])
        return JSONResponse(self._described())

    async def chat(self, request: Request) -> Any:
        """Answer a question, whole or as a stream."""
        asked = wire.read(await read_body(request, self.settings.max_request_bytes))
        self._known(asked.model)
        self._check(asked)
        work = self.desk.take(asked)
        reply = wire.Reply(model=self.model, fingerprint=self.fingerprint)
        if asked.stream:
            return Events(work, reply, asked)
        watch = asyncio.create_task(gone(request.receive))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return Response(status_code=499)   # nobody reads it
            found = work.result()
            return Response(wire.encoded(reply.completion(found.answer, wire.told(found.answer, asked, found.queue_s))),
                            media_type="application/json")
        finally:
            work.cancel()
            watch.cancel()

    def _described(self) -> dict[str, Any]:
        return {"id": self.model, "object": "model", "created": self.created, "owned_by": "mundap",
                "mundap": {"title": self.title, "levels": list(self.answerer.levels),
                           "filters": list(self.answerer.retriever.vocabulary)}}

    def _known(self, model: str) -> None:
        if model != self.model:
            raise ApiError(404, f"there is no model {model[:80]!r} here; the one there is: {self.model}",
                           code="model_not_found", param="model")

    def _check(self, asked: wire.Asked) -> None:
        """Raise an ApiError for a level or a field that the recipe has not."""
        try:
            if asked.level != AUTO:
                level_named(asked.level, self.answerer.levels)
        except ConfigError as error:
            raise ApiError(400, str(error), code="invalid_request", param="level") from None
        strange = sorted(asked.without - self.answerer.retriever.vocabulary.keys())
        if strange:
            raise ApiError(400, f"without: {strange[0][:80]!r} is no field that filters; those are: "
                           f"{', '.join(self.answerer.retriever.vocabulary) or 'none'}.", code="invalid_request",
                           param="without")


def serve(recipe: Mapping[str, Any], project: Path, say: Say) -> None:
    """Serve a rag.yaml's answers until Ctrl-C or SIGTERM; the model's process ends with it.

    Raises:
        ConfigError: others can reach serve.host and no token is set, or the recipe lets unchecked sentences stand.
        ResourceError: the port is in use.
        IndexMismatch, ModelError: the index or the model is missing or does not fit.
    """
    if recipe["verification"]["policy"] == "flag":
        raise ConfigError("with flag, sentences that fail the check stay in the answer, and an OpenAI client shows no flags.",
                          where="verification.policy", fix="Serve with: verification.policy=abstain")
    settings = Settings(**recipe.get("serve", {}))
    with contextlib.closing(listen(settings.host, settings.port, section="serve")) as listening:
        token = token_for(listening.getsockname()[0], settings.token_env)
        one_thread()
        with contextlib.closing(Answerer.open(recipe, project)) as answerer:
            serve_on(listening, answerer, recipe, say, token=token)


def one_thread() -> None:
    """Have each question embedded by one thread.

    A question is too short to be worth more, and threads of several questions and of the model's own process would spin
    against each other (benchmarks/serve_load.py).
    """
    with contextlib.suppress(ImportError):   # an embedder without torch needs none of this
        import torch

        torch.set_num_threads(1)


def serve_on(listening: socket.socket, answerer: Answerer, recipe: Mapping[str, Any], say: Say, *, token: str = "") -> None:
    """Serve an answerer on a socket until Ctrl-C or SIGTERM."""
    host, port = listening.getsockname()[:2]
    # The probe names a value of every field: it loads the embedder, the analyser and what a filter compares with.
    probe = " ".join(str(values[0]) for values in answerer.retriever.vocabulary.values() if values) or "문답"
    warmup = Warmup([answerer.generator.start, lambda: answerer.prepare(probe)], say)
    warmup.start()
    endpoint = Endpoint(answerer, recipe, Settings(**recipe.get("serve", {})), warmup)
    if not is_loopback(host):
        say(f"serve.host is {host}: whoever reaches this machine and has the token can ask. The token travels unencrypted: "
            "put a TLS proxy in front.")
    running = server(application(endpoint, host, token), lambda: say(
        f"{endpoint.title}: {address(host, port)}/v1, model {endpoint.model}"
        f"{', with the token' if token else ''} (Ctrl-C closes it)"), endpoint.end, **HTTP)
    with ended_cleanly(running):
        running.run(sockets=[listening])


# h11 and not httptools: it bounds headers that are still coming, and refuses what two servers could read differently.
HTTP: Mapping[str, Any] = {"http": "h11", "ws": "none", "loop": "asyncio", "server_header": False, "proxy_headers": False,
                           "limit_concurrency": MAX_CONNECTIONS, "h11_max_incomplete_event_size": MAX_HEADERS_BYTES}


def application(endpoint: Endpoint, host: str, token: str) -> App:
    """Return the endpoint as an ASGI application for an address; nothing is started."""
    routes = [Route("/health", endpoint.health), Route("/v1/models", endpoint.models),
              Route("/v1/models/{model}", endpoint.one_model),
              Route("/v1/chat/completions", endpoint.chat, methods=["POST"])]
    app = Starlette(routes=routes, lifespan=endpoint.lifespan,
                    exception_handlers={ApiError: _refused, HTTPException: _no_route, Exception: _unexpected})
    app.router.redirect_slashes = False
    return Guard(app, host=host, token=token)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body, status_code=error.status, headers=error.headers)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = ApiError(error.status_code, f"{request.method} {request.url.path[:80]}: {error.detail}.", code="not_found")
    return JSONResponse(told.body, status_code=error.status_code, headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    told = ApiError(500, "the server failed unexpectedly; its log says how.", code="internal_error", retry=False)
    return JSONResponse(told.body, status_code=500, headers=told.headers)


def _fingerprint(answerer: Answerer) -> str:
    """Return a name that changes with the version, the model and the index."""
    of = json.dumps([answerer.generator.name, dict(answerer.retriever.index.manifest)], sort_keys=True, default=str)
    return f"mundap-{mundap.__version__}-{hashlib.sha256(of.encode()).hexdigest()[:10]}"
