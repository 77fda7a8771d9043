"""A person's uploads as an index of their own, built and opened as a domain's is, with the domain's embedding model.

Building runs in a thread so that whoever waits can be shown how far it is, and can stop it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mundap.embedder import TextEmbedder
from mundap.errors import IndexMismatch
from rag.indexing.build import build, is_stale, open_index, read_manifest
from rag.search.retrieve import Retriever
from webui.domain import Domain
from webui.uploads.refusal import Refused
from webui.uploads.shelf import Shelf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

AT_ONCE = 16     # passages embedded between two looks at the stop flag
_TICK_S = 0.2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """How many passages have a vector so far, of how many, and how many more a second."""

    done: int
    total: int
    rate: float


class WatchedEmbedder:
    """The domain's embedder, a few passages at a time: tells how far it is and looks whether it is to stop."""

    def __init__(self, inner: TextEmbedder, told: Callable[[int], None], stopped: threading.Event) -> None:
        self._inner, self._told, self._stopped = inner, told, stopped

    @property
    def identity(self) -> str:
        """Return the embedder's own name."""
        return self._inner.identity

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return self._inner.dimension

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the questions' vectors."""
        return self._inner.embed_queries(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the passages' vectors.

        Raises:
            Refused: it was stopped.
        """
        import numpy as np

        parts = []
        for start in range(0, len(texts), AT_ONCE):
            if self._stopped.is_set():
                raise Refused("stopped")
            part = texts[start:start + AT_ONCE]
            parts.append(self._inner.embed_passages(part))
            self._told(len(part))
        return np.concatenate(parts) if parts else self._inner.embed_passages([])


def key_of(domain: Domain) -> str:
    """Return what names a domain's way of indexing: domains that share it share an index of the uploads."""
    kept = {name: value for name, value in domain.recipe["index"].items()
            if name not in ("chunks", "path", "collection", "server")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def private_recipe(recipe: Mapping[str, Any], domain: Domain, shelf: Shelf) -> dict[str, Any]:
    """Return a recipe of a domain that searches a person's uploads instead of the domain's documents."""
    index = {name: value for name, value in recipe["index"].items() if name != "server"}
    return {**recipe, "index": {**index, "chunks": str(shelf.chunks), "path": str(shelf.index(key_of(domain))),
                                "collection": "uploads"}}


def build_index(shelf: Shelf, domain: Domain, stopped: threading.Event, total: int) -> Generator[Embedded, None, None]:
    """Bring the index of a shelf up to date with its merged chunks; yield how far it is. total: passages expected.

    Raises:
        Refused: it was stopped.
        MundapError: the index cannot be built.
    """
    failed: queue.Queue[BaseException] = queue.Queue()
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count

    def run() -> None:
        try:
            embedder = WatchedEmbedder(domain.retriever.embedder, told, stopped)
            build(private_recipe(domain.recipe, domain, shelf), domain.project, embedder, _log.debug)
        except BaseException as error:
            failed.put(error)

    thread = threading.Thread(target=run, name="uploads-index", daemon=True)
    started = time.monotonic()
    thread.start()
    try:
        while thread.is_alive():
            yield Embedded(done=min(done, total), total=total, rate=done / max(time.monotonic() - started, 1e-3))
            thread.join(_TICK_S)
    except GeneratorExit:
        stopped.set()
        raise
    finally:
        thread.join()
    if not failed.empty():
        raise failed.get()


def open_retriever(shelf: Shelf, domain: Domain) -> Retriever:
    """Return a retriever over a shelf's merged chunks; the index is built first where it is missing or behind.

    Raises:
        MundapError: it can be neither opened nor built.
    """
    recipe, embedder = private_recipe(domain.recipe, domain, shelf), domain.retriever.embedder
    stored = read_manifest(shelf.index(key_of(domain)))
    if stored is not None and not is_stale(stored, shelf.chunks):
        try:
            return Retriever(open_index(recipe, domain.project, embedder), embedder, recipe)
        except IndexMismatch as error:      # the domain is indexed in another way by now, or the folder is damaged
            _log.info("%s", error)
    build(recipe, domain.project, embedder, _log.debug)
    return Retriever(open_index(recipe, domain.project, embedder), embedder, recipe)
