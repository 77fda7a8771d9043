"""`mundap eval` as it is typed, on the trained demo: killed in the middle, gone on with, reported, held against itself.

The demo's bar is kept here too, on a sample of its held-out questions, so that a change does not break it unseen.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from mundap.paths import resolve

ROOT = Path(__file__).resolve().parents[3]
ANSWERABLE, UNANSWERABLE, BAR = 30, 15, 0.8
QUESTIONS = (f"limit.answerable={ANSWERABLE}", f"limit.unanswerable={UNANSWERABLE}", "seed=7", "speed_sample=1",
             "--only", "v2 as on the page")

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(600)]


def test_a_killed_evaluation_goes_on_and_reports(tmp_path: Path, child_env: dict[str, str]) -> None:
    for needed in ("exports/demo/config.json", "indexes/demo/manifest.json"):
        if not resolve(needed, ROOT).is_file():
            pytest.skip(f"{needed} is not there: mundap run configs/demo makes it")
    command = [sys.executable, "-m", "mundap.cli.main", "eval", "configs/demo/eval.yaml", f"report={tmp_path}", *QUESTIONS]
    log = tmp_path / "log"
    with log.open("wb") as to:
        first = subprocess.Popen(command, cwd=ROOT, env=child_env, stdout=to, stderr=to)
        try:
            until = time.monotonic() + 240
            while not any(kept.stat().st_size for kept in tmp_path.glob("answers/*.jsonl")):
                assert first.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")
                time.sleep(0.2)
        finally:
            first.send_signal(signal.SIGKILL)
            first.wait()
    [kept] = tmp_path.glob("answers/*.jsonl")
    before = kept.read_bytes()
    assert not (tmp_path / "report.html").exists()
    again = subprocess.run(command, cwd=ROOT, env=child_env, capture_output=True, text=True, timeout=400)
    assert again.returncode == 0, again.stderr
    assert kept.read_bytes().startswith(before), "what was kept stands"
    times = Counter(json.loads(line)["id"] for line in kept.read_text(encoding="utf-8").splitlines())
    assert {count for name, count in times.items() if name != "peak"} == {1}
    assert len(times) == ANSWERABLE + UNANSWERABLE + 2, "every question, the speed and the memory"
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    [system] = report["systems"]
    told = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert system["metrics"]["right_and_cited"]["value"] >= BAR, told
    assert system["metrics"]["declined_rightly"]["value"] >= BAR, told
    assert system["metrics"]["wrong_figure_shown"]["value"] <= 2 / 45, told
    assert report["verifier"]["verifier"]["n"] == 150
    assert (tmp_path / "report.html").stat().st_size > 50_000
    same = subprocess.run([*command, "--against", str(tmp_path)], cwd=ROOT, env=child_env, capture_output=True, text=True,
                          timeout=300)
    assert same.returncode == 0, same.stderr
    assert "0 of 3 compared metrics fell." in same.stderr
