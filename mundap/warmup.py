"""The model and the retriever made ready in the background: a server opens at once and its first answer is quick.

A failure here is not raised: the first question meets the same error and shows it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from mundap.errors import MundapError

Say = Callable[[str], None]


class Warmup:
    """Runs its steps side by side, each once, and knows when they are done."""

    def __init__(self, steps: Sequence[Callable[[], object]] = (), say: Say = lambda line: None) -> None:
        self.error: MundapError | None = None
        self._say = say
        self._started = time.monotonic()
        self._threads = [threading.Thread(target=self._run, args=(step,), name=f"warmup-{at}", daemon=True)
                         for at, step in enumerate(steps)]
        self._left = len(self._threads)
        self._lock = threading.Lock()
        self._begun = False

    def start(self) -> None:
        """Start the steps and return at once; started before, they are not again."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()

    def is_ready(self) -> bool:
        """Return whether every step has come to its end, well or not."""
        return self._left == 0

    def _run(self, step: Callable[[], object]) -> None:
        try:
            step()
        except MundapError as raised:
            self.error = raised
            self._say(f"warm-up: {raised}")
        finally:
            with self._lock:
                self._left -= 1
                done = self._left == 0
            if done and self.error is None:
                self._say(f"the model is ready ({time.monotonic() - self._started:.1f} s)")
