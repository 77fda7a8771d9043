"""Run a child process: drain both pipes into a log, measure its memory, stop it cleanly, and say why it failed.

What LLaMA-Factory is told is factory.py's business; here a child is a list of words. The child leads its own process
group, so a Ctrl-C in the terminal reaches only us, and we decide how it stops: a process that catches SIGABRT (the
trainer does, see factory.py) is asked that way and saves its adapter; any other gets SIGTERM; what is left, SIGKILL.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from mundap.errors import LaunchError

GENTLE_S = 900.0   # a trainer asked to stop finishes its step (minutes, for a large model), then writes the adapter
TERM_S = 10.0
_ECHO_S = 2.0
_TICK_S = 0.25
_KEPT_LINES = 400
_EXCEPTION = re.compile(
    r"^(?:\[rank\d+\]:\s*)?((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|NotFound)\b.*)")
_BAR = re.compile(r"\d+%\|.*\|")   # a tqdm bar, redrawn many times a second
# What a failure's text says about its remedy; the first match counts.
_REMEDIES: tuple[tuple[str, str], ...] = (
    (r"out of memory|OutOfMemory|DefaultCPUAllocator", "Lower per_device_train_batch_size or cutoff_len, or add "
     "--preset memory_efficient."),
    (r"No space left on device", "Free some disk space; checkpoints are the largest files (save_total_limit)."),
    (r"not used by the HfArgumentParser", "Remove the keys named, or run: mundap check"),
    (r"building extension|torch_extensions", "DeepSpeed builds C++ operations when it starts: install g++ and ninja."),
    (r"Cannot find valid samples", "Every row was dropped: check `columns` in dataset_info.json against the file."),
    (r"requires? the following|is required for|No module named|PackageNotFound",
     'Install what is named, for example: pip install "mundap[train]"'),
    (r"Output directory already exists", "Add --fresh to train anew or --resume to go on."),
    (r"couldn't connect to|LocalEntryNotFound|offline mode", "The model or dataset is not on this machine: run "
     "`mundap models`, or give a local folder."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a child ended. stopped: we asked it to. peak_rss_bytes: the most its whole process tree held at once."""

    returncode: int
    seconds: float
    peak_rss_bytes: int
    stopped: bool
    tail: tuple[str, ...]


class Beside:
    """A child that goes on beside us; see beside()."""

    def __init__(self, child: subprocess.Popen[bytes], tail: deque[str]) -> None:
        self.pid = child.pid
        self._child = child
        self._tail = tail
        self._began = time.monotonic()

    def ended(self) -> Outcome | None:
        """Return how it ended by itself, None while it runs."""
        code = self._child.poll()
        if code is None:
            return None
        return Outcome(returncode=code, seconds=time.monotonic() - self._began, peak_rss_bytes=0, stopped=False,
                       tail=tuple(self._tail))


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path,
        on_tick: Callable[[], None] = lambda: None, on_stop: Callable[[], None] = lambda: None,
        gentle_s: float = GENTLE_S, head: str = "") -> Outcome:
    """Run a child to its end and return how it ended; Ctrl-C or SIGTERM stops it cleanly first, a second one at once.

    Everything it prints goes to log, below head. on_tick is called about four times a second, on_stop when stopping begins.

    Raises:
        LaunchError: it could not be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started, peak, stopped = time.monotonic(), 0, False
    tail: deque[str] = deque(maxlen=_KEPT_LINES)
    with log.open("wb") as file, one_interrupt():
        file.write(head.encode())
        child = _start(command, cwd, env)
        readers = _readers(child, file, tail)
        try:
            for reader in readers:
                reader.start()
            while child.poll() is None:
                peak = max(peak, tree_rss(child.pid))
                on_tick()
                _sleep(child)
        except KeyboardInterrupt:
            stopped = True
            stop(child, gentle_s=gentle_s, on_stop=on_stop)
        finally:
            _kill(child)
            for reader in readers:
                reader.join(timeout=5)
        on_tick()
    return Outcome(returncode=child.wait(), seconds=time.monotonic() - started, peak_rss_bytes=peak, stopped=stopped,
                   tail=tuple(tail))


@contextmanager
def beside(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Iterator[Beside]:
    """Run a child while the context lasts, everything it prints going to log; then end it and all below it.

    SIGTERM and a closed terminal are taken as Ctrl-C meanwhile, so that they end the child too.

    Raises:
        LaunchError: it could not be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=_KEPT_LINES)
    with log.open("wb") as file, one_interrupt():
        child = _start(command, cwd, env)
        readers = _readers(child, file, tail)
        try:
            for reader in readers:
                reader.start()
            yield Beside(child, tail)
        finally:
            if child.poll() is None:
                stop(child, gentle_s=0)
            _kill(child)
            for reader in readers:
                reader.join(timeout=5)


def foreground(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> int:
    """Run a child that talks to the terminal itself, and return its exit code.

    Ctrl-C reaches the child from the terminal and is its own to handle; SIGTERM is handed on to it.

    Raises:
        LaunchError: it could not be started.
    """
    try:
        with subprocess.Popen(list(command), cwd=cwd, env=dict(env)) as child:
            before = signal.signal(signal.SIGTERM, lambda number, frame: child.terminate())
            try:
                while True:
                    try:
                        return child.wait()
                    except KeyboardInterrupt:
                        continue   # the terminal sent it to the child as well; wait for its own goodbye
            finally:
                signal.signal(signal.SIGTERM, before)
    except OSError as error:
        raise _unstartable(command, error) from error


def stop(child: subprocess.Popen[bytes], *, gentle_s: float = GENTLE_S,
         on_stop: Callable[[], None] = lambda: None) -> None:
    """Stop a child and everything below it: ask, insist, kill. A second Ctrl-C skips to the end."""
    try:
        on_stop()
        willing = [process for process in _tree(child.pid) if catches_abort(process.pid)]
        for process in willing:
            _quietly(process.send_signal, signal.SIGABRT)
        if willing and _ended(child, gentle_s):
            return
        _signal_group(child.pid, signal.SIGTERM)
        _ended(child, TERM_S)
    except KeyboardInterrupt:
        pass   # asked again while waiting: the caller kills what is left


def catches_abort(pid: int) -> bool:
    """Return whether a process has its own handler for SIGABRT; False where that cannot be known (not on Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)", status, re.MULTILINE)
    return bool(caught and int(caught[1], 16) >> (signal.SIGABRT - 1) & 1)


def tree_rss(pid: int) -> int:
    """Return the resident bytes of a process and everything below it; 0 when it is gone."""
    total = 0
    for process in _tree(pid):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def failure(outcome: Outcome, *, what: str, log: Path) -> LaunchError:
    """Return the error that tells why a child failed: its last exception line, and a remedy when one is known."""
    if outcome.returncode == -signal.SIGKILL:
        reason, remedy = "it was killed, most likely because memory ran out", _REMEDIES[0][1]
    else:
        reason = _last_exception(outcome.tail)
        # Only the exception is searched: a log is full of words such as "requires" that mean no harm.
        remedy = next((advice for pattern, advice in _REMEDIES if re.search(pattern, reason, re.IGNORECASE)), "")
    fix = "\n".join(part for part in (remedy, f"The whole log: {log}") if part)
    return LaunchError(f"failed with exit code {outcome.returncode}: {reason}", where=what, fix=fix)


def _start(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(list(command), cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                                process_group=0 if os.name == "posix" else None)
    except OSError as error:
        raise _unstartable(command, error) from error


def _unstartable(command: Sequence[str], error: OSError) -> LaunchError:
    return LaunchError(f"could not be started ({error.strerror or error}).", where=command[0],
                       fix="Check that the file exists and may be run: mundap doctor")


def _readers(child: subprocess.Popen[bytes], file: IO[bytes], tail: deque[str]) -> list[threading.Thread]:
    """Return the threads, not yet started, that carry all a child prints to its log."""
    return [threading.Thread(target=_drain, args=(pipe, file, tail), daemon=True) for pipe in (child.stdout, child.stderr)]


def _drain(pipe: IO[bytes] | None, file: IO[bytes], tail: deque[str]) -> None:
    """Copy a pipe to the log as it comes, and keep its last lines; progress bars are left out of those."""
    if pipe is None:
        return
    rest = b""
    while piece := pipe.read(65536):
        file.write(piece)
        file.flush()
        *lines, rest = re.split(rb"[\r\n]+", rest + piece)
        for line in lines:
            shown = line.decode("utf-8", "replace").rstrip()
            if shown and not _BAR.search(shown):
                tail.append(shown)
    if rest.strip():
        tail.append(rest.decode("utf-8", "replace").rstrip())
    pipe.close()


def _last_exception(lines: Sequence[str]) -> str:
    for line in reversed(lines):
        found = _EXCEPTION.match(line.strip())
        # torchrun's own error comes last and only says that a worker failed
        if found and "ChildFailedError" not in line:
            return found[1]
    return lines[-1] if lines else "it printed nothing"


def _tree(pid: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def _ended(child: subprocess.Popen[bytes], within_s: float) -> bool:
    try:
        child.wait(timeout=within_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _sleep(child: subprocess.Popen[bytes]) -> None:
    _ended(child, _TICK_S)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's group, grandchildren of a dead child included."""
    _signal_group(child.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    child.wait()


def _signal_group(pid: int, number: int) -> None:
    if os.name == "posix":
        _quietly(os.killpg, pid, number)
    else:
        _quietly(psutil.Process(pid).terminate)


def _quietly(act: Callable[..., object], *arguments: object) -> None:
    """Do something to a process that may be gone by now."""
    try:
        act(*arguments)
    except (ProcessLookupError, PermissionError, psutil.Error):
        return


@contextmanager
def one_interrupt() -> Iterator[None]:
    """Treat SIGTERM and a closed terminal (SIGHUP) like Ctrl-C while a child runs, and two of them at once as one.

    `timeout`, `make` and terminals send the same wish to a process and to its group; only one that comes later means
    impatience.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    last_s = float("-inf")

    def interrupt(number: int, frame: object) -> None:
        nonlocal last_s
        echo, last_s = time.monotonic() - last_s < _ECHO_S, time.monotonic()
        if not echo:
            raise KeyboardInterrupt

    # A signal that is ignored (nohup) stays ignored.
    asked = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, interrupt) for number in asked
              if signal.getsignal(number) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
