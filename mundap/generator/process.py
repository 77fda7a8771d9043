"""The parent's end of a worker process: start it, ask it, hear from it, notice its death, end it.

Knows operations and events (worker.py describes them), nothing of recipes or of what an answer means.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import logging
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from typing import IO, Any

from mundap import errors
from mundap.errors import GenerationError, LaunchError, MundapError
from mundap.generator.environment import worker_command, worker_environment

STDERR_LINES = 40
SHOWN_LINES = 8
POLL_S = 1.0
GRACE_S = 5.0

log = logging.getLogger(__name__)
Event = dict[str, Any]


class WorkerProcess:
    """One running worker. Any thread may ask; events are handed to whoever asked, by request number."""

    def __init__(self, load: Mapping[str, Any], *, startup_timeout_s: float) -> None:
        """Start a worker and wait until its model is loaded.

        Raises:
            ModelError, ResourceError: the worker could not load the model.
            LaunchError: the worker did not start, died, or took longer than startup_timeout_s.
        """
        self._load = dict(load)
        self._numbers = itertools.count(1)
        self._asked: dict[int, queue.Queue[Event | None]] = {}
        self._loading: queue.Queue[Event | None] = queue.Queue()
        self._lock = threading.Lock()
        self._stderr: collections.deque[str] = collections.deque(maxlen=STDERR_LINES)
        self._heard = time.monotonic()
        self._closed = False
        self._process = self._spawn()
        self._readers = [threading.Thread(target=read, daemon=True, name=f"worker-{read.__name__}")
                         for read in (self._read_events, self._read_stderr)]
        for reader in self._readers:
            reader.start()
        self.ready = self._await_ready(startup_timeout_s)

    @property
    def pid(self) -> int:
        """Return the worker's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Return whether the worker is running and still talking to us."""
        return not self._closed and self._process.poll() is None

    def ask(self, operation: Mapping[str, Any], *, silence_timeout_s: float) -> Iterator[Event]:
        """Yield the events of one operation (generate, unless it says otherwise), up to its end; leaving early cancels it.

        silence_timeout_s counts from the last sign of life, which a working worker gives every second; one that stays
        silent longer is killed.

        Raises:
            GenerationError: the worker died, or fell silent.
        """
        number = next(self._numbers)
        events: queue.Queue[Event | None] = queue.Queue()
        self._asked[number] = events
        ended = False
        try:
            self._heard = time.monotonic()
            self._send({"op": "generate", "id": number, **operation})
            while True:
                event = self._next(events, silence_timeout_s)
                if event["event"] == "end":
                    ended = True
                    return
                yield event
        finally:
            self._asked.pop(number, None)
            if not ended and self.alive:
                with contextlib.suppress(GenerationError):
                    self._send({"op": "cancel", "id": number})

    def close(self) -> None:
        """End the worker: closing its stdin makes it exit at once; one that does not is killed."""
        self._closed = True
        with contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(GRACE_S)
        for pipe in (self._process.stdout, self._process.stderr):
            _pipe(pipe).close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        try:
            # A session of its own: Ctrl-C in the terminal is for the parent to answer, not for the worker.
            return subprocess.Popen(worker_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, env=worker_environment(), start_new_session=True)
        except OSError as error:
            raise LaunchError(f"the model's worker process could not start: {error}", where=worker_command()[0],
                              fix="Install the dependencies again in this Python environment.") from error

    def _await_ready(self, timeout_s: float) -> Event:
        where = str(self._load.get("model", ""))
        try:
            self._send({"op": "load", **self._load})
            event = self._loading.get(timeout=timeout_s)
        except queue.Empty:
            self._process.kill()
            self.close()
            raise LaunchError(f"the model was not loaded within {timeout_s:g} s.", where=where,
                              fix="Raise generation.startup_timeout_s, or use a smaller model.") from None
        except GenerationError:
            event = None
        if event is None:
            cause = self._cause()
            self.close()
            raise LaunchError(f"the model's worker process {cause}", where=where,
                              fix="Read the lines above; `mundap doctor` checks the installation and the memory.")
        if event["event"] == "error":
            self.close()
            raise as_error(event)
        return event

    def _send(self, operation: Mapping[str, Any]) -> None:
        line = json.dumps(operation).encode("ascii") + b"\n"
        try:
            with self._lock:
                stdin = _pipe(self._process.stdin)
                stdin.write(line)
                stdin.flush()
        except (OSError, ValueError) as error:  # ValueError: the pipe was closed
            raise self._died() from error

    def _next(self, events: queue.Queue[Event | None], silence_timeout_s: float) -> Event:
        while True:
            try:
                event = events.get(timeout=min(POLL_S, silence_timeout_s))
            except queue.Empty:
                if time.monotonic() - self._heard > silence_timeout_s:
                    self._process.kill()
                    raise GenerationError(
                        f"the model gave no sign of life for {silence_timeout_s:g} s and was stopped.",
                        where=str(self._load["model"]),
                        fix="Ask again with a shorter prompt, or raise generation.timeout_s.") from None
                continue
            if event is None:
                raise self._died()
            return event

    def _read_events(self) -> None:
        for line in _pipe(self._process.stdout):
            self._heard = time.monotonic()
            try:
                event = json.loads(line)
            except ValueError:
                log.warning("worker %d wrote a line that is not an event: %r", self.pid, line[:200])
                continue
            if "id" in event:
                asked = self._asked.get(event["id"])
                if asked is not None:  # a cancelled request's last events find nobody
                    asked.put(event)
            elif event["event"] != "beat":
                self._loading.put(event)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_S)
        self._closed = True
        self._loading.put(None)
        for asked in list(self._asked.values()):
            asked.put(None)

    def _read_stderr(self) -> None:
        for line in _pipe(self._process.stderr):
            text = line.decode("utf-8", "replace").rstrip()
            self._stderr.append(text)
            log.debug("worker %d: %s", self.pid, text)

    def _died(self) -> GenerationError:
        return GenerationError(f"the model's worker process {self._cause()}", where=str(self._load["model"]),
                               fix="Ask again: a new worker starts by itself. If it keeps dying, memory is short:\n"
                                   "close other programs, or use a smaller model.")

    def _cause(self) -> str:
        """Return how the worker ended, with the last lines it wrote."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_S)
        code = self._process.returncode
        said = [line for line in self._stderr if line][-SHOWN_LINES:]
        lines = "".join(f"\n    {line}" for line in said)
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            return f"was killed ({name}{'; often memory running out' * (name == 'SIGKILL')}).{lines}"
        return f"ended with exit code {code}.{lines}"


def as_error(event: Event) -> MundapError:
    """Return the error a worker's error event describes."""
    kind = getattr(errors, event["kind"], GenerationError)
    error: MundapError = kind(event["what"], where=event["where"], fix=event["fix"])
    return error


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "Popen was asked for pipes"
    return pipe
