"""The local generator: a model folder (and adapters) answered by a worker process of its own.

The process is what lets a model be stopped, switched and freed: killing it gives back every byte, on a GPU too. It
starts at start() or with the first request, and again by itself after it died. The worker is worker.py.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mundap.errors import GenerationError, MundapError
from mundap.generator import Decoding, Generation, OnDone, Request, Stream
from mundap.generator.chat_recipe import ChatModel, read_chat
from mundap.generator.process import WorkerProcess, as_error
from mundap.paths import show

STARTUP_TIMEOUT_S = 600.0  # a cold disk and a 7B model
SILENCE_TIMEOUT_S = 300.0  # a working worker speaks every second, except while it reads a very long prompt
DEFAULT_CHAT = "chat.yaml"


class LocalGenerator:
    """A model in a worker process. Requests of several threads are answered in the order they came."""

    def __init__(self, chat: ChatModel, name: str, *, threads: int | None = None, batch_size: int | None = None,
                 startup_timeout_s: float = STARTUP_TIMEOUT_S, timeout_s: float = SILENCE_TIMEOUT_S) -> None:
        self.name = name
        self._load = {"model": str(chat.model), "adapters": [str(each) for each in chat.adapters],
                      "dtype": chat.dtype, "threads": threads, "batch_size": batch_size}
        self._startup_timeout_s = startup_timeout_s
        self._timeout_s = timeout_s
        self._worker: WorkerProcess | None = None
        self._starting = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Return the worker's process id, or None when none is running."""
        worker = self._worker
        return worker.pid if worker is not None and worker.alive else None

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what the running worker told of itself: device, dtype, context and load_s; nothing while none runs."""
        worker = self._worker
        return {name: value for name, value in worker.ready.items() if name != "event"} if worker is not None else {}

    def start(self) -> None:
        """Load the model now.

        Raises:
            ModelError, ResourceError, LaunchError: it cannot be loaded.
        """
        self._running()

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None,
                 ) -> list[Generation]:
        """Return one generation per request, in order; prompts of near length are answered as a batch.

        Raises:
            GenerationError: a request failed (the others were answered first), or the worker died.
        """
        done: dict[int, Generation] = {}
        failed: dict[int, MundapError] = {}
        with contextlib.closing(self._ask(requests, decoding, stream=False)) as events:
            for event in events:
                if event["event"] == "done":
                    generation = done[event["index"]] = Generation(**event["generation"])
                    if on_done is not None:
                        on_done(event["index"], generation)
                elif event["event"] == "error":
                    failed[event.get("index", -1)] = as_error(event)
        if failed:
            raise _first_failure(failed, len(requests), len(done))
        return [done[index] for index in range(len(requests))]

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        """Return the answer's deltas; closing the stream cancels the generation and the worker goes on.

        Raises (when read):
            GenerationError: the request failed, or the worker died.
        """
        return Stream(lambda stream: self._deltas(stream, request, decoding))

    def render(self, requests: Sequence[Request]) -> list[list[int]]:
        """Return each prompt's token ids, as the model reads them; nothing is generated.

        Raises:
            GenerationError: a prompt does not fit the model's context, or the worker died.
        """
        return self._ids({"op": "render", "requests": [asdict(request) for request in requests]})

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each plain text's token ids, without the marks of a prompt.

        Raises:
            GenerationError: the worker died.
        """
        return self._ids({"op": "tokens", "texts": list(texts)})

    def gpu_peak_bytes(self) -> int:
        """Return the most GPU memory the worker has held so far, 0 without a GPU.

        Raises:
            GenerationError: the worker died.
        """
        events = self._running().ask({"op": "memory"}, silence_timeout_s=self._timeout_s)
        return max((event["gpu_peak_bytes"] for event in events if event["event"] == "memory"), default=0)

    def close(self) -> None:
        """End the worker and free its memory; a later request starts a new one."""
        with self._starting:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _deltas(self, stream: Stream, request: Request, decoding: Decoding) -> Iterator[str]:
        with contextlib.closing(self._ask([request], decoding, stream=True)) as events:
            for event in events:
                if event["event"] == "delta":
                    yield event["text"]
                elif event["event"] == "done":
                    stream.generation = Generation(**event["generation"])
                elif event["event"] == "error":
                    raise as_error(event)

    def _ask(self, requests: Sequence[Request], decoding: Decoding, *, stream: bool) -> Any:
        """Return the worker's events, as a generator so that closing it cancels."""
        operation = {"requests": [asdict(request) for request in requests], "decoding": asdict(decoding),
                     "stream": stream}
        return self._running().ask(operation, silence_timeout_s=self._timeout_s)

    def _ids(self, operation: Mapping[str, Any]) -> list[list[int]]:
        found: list[list[int]] = []
        for event in self._running().ask(operation, silence_timeout_s=self._timeout_s):
            if event["event"] == "error":
                raise as_error(event)
            if event["event"] == "ids":
                found.append(event["ids"])
        return found

    def _running(self) -> WorkerProcess:
        """Return a live worker, starting one when there is none or the last one died."""
        with self._starting:
            if self._worker is not None and not self._worker.alive:
                self._worker.close()
                self._worker = None
            if self._worker is None:
                self._worker = WorkerProcess(self._load, startup_timeout_s=self._startup_timeout_s)
            return self._worker


def open_local(settings: Mapping[str, Any], project: Path) -> LocalGenerator:
    """Return the generator for `generation: {generator: local, chat: …}`.

    Raises:
        ConfigError: the chat recipe is wrong.
        ModelError: its model or adapter is not there.
    """
    chat = read_chat(settings.get("chat", DEFAULT_CHAT), project)
    options = {key: settings[key] for key in ("threads", "batch_size", "startup_timeout_s", "timeout_s")
               if key in settings}
    name = " + ".join(show(each, project) for each in (chat.model, *chat.adapters))
    return LocalGenerator(chat, name, **options)


def _first_failure(failed: Mapping[int, MundapError], asked: int, answered: int) -> MundapError:
    index = min(failed)
    error = failed[index]
    if asked == 1 or index < 0:
        return error
    return GenerationError(f"request {index + 1} of {asked} failed ({answered} were answered): {error.what}",
                           where=error.where, fix=error.fix)
