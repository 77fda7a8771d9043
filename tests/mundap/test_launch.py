"""Children: both pipes drained, memory measured, exceptions found, stops asked for gently, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mundap.errors import LaunchError
from mundap.launch import Outcome, beside, catches_abort, failure, foreground, run

FLOOD = "import sys\nfor _ in range(20000):\n    print('o' * 100)\n    print('e' * 100, file=sys.stderr)\n"


def child(code: str, tmp_path: Path, **options: object) -> Outcome:
    return run([sys.executable, "-c", code], cwd=tmp_path, env=dict(os.environ), log=tmp_path / "logs" / "run.log",
               **options)  # type: ignore[arg-type]


def test_both_pipes_are_drained_into_the_log(tmp_path: Path) -> None:
    outcome = child(FLOOD, tmp_path)
    assert outcome.returncode == 0 and len(outcome.tail) == 400
    assert (tmp_path / "logs" / "run.log").stat().st_size == 2 * 20000 * 101


def test_progress_bars_do_not_fill_the_tail(tmp_path: Path) -> None:
    outcome = child("import sys\nfor i in range(900): sys.stderr.write(f' {i//9}%|## | {i}/900\\r')\nprint('end')",
                    tmp_path)
    assert outcome.tail == ("end",)


def test_peak_memory_covers_grandchildren(tmp_path: Path) -> None:
    code = ("import subprocess, sys\nsubprocess.run([sys.executable, '-c', "
            "'import time; x = bytearray(150 << 20); time.sleep(1.5)'])")
    assert child(code, tmp_path).peak_rss_bytes > 150 << 20


def test_a_grandchild_does_not_outlive_the_child(tmp_path: Path) -> None:
    code = ("import subprocess, sys\np = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
            "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\nprint(p.pid)")
    outcome = child(code, tmp_path)
    until = time.monotonic() + 10
    pid = int(outcome.tail[0])
    while time.monotonic() < until and psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie":
        time.sleep(0.05)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LaunchError) as caught:
        run(["/nowhere/python"], cwd=tmp_path, env={}, log=tmp_path / "log")
    assert str(caught.value) == ("/nowhere/python: could not be started (No such file or directory).\n"
                                 "  Check that the file exists and may be run: mundap doctor")


def test_foreground_returns_the_exit_code(tmp_path: Path) -> None:
    assert foreground([sys.executable, "-c", "raise SystemExit(7)"], cwd=tmp_path, env=dict(os.environ)) == 7


def test_foreground_hands_sigterm_on(tmp_path: Path) -> None:
    code = ("import sys, os\nfrom pathlib import Path\nfrom mundap.launch import foreground\n"
            "print(foreground([sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)'], "
            "cwd=Path('.'), env=dict(os.environ)))")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "1\n"
        process.terminate()
        assert process.stdout.read() == "-15\n"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells which signals are caught")
def test_a_handler_for_sigabrt_is_seen() -> None:
    code = ("import signal, time\nif {0}: signal.signal(signal.SIGABRT, lambda *a: 0)\nprint(1, flush=True)\n"
            "time.sleep(30)")
    for wanted in (True, False):
        with subprocess.Popen([sys.executable, "-c", code.format(wanted)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdout.readline()
            try:
                assert catches_abort(process.pid) is wanted
            finally:
                process.kill()


def outcome_of(*lines: str, code: int = 1) -> Outcome:
    return Outcome(returncode=code, seconds=1, peak_rss_bytes=0, stopped=False, tail=lines)


@pytest.mark.parametrize(("lines", "reason", "remedy"), [
    (("x", "torch.OutOfMemoryError: CUDA out of memory. Tried", "y"),
     "torch.OutOfMemoryError: CUDA out of memory. Tried", "Lower per_device_train_batch_size"),
    (("ValueError: Some keys are not used by the HfArgumentParser: ['a']",),
     "ValueError: Some keys are not used by the HfArgumentParser: ['a']", "Remove the keys named"),
    (("[rank1]: RuntimeError: inner", "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: x"),
     "RuntimeError: inner", ""),
    (("OSError: [Errno 28] No space left on device",), "OSError: [Errno 28] No space left on device", "Free some"),
    (("ImportError: /c/torch_extensions/shm.so: cannot open shared object file",),
     "ImportError: /c/torch_extensions/shm.so: cannot open shared object file", "DeepSpeed builds C++ operations"),
    (("only words",), "only words", ""),
    ((), "it printed nothing", ""),
])
def test_failures_name_the_exception_and_a_remedy(lines: tuple[str, ...], reason: str, remedy: str) -> None:
    error = failure(outcome_of(*lines), what="llamafactory train", log=Path("run.log"))
    assert error.what == f"failed with exit code 1: {reason}"
    assert error.fix.startswith(remedy or "The whole log: run.log")


def test_a_child_beside_us_lasts_as_long_as_the_context(tmp_path: Path) -> None:
    code = "import time\nprint('up', flush=True)\ntime.sleep(60)"
    log = tmp_path / "logs" / "beside.log"
    with beside([sys.executable, "-c", code], cwd=tmp_path, env=dict(os.environ), log=log) as running:
        assert running.ended() is None and psutil.pid_exists(running.pid)
        until = time.monotonic() + 10
        while log.read_text() != "up\n" and time.monotonic() < until:
            time.sleep(0.05)
    assert log.read_text() == "up\n" and not psutil.pid_exists(running.pid)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_child_beside_us_does_not_outlive_a_signal_to_us(tmp_path: Path, name: str) -> None:
    """Ctrl-C, `kill` and a closed terminal reach only us; the child leads a group of its own."""
    code = ("import os, sys, time\nfrom pathlib import Path\nfrom mundap.launch import beside\n"
            "with beside([sys.executable, '-c', 'import time; time.sleep(60)'], cwd=Path('.'), env=dict(os.environ), "
            f"log=Path({str(tmp_path / 'log')!r})) as running:\n    print(running.pid, flush=True)\n    time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert psutil.pid_exists(pid)
        process.send_signal(getattr(signal, name))
        process.wait(timeout=30)
    assert not psutil.pid_exists(pid)


def test_a_child_beside_us_that_ends_by_itself_says_why(tmp_path: Path) -> None:
    with beside([sys.executable, "-c", "raise ValueError('no port')"], cwd=tmp_path, env=dict(os.environ),
                log=tmp_path / "log") as running:
        until = time.monotonic() + 10
        while (ended := running.ended()) is None and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.2)   # the last lines are still being drained
        assert ended is not None and (ended := running.ended()) is not None
        assert ended.returncode == 1 and "no port" in str(failure(ended, what="it", log=tmp_path / "log"))
    with pytest.raises(LaunchError), beside(["/nowhere/python"], cwd=tmp_path, env={}, log=tmp_path / "log"):
        pass
