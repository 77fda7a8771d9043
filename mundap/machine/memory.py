"""The most memory this process and everything below it held while some work ran."""

from __future__ import annotations

import os
import threading
from types import TracebackType

from mundap.launch import tree_rss

_EVERY_S = 0.25


class PeakMemory:
    """Samples resident memory on a thread between entering and leaving; peak_bytes is the largest sample."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        self._over.set()
        self._thread.join()
        self._sample()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._sample()

    def _sample(self) -> None:
        self.peak_bytes = max(self.peak_bytes, tree_rss(os.getpid()))
