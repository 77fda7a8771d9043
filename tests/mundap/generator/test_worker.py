"""The worker's wire: noise on stdout stays off it, and it ends with its parent."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mundap.generator.environment import worker_command, worker_environment
from mundap.generator.process import as_error

NOISY = """
import os, sys
from mundap.generator import worker
wire = worker.Wire(worker._claim(1, "wb"))
print("a library says hello"); sys.stdout.flush()
os.write(1, b"so does C code\\n")
os.system("echo and a child")
wire.send("ready", text="가\\ud800\\n")
"""


def python(code: str) -> list[str]:
    """Return a command that runs code as a worker's Python would."""
    return [*worker_command()[:2], "-c", code]


def test_what_libraries_print_goes_to_stderr_and_the_wire_stays_json() -> None:
    ran = subprocess.run(python(NOISY), env=worker_environment(), capture_output=True, timeout=60, check=True)
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [{"event": "ready", "text": "가\ud800\n"}]
    assert ran.stderr.split(b"\n")[:3] == [b"a library says hello", b"so does C code", b"and a child"]


def test_a_worker_whose_parent_is_gone_ends() -> None:
    with subprocess.Popen(worker_command(), env=worker_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.slow
def test_a_load_error_crosses_the_wire_whole(tmp_path: Path) -> None:
    load = {"op": "load", "model": str(tmp_path), "adapters": [], "dtype": "auto", "threads": 1, "batch_size": None}
    with subprocess.Popen(worker_command(), env=worker_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(load).encode() + b"\n")
        process.stdin.flush()
        event = json.loads(process.stdout.readline())
        assert process.wait(60) == 1
    error = as_error(event)
    assert type(error).__name__ == "ModelError"
    assert error.where == str(tmp_path)
    assert "tokenizer cannot be read" in error.what
