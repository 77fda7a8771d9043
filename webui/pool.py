"""The models the page keeps loaded: each a process of its own, opened when first asked and closed when room is needed.

A model is named by what loads it; systems that differ in decoding alone share one. One that is answering is never closed:
whoever needs its place waits.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import MundapError
from mundap.generator import Decoding, Generation, Generator, OnDone, Request, Stream, open_generator

LOADED = 2   # the page's own and one to compare it with
_OF_A_MODEL = ("generator", "chat", "base_url", "model", "api_key_env")
Opens = Callable[[Mapping[str, Any], Path], Generator]


@dataclass(slots=True)
class _Loaded:
    generator: Generator
    users: int = 0
    used: int = 0    # a count that grows: the smallest was used longest ago


class Pool:
    """Generators by model, at most `most` of them loaded at once."""

    def __init__(self, project: Path, most: int = LOADED, opens: Opens = open_generator) -> None:
        self.project = project
        self.most = most
        self._opens = opens
        self._loaded: dict[str, _Loaded] = {}
        self._free = threading.Condition()
        self._count = 0
        self._closed = False

    @contextlib.contextmanager
    def using(self, generation: Mapping[str, Any]) -> Iterator[Generator]:
        """Hold a `generation:` section's model for as long as the block runs; waits while every place is taken.

        Raises:
            ConfigError, ModelError: the model cannot be opened.
        """
        key = model_key(generation)
        with self._free:
            while not self._closed and key not in self._loaded and not self._make_room():
                self._free.wait()
            held = self._loaded.get(key) or self._open(key, generation)
            held.users += 1
            self._count += 1
            held.used = self._count
        try:
            yield held.generator
        finally:
            with self._free:
                held.users -= 1
                self._free.notify_all()

    def loaded(self) -> frozenset[str]:
        """Return the keys (model_key) of the models that are loaded; one whose process died, or has yet to start, is not."""
        with self._free:
            return frozenset(key for key, held in self._loaded.items() if getattr(held.generator, "pid", 0) is not None)

    def process(self, key: str) -> int | None:
        """Return the id of the process that holds a model; None where it is not loaded, or is no process of this machine."""
        with self._free:
            held = self._loaded.get(key)
        pid = getattr(held.generator, "pid", None) if held is not None else None
        return pid if isinstance(pid, int) else None

    def forget(self, generation: Mapping[str, Any]) -> None:
        """Give the place of a model back that could not be loaded, unless somebody else is using it."""
        with self._free:
            held = self._loaded.get(model_key(generation))
            if held is None or held.users:
                return
            del self._loaded[model_key(generation)]
            self._free.notify_all()
        held.generator.close()

    def close(self) -> None:
        """End every model's process, whether it is answering or not."""
        with self._free:
            self._closed = True
            held, self._loaded = list(self._loaded.values()), {}
            self._free.notify_all()
        for one in held:
            one.generator.close()

    def _open(self, key: str, generation: Mapping[str, Any]) -> _Loaded:
        held = self._loaded[key] = _Loaded(self._opens(generation, self.project))
        return held

    def _make_room(self) -> bool:
        """Close the model unused for longest, when all places are taken; return whether there is a place now."""
        if len(self._loaded) < self.most:
            return True
        idle = [(held.used, key) for key, held in self._loaded.items() if not held.users]
        if not idle:
            return False
        self._loaded.pop(min(idle)[1]).generator.close()
        return True


class PooledGenerator:
    """A generator whose model is the pool's: taken for the length of each call, so that it can be closed in between."""

    def __init__(self, pool: Pool, generation: Mapping[str, Any]) -> None:
        self.name = str(generation.get("chat") or f"{generation.get('model')} at {generation.get('base_url')}")
        self._pool = pool
        self._generation = generation

    def start(self) -> None:
        """Load the model; one that cannot be loaded takes up no place."""
        try:
            with self._pool.using(self._generation) as generator:
                generator.start()
        except MundapError:
            self._pool.forget(self._generation)
            raise

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None) -> list[Generation]:
        """Return one generation per request; see mundap.generator.Generator."""
        with self._pool.using(self._generation) as generator:
            return generator.generate(requests, decoding, on_done)

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        """Return the answer's text piece by piece; the model is held until the stream is closed or read to its end."""
        return Stream(lambda outer: self._pieces(outer, request, decoding))

    def close(self) -> None:
        """Nothing: the pool closes its models."""

    def _pieces(self, outer: Stream, request: Request, decoding: Decoding) -> Iterator[str]:
        with self._pool.using(self._generation) as generator, generator.stream(request, decoding) as inner:
            try:
                yield from inner
            finally:
                inner.close()
                outer.generation = inner.generation


def model_key(generation: Mapping[str, Any]) -> str:
    """Return what names the model of a `generation:` section; sections alike in it share one loaded model."""
    return json.dumps({key: generation.get(key) for key in _OF_A_MODEL}, sort_keys=True, ensure_ascii=False)
