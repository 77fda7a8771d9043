"""The HIRA line in a closed network: run, train, export, index and ask open no socket but loopback, and need none.

Two proofs at once. Every Python process started writes down whom it connects to or looks up (an audit hook, see
sys.addaudithook); and where the system lets a user have a network of their own, all of it runs in one that holds nothing but
loopback, so that a library outside Python finds nobody either.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = 50    # of each table: a few codes and one year; embedding all would take minutes
MUNDAP = (sys.executable, "-m", "mundap.cli.main")
# The file's name stands in the code: a child is given a short list of environment variables, and ours would not be on it.
WATCH = '''
import os, socket, sys

def put(line):
    handle = os.open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(handle, (line.replace("\\n", " ")[:500] + "\\n").encode("utf-8", "replace"))
    os.close(handle)

HERE = ("", "0.0.0.0", "::", "::1", "localhost", socket.gethostname())

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = str(address[0]) if isinstance(address, tuple) else ""    # a path, or none: a socket of this machine
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0] or ""
        host = host.decode() if isinstance(host, bytes) else str(host)
    else:
        return
    if host not in HERE and not host.startswith("127."):
        put(f"outside: {event} {host} in {sys.orig_argv}")

put(f"started: {sys.orig_argv}")
sys.addaudithook(watch)
'''
# A network namespace starts with its loopback down; this brings it up (SIOCSIFFLAGS, IFF_UP | IFF_RUNNING) and goes on.
ALONE = '''
import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
os.execv(sys.argv[1], sys.argv[1:])
'''


def own_network() -> list[str]:
    """Return the words that put a command into a network of its own; none where the system does not allow it."""
    words = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None:
        return []
    return words if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0 else []


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the recipes and the head of each raw table, in a folder with a blank and Hangul, models linked."""
    folder = tmp_path_factory.mktemp("closed") / "닫힌 망"
    for name in ("configs", "datasets"):
        shutil.copytree(ROOT / name, folder / name)
    for table in (folder / "datasets/raw/hira").glob("*.csv"):
        table.write_text("".join(table.read_text(encoding="utf-8").splitlines(keepends=True)[:ROWS]), encoding="utf-8")
    shutil.copy(ROOT / "dataset_info.json", folder)
    (folder / "models").symlink_to(ROOT / "models")
    return folder


@pytest.mark.slow
@pytest.mark.real_home
@pytest.mark.timeout(600)
def test_the_hira_line_needs_no_network(project: Path, tmp_path: Path) -> None:
    sockets = tmp_path / "sockets.txt"
    (tmp_path / "sitecustomize.py").write_text(f"FILE = {str(sockets)!r}\n{WATCH}", encoding="utf-8")
    (tmp_path / "alone.py").write_text(ALONE, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith("MUNDAP_")} | {
        "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT))), "PYTHONUTF8": "1"}
    alone = own_network()
    before = [*alone, sys.executable, "-S", str(tmp_path / "alone.py")] if alone else []

    def mundap(*words: str) -> str:
        done = subprocess.run([*before, *MUNDAP, *words], cwd=project, env=env, stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    told = mundap("run", "configs/hira", "--preset", "cpu", "train.max_steps=2", "train.gradient_accumulation_steps=1",
                  "data.rows.statistics.kinds.change=0")
    assert all(stage in told for stage in ("data", "train", "export", "index")) and "failed" not in told
    # Two steps teach nothing: what counts is that an answer, or a decline, comes back.
    answer = json.loads(mundap("ask", "saves/hira-cpu/recipes/rag.yaml", "2021년 상병코드 A09의 남성 입원 환자 수는 몇 명인가요?",
                               "--json"))
    assert answer["answer"] and answer["verdict"]
    lines = sockets.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("outside")] == []
    started = "\n".join(line for line in lines if line.startswith("started"))
    assert all(name in started for name in ("llamafactory", "mundap.generator.worker", "mundap.cli.main"))   # all were watched
