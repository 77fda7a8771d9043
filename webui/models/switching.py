"""Another model taken into use while the page runs: loaded in the background first, and only then answering.

One change at a time, for a whole domain and so for everybody on the page. Nothing is written down: a page that is started
again answers as its rag.yaml says. Knows no model; Domain.use loads and proves it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Literal, Protocol

from mundap.errors import LaunchError, MundapError, ResourceError

_log = logging.getLogger(__name__)


class Changes(Protocol):
    """What can change its system: a Domain."""

    in_use: str

    def require(self, system: str) -> None:
        """Raise where there is no such system, or it lacks its model."""

    def use(self, system: str) -> None:
        """Load a system's model and answer with it; where that fails, raise and go on with the one in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How the latest change stands. seconds: how long it has been loading, or took. error is of a failed one."""

    state: Literal["none", "loading", "done", "failed"] = "none"
    system: str = ""
    seconds: float = 0.0
    error: MundapError | None = None


class Switching:
    """The changes of one domain."""

    def __init__(self, domain: Changes) -> None:
        self._domain = domain
        self._lock = threading.Lock()
        self._change = Change()
        self._began = 0.0
        self._thread: threading.Thread | None = None

    def begin(self, system: str) -> None:
        """Begin to load a system's model, and return at once.

        Raises:
            ConfigError: there is no such system, or its model is missing.
            ResourceError: another change is under way.
        """
        self._domain.require(system)
        with self._lock:
            if self._change.state == "loading":
                raise ResourceError(f"{self._change.system!r} is being loaded.", where="models", fix="Wait until it is ready.")
            self._change, self._began = Change(state="loading", system=system), time.monotonic()
            self._thread = threading.Thread(target=self._run, args=(system,), name=f"switch-{system}", daemon=True)
            self._thread.start()

    @property
    def change(self) -> Change:
        """Return how the latest change stands."""
        with self._lock:
            change, spent_s = self._change, time.monotonic() - self._began
        return change if change.state != "loading" else Change(state="loading", system=change.system, seconds=spent_s)

    def wait(self, timeout_s: float | None = None) -> Change:
        """Wait for the change under way, and return how it stands then."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return self.change

    def _run(self, system: str) -> None:
        error: MundapError | None = None
        try:
            self._domain.use(system)
        except MundapError as raised:
            error = raised
        except Exception as raised:  # whatever went wrong, the page must not stay at "loading"
            _log.exception("a model could not be taken into use")
            error = LaunchError(f"{type(raised).__name__}: {raised}", where=system)
        with self._lock:
            self._change = Change(state="failed" if error else "done", system=system, error=error,
                                  seconds=time.monotonic() - self._began)
