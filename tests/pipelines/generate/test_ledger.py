"""The ledger and its neighbours: half-written lines, a full disk, the lock, the budget."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError, ResourceError
from pipelines.generate.budget import Purse, Reserved, Spending, cost
from pipelines.generate.ledger import Ledger, read_history
from pipelines.generate.lock import held
from pipelines.generate.settings import Budget, Price
from pipelines.generate.task import TaskKey
from tests.pipelines.generate.made_work import ROOT


def line(at: int, verdict: str = "kept", **more: Any) -> dict[str, Any]:
    return {"chunk": f"c{at}", "kind": "fact", "level": "", "prompt": "p", "model": "fake", "try": 1, "outcome": "ok",
            "verdict": verdict, "reason": "", "pairs": [], **more}


def write(path: Path, *lines: dict[str, Any]) -> None:
    history = read_history(path, ["fake"])
    ledger = Ledger(path, history.whole_bytes)
    for one in lines:
        ledger.append(one)
    ledger.close()


def test_a_ledger_is_read_back_and_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, line(1), line(2, "retry", reason="broken"), line(3, ""))
    write(path, line(2, "retry", reason="not_grounded: 3일", **{"try": 2}), line(4, model="other"))
    history = read_history(path, ["fake"])
    assert set(history.states) == {TaskKey(f"c{at}", "fact", "", "p") for at in (1, 2, 3)}
    assert history.states[TaskKey("c1", "fact", "", "p")].final is not None
    state = history.states[TaskKey("c2", "fact", "", "p")]
    assert (state.final, state.tried, state.failed) == (None, 2, "not_grounded: 3일")
    assert len(history.calls) == 5 and history.broken == 0
    assert path.read_text(encoding="utf-8").splitlines()[0] == '{"ledger": 1}'


@pytest.mark.parametrize("cut", [1, 30, 60])
def test_a_half_written_last_line_is_ignored_and_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, line(1), line(2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert [key.chunk for key in read_history(path, ["fake"]).states] == ["c1"]
    write(path, line(3))
    history = read_history(path, ["fake"])
    assert [key.chunk for key in history.states] == ["c1", "c3"] and history.broken == 0
    assert all(json.loads(one) for one in path.read_text(encoding="utf-8").splitlines())


def test_a_broken_line_amid_the_file_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    write(path, line(1), line(2))
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b"\x00\x00\x00\n" + b'{"chunk": "half\n' + b'{"other": 1}\n' + b"".join(rest))
    history = read_history(path, ["fake"])
    assert len(history.states) == 2 and history.broken == 3


def test_another_versions_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"ledger": 99}\n', encoding="utf-8")
    with pytest.raises(DataError, match="a ledger of format 99; this version reads 1"):
        read_history(path, ["fake"])


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from mundap.errors import ResourceError
from tests.pipelines.generate.test_ledger import line
from pipelines.generate.ledger import Ledger, read_history
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
ledger = Ledger(Path(sys.argv[1]), 0)
written = 0
try:
    for at in range(1000):
        ledger.append(line(at))
        written += 1
except ResourceError as error:
    sys.stdout.write(f"{written}\\n{error}")
"""


def test_a_full_disk_is_told_and_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    done = subprocess.run([sys.executable, "-B", "-c", FULL, str(path), str(ROOT)], capture_output=True, text=True, timeout=60,
                          cwd=ROOT, check=True)
    written, message = done.stdout.split("\n", 1)
    assert message == (f"{path}: cannot be written: [Errno 27] File too large\n  Free disk space and run the same command "
                       "again: what was answered is kept, and it goes on from there.")
    history = read_history(path, ["fake"])
    assert len(history.states) == int(written) > 10
    assert path.stat().st_size == history.whole_bytes      # nothing half-written is left


def test_a_second_process_is_refused_and_told_who_writes(tmp_path: Path) -> None:
    code = ("import sys; sys.path.insert(0, sys.argv[2])\nfrom pathlib import Path\n"
            "from pipelines.generate.lock import held\n"
            "with held(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(ROOT)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        with pytest.raises(ResourceError, match=f"process {child.pid} on .+, since .+ is writing here"), held(tmp_path):
            pass
        child.kill()
        child.wait(10)
    with held(tmp_path):            # a killed process holds nothing
        pass


def test_a_budget_counts_what_is_spent_and_what_is_in_flight() -> None:
    price, call = Price(input=1.0, output=10.0), Reserved(tokens=1000, money=0.002)
    assert cost(1_000_000, 100_000, price) == 2.0
    purse = Purse(Budget(requests=3, tokens=2500), Spending(requests=1))
    assert purse.allows(call)
    purse.reserve(call)
    assert purse.allows(call)
    purse.reserve(call)
    assert not purse.allows(call) and purse.any_reserved        # three requests
    purse.settle(call, 100, 20, price)
    assert not purse.allows(call)
    purse = Purse(Budget(money=0.003), Spending())
    purse.reserve(call)
    assert not purse.allows(call)
    purse.settle(call, 100, 20, price)                          # it came to 0.0003
    assert purse.allows(call) and purse.spent.money == pytest.approx(0.0003) and not purse.any_reserved
