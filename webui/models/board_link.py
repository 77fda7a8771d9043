"""LLaMA Board opened from the page: a child process on this machine's loopback, ended by a button or with the page.

What `mundap board` does in a terminal (mundap.board.opening) is done here beside the page. The Board has no log-in and
reads any file a data set names, so a tab offers it on loopback alone, and to an admin.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import psutil

from mundap import launch
from mundap.board import opening, workspace
from mundap.errors import LaunchError, MundapError, ResourceError
from mundap.listening import is_loopback
from mundap.paths import show
from mundap.recipe import load

PORT = 7861
LOG = "board.log"
_LOOK_S = 0.25
_CLOSE_S = 20.0    # a child is asked for 10 s before it is killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """How the Board stands. seconds: since it was started. notes: what to know before trusting it with this recipe."""

    state: Literal["closed", "opening", "open", "failed"] = "closed"
    recipe: str = ""
    address: str = ""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    error: MundapError | None = None


class Board:
    """The one Board of a page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened = Opened()
        self._began = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def opened(self) -> Opened:
        """Return how it stands."""
        with self._lock:
            return replace(self._opened, seconds=time.monotonic() - self._began) if self._began else self._opened

    def open(self, path: Path, port: int = PORT) -> None:
        """Start it with a train recipe in its form, and return before it answers.

        Raises:
            ConfigError: the recipe is wrong or none for training.
            ResourceError: one is open already, or the port is taken.
        """
        with self._lock:
            if self._opened.state in ("opening", "open"):
                raise ResourceError(f"LLaMA Board is open already, with {self._opened.recipe}.", where=self._opened.address,
                                    fix="Close it first.")
            recipe = load(path, kind="train")
            ready = opening.filled(recipe, port)
            opening.require_port(port)
            notes = opening.notes(recipe, ready.form)
            kept = workspace.settle(recipe, ready.form, {**ready.page, "browser": False})
            notes += [f"the form saved here before is now {kept}"] * bool(kept) + [opening.way_back(recipe, ready.folder)]
            self._began, self._stop = time.monotonic(), threading.Event()
            self._opened = Opened(state="opening", recipe=recipe.name, address=f"http://{opening.HOST}:{port}", notes=tuple(notes))
            self._thread = threading.Thread(target=self._run, args=(ready, port, self._stop, recipe.project), daemon=True,
                                            name="board")
            self._thread.start()

    def close(self) -> None:
        """End it, and whatever was started from it; nothing where it is not open."""
        self._stop.set()
        thread = self._thread
        if thread is not None:
            thread.join(_CLOSE_S)

    def _run(self, ready: opening.Opening, port: int, stop: threading.Event, project: Path) -> None:
        error: MundapError | None = None
        log = ready.folder / LOG
        try:
            with launch.beside(ready.command, cwd=ready.folder, env=ready.env, log=log) as child:
                while error is None and not stop.wait(_LOOK_S):
                    ended = child.ended()
                    if ended is not None:
                        error = _failure(ended, log, project)
                    elif self._opened.state == "opening" and _listens(child.pid, port):
                        self._set(state="open")
        except MundapError as raised:
            error = raised
        except OSError as raised:
            error = LaunchError(f"could not be started ({raised.strerror or raised}).", where="LLaMA Board")
        self._set(state="failed" if error else "closed", error=error)

    def _set(self, **changed: Any) -> None:
        with self._lock:
            self._opened = replace(self._opened, **changed)


def allowed(settings: Mapping[str, Any]) -> bool:
    """Return whether a page of these `web:` settings may open it: it serves this machine, and no proxy names it."""
    return is_loopback(str(settings["host"])) and not settings.get("hosts")


def _listens(pid: int, port: int) -> bool:
    """Return whether a process, or one below it, listens on a port: another program that took the port is not ours."""
    try:
        process = psutil.Process(pid)
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port
                   for each in (process, *process.children(recursive=True)) for one in each.net_connections("tcp"))
    except psutil.Error:
        return False


def _failure(ended: launch.Outcome, log: Path, project: Path) -> LaunchError:
    if ended.returncode == 0:
        return LaunchError("ended by itself.", where="LLaMA Board", fix=f"The whole log: {show(log, project)}")
    return launch.failure(ended, what="LLaMA Board", log=Path(show(log, project)))
