"""Real processes: kill -9 and resume, Ctrl-C, a second process on the same folder, a full disk amid a run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pipelines.generate.killing import (
    BEHAVIOUR,
    LIMITS,
    SECRETS,
    kill_and_resume,
    provider_process,
    started,
    stats,
)
from tests.pipelines.generate.made_work import ROOT

pytestmark = pytest.mark.slow


def test_killed_and_resumed_is_the_same_as_left_alone(tmp_path: Path) -> None:
    found = kill_and_resume(tmp_path, cycles=3, chunks=250, seed=4)
    assert found.kills == 3
    assert found.same_rows and found.same_rejects and found.duplicates == 0 and found.rows > 230
    assert found.asked_again <= found.kills * found.most_in_flight       # no more than was in flight


def test_ctrl_c_and_a_second_process(tmp_path: Path) -> None:
    with provider_process(BEHAVIOUR) as base_url, started(base_url, tmp_path, 400) as first:
        assert first.stdout is not None and "400 tasks to do" in first.stdout.readline()
        with started(base_url, tmp_path, 400) as second:
            said = second.communicate(timeout=30)[0]
            assert second.returncode == 1 and f"process {first.pid} on" in said and "is writing here" in said
        time.sleep(0.5)
        first.send_signal(signal.SIGINT)
        said = first.communicate(timeout=30)[0]
        assert first.returncode == 0 and said.endswith("stopped interrupted\n")
        assert "calls in flight; once more drops them" in said and "Run the same command again to go on." in said
        rows = (tmp_path / "rows.jsonl").read_text(encoding="utf-8").count("\n")
        assert 0 < rows == len(stats(base_url)["served"])        # calls in flight were finished and kept


def test_a_disk_that_fills_up_loses_nothing(tmp_path: Path) -> None:
    code = ("import resource, runpy, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
            "sys.argv = ['made_work', sys.argv[1]]\n"
            "runpy.run_module('tests.pipelines.generate.made_work', run_name='__main__')")
    with provider_process(BEHAVIOUR) as base_url:
        given = json.dumps({"base_url": base_url, "folder": str(tmp_path), "chunks": 100,
                            "keys": {name: {"requests_per_minute": rate} for name, rate in LIMITS.items()}})
        # -B: the limit would cut off .pyc files too, and break every later import of them
        full = subprocess.run([sys.executable, "-B", "-c", code, given], cwd=ROOT, capture_output=True, text=True, timeout=60,
                              env={"PATH": "/usr/bin:/bin", **SECRETS}, check=False)
        assert full.returncode == 1 and "ledger.jsonl: cannot be written: [Errno 27] File too large" in full.stderr
        assert "Free disk space and run the same command again" in full.stderr
        kept = (tmp_path / "ledger.jsonl").read_bytes()
        assert kept.endswith(b"}\n") and kept.count(b"\n") > 20
        with started(base_url, tmp_path, 100) as again:
            assert again.communicate(timeout=60)[0].endswith("done\n")
        assert (tmp_path / "ledger.jsonl").read_bytes().startswith(kept)
