"""The worker process of a local model: JSON lines in on stdin, JSON lines out on what was stdout.

    in   {"op": "load", "model": "…", "adapters": [], "dtype": "auto", "threads": null, "batch_size": null}
         {"op": "generate", "id": 1, "requests": [{"content": "…", "system": ""}], "decoding": {…}, "stream": false}
         {"op": "render", "id": 2, "requests": [...]}      (the prompts' token ids; nothing is generated)
         {"op": "tokens", "id": 3, "texts": ["…"]}         (plain texts' token ids)
         {"op": "memory", "id": 4}                         (the GPU memory held at most, 0 without one)
         {"op": "cancel", "id": 1}
    out  {"event": "ready", "device": "cpu", "dtype": "torch.float32", "context": 32768, "load_s": 9.1}
         {"event": "delta", "id": 1, "text": "…"}          (streams only)
         {"event": "done", "id": 1, "index": 0, "generation": {…}}
         {"event": "error", "id": 1, "index": 0, "kind": "GenerationError", "what": "…", "where": "…", "fix": "…"}
         {"event": "ids", "id": 2, "index": 0, "ids": [2, 7]}
         {"event": "memory", "id": 4, "gpu_peak_bytes": 0}
         {"event": "end", "id": 1}                          (always the last word on a request)
         {"event": "beat"}                                  (still working)

Started by local.py with `python -m mundap.generator.worker`; it exits when stdin closes, so it never outlives its
parent. One thread generates; another reads stdin, so that a cancel is heard while a request runs.

Why not `transformers serve` (read in 5.5.4): it merges no adapters, runs requests one at a time unless paged
attention is on, cannot cancel a request that is not streamed, turns frequency_penalty into a penalty that counts the
prompt, loads any model a local caller names, and needs fastapi, uvicorn and a port of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from mundap.errors import GenerationError, MundapError
from mundap.generator import Decoding, Generation, Request, decoding_of
from mundap.generator.engine import Engine


class Wire:
    """Writes events, one ASCII JSON line each, from any thread."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._lock = threading.Lock()

    def send(self, event: str, **values: Any) -> None:
        """Write one event."""
        line = json.dumps({"event": event, **values}).encode("ascii") + b"\n"
        with self._lock:
            self._out.write(line)
            self._out.flush()

    def send_error(self, error: Exception, **values: Any) -> None:
        """Write an error so that the parent can raise the same again."""
        if not isinstance(error, MundapError):
            error = GenerationError(f"{type(error).__name__}: {error}", where="the model's worker process",
                                    fix="Ask again; if it comes back, report it with the lines the worker logged.")
        self.send("error", kind=type(error).__name__, what=error.what, where=error.where, fix=error.fix, **values)


class Inbox:
    """Reads operations on a thread of its own: cancels take effect at once, the rest queue up in order."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue()
        self._cancels: dict[int, threading.Event] = {}
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next(self) -> dict[str, Any]:
        """Return the next operation, waiting for it."""
        return self._waiting.get()

    def cancelled(self, number: int) -> threading.Event:
        """Return the event that is set when request number is cancelled."""
        return self._cancels[number]

    def forget(self, number: int) -> None:
        """Drop the event of a request that has ended."""
        self._cancels.pop(number, None)

    def _read(self) -> None:
        for line in self._source:
            operation = json.loads(line) | {"received": time.perf_counter()}
            if operation["op"] == "cancel":
                event = self._cancels.get(operation["id"])
                if event is not None:
                    event.set()
                continue
            if operation["op"] != "load":
                self._cancels[operation["id"]] = threading.Event()
            self._waiting.put(operation)
        # The parent closed the pipe or died. Nothing here is worth saving, and a generation may be under way.
        os._exit(0)


def main() -> int:
    """Serve until stdin closes; return 1 when the model cannot be loaded."""
    wire, inbox = Wire(_claim(1, "wb")), Inbox(_claim(0, "rb"))
    try:
        engine = _load(inbox.next(), wire)
    except Exception as error:
        wire.send_error(error)
        return 1
    while True:
        operation = inbox.next()
        try:
            if operation["op"] == "generate":
                _answer(engine, operation, inbox.cancelled(operation["id"]), wire)
            elif operation["op"] == "memory":
                wire.send("memory", id=operation["id"], gpu_peak_bytes=engine.gpu_peak_bytes())
            else:
                _encode(engine, operation, wire)
        except Exception as error:
            wire.send_error(error, id=operation["id"])
        inbox.forget(operation["id"])
        wire.send("end", id=operation["id"])


def _claim(number: int, mode: str) -> Any:
    """Return a private copy of a standard stream and point the stream away, so that no library can write into ours."""
    private = os.fdopen(os.dup(number), mode)
    if number == 1:
        os.dup2(2, 1)
    else:
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
    return private


def _load(operation: dict[str, Any], wire: Wire) -> Engine:
    from mundap.generator.loading import load_engine

    began = time.perf_counter()
    engine = load_engine(Path(operation["model"]), [Path(each) for each in operation["adapters"]], operation["dtype"],
                         threads=operation["threads"], batch_size=operation["batch_size"])
    wire.send("ready", device=str(engine.model.device), dtype=str(engine.model.dtype), context=engine.context,
              load_s=round(time.perf_counter() - began, 2))
    return engine


def _answer(engine: Engine, operation: dict[str, Any], cancelled: threading.Event, wire: Wire) -> None:
    number = operation["id"]
    decoding = decoding_of(operation["decoding"])
    prompts: dict[int, list[int]] = {}
    for index, request in enumerate(operation["requests"]):
        try:
            prompts[index] = engine.encode(Request(**request), decoding)
        except Exception as error:
            wire.send_error(error, id=number, index=index)
    indexes = list(prompts)

    def report(position: int, generation: Generation) -> None:
        index = indexes[position]
        text = operation["requests"][index].get("prefix", "") + generation.text
        wire.send("done", id=number, index=index, generation=asdict(generation) | {"text": text})

    def beat() -> None:
        wire.send("beat")

    if operation["stream"] and prompts:
        if operation["requests"][0].get("prefix"):
            wire.send("delta", id=number, text=operation["requests"][0]["prefix"])
        report(0, engine.stream(prompts[0], decoding, lambda text: wire.send("delta", id=number, text=text),
                                cancelled=cancelled, on_beat=beat, started=operation["received"]))
    elif prompts:
        engine.generate(list(prompts.values()), decoding, report, cancelled=cancelled, on_beat=beat)


def _encode(engine: Engine, operation: dict[str, Any], wire: Wire) -> None:
    """Tell what the engine makes of prompts (a chat template's tokens and all) or of plain texts."""
    if operation["op"] == "render":
        made = [engine.encode(Request(**request), Decoding(max_new_tokens=1)) for request in operation["requests"]]
    else:
        made = [list(engine.tokenizer(text, add_special_tokens=False)["input_ids"]) for text in operation["texts"]]
    for index, ids in enumerate(made):
        wire.send("ids", id=operation["id"], index=index, ids=ids)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        sys.exit(main())
