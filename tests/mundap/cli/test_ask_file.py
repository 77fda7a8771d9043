"""`mundap ask --file`: resumed after any end, the same bytes, nothing asked twice, failures counted and asked again."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import rag.batch
from mundap.errors import LaunchError, ResourceError
from mundap.generator import Decoding, Generation, OnDone, Request
from rag.kept_answers import Keeper
from tests.mundap.cli import ask_world
from tests.mundap.cli.ask_world import COMPANIES, ITEMS, RECIPE, YEARS, Ask, value
from tests.rag.scripted_generator import ScriptedGenerator

ALL = [f"{company}의 {year}년 {item}은 얼마인가요?" for company in COMPANIES for year in YEARS for item in ITEMS]
BROKEN = "망가진 가온누리전자의 2023년 매출액은?"


def questions(project: Path, asked: list[str], name: str = "q.txt") -> str:
    (project / name).write_text("\n".join(asked) + "\n", encoding="utf-8")
    return name


def asked_of(generators: list[ScriptedGenerator]) -> int:
    return sum(len(generator.requests) for generator in generators)


def test_each_format_holds_every_answer_in_the_order_of_the_file(ask: Ask, opened: list[ScriptedGenerator],
                                                                 project: Path) -> None:
    rows = [("7", ALL[0], "초급", ""), ("", "=1+2의 2023년 매출액은?", "", ""),
            ("8", "나래식품의 2022년 매출액은?", "", "2023-06-30"),
            ("9", "나래식품의 2022년 매출액은?", "", ""), ("10", ALL[0], "초급", "")]
    with (project / "q.csv").open("w", encoding="cp949", newline="") as file:
        csv.writer(file).writerows([("번호", "질문", "수준", "기준일"), *rows])
    for out in ("a.jsonl", "b/a.csv", "a.md"):
        code, told, _ = ask("--file", "q.csv", "--out", out)
        assert code == 0 and told.startswith(f"{out}: 5 questions, 1 declined, 0 failed; 4 asked now, 0 answered before")
    found = [json.loads(line) for line in (project / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["id"], one["asked"]) for one in found] == [(row[0], row[1]) for row in rows]
    assert found[0]["level"] == "초급" and found[0] | {"id": "10"} == found[4]
    assert "7,000백만원" in found[2]["answer"] and "8,000백만원" in found[3]["answer"]
    data = (project / "b/a.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    cells = list(csv.reader(data.decode("utf-8-sig").splitlines()))
    assert cells[2][1] == "'=1+2의 2023년 매출액은?" and cells[1][1] == ALL[0]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in cells for cell in row)
    assert "## 2. \\=1+2의 2023년 매출액은?\n" in (project / "a.md").read_text(encoding="utf-8")
    assert asked_of(opened) == 3 * 3, "equal questions once; the one nothing is found for not at all"


def test_a_second_run_opens_nothing_and_writes_the_same_bytes(ask: Ask, opened: list[ScriptedGenerator],
                                                              project: Path) -> None:
    words = ("--file", questions(project, ALL[:5]), "--out", "a.md")
    ask(*words)
    first = (project / "a.md").read_bytes()
    (project / "a.md").unlink()
    started = time.monotonic()
    code, told, _ = ask(*words, "--json")
    assert time.monotonic() - started < 2 and len(opened) == 1
    assert (code, (project / "a.md").read_bytes()) == (0, first)
    assert {name: json.loads(told)[name] for name in ("asked", "answered_before", "failed")} == {
        "asked": 0, "answered_before": 5, "failed": 0}
    more = ("--file", questions(project, [ALL[9], *ALL[:5]], "more.txt"), "--out", "a.md")
    assert "1 asked now, 5 answered before" in ask(*more)[1] and asked_of(opened) == 6


def test_other_settings_share_no_answers(ask: Ask, opened: list[ScriptedGenerator], project: Path) -> None:
    words = ("--file", questions(project, ALL[:2]), "--out", "a.jsonl")
    ask(*words)
    for changed in (("--level", "초급"), ("--as-of", "2024-12-31"), ("--without", "company"),
                    ("--set", "verification.policy=strike")):
        assert "2 asked now, 0 answered before" in ask(*words, *changed)[1], changed
    (project / "exports/demo/model.safetensors").write_bytes(b"other weights")
    assert "2 asked now, 0 answered before" in ask(*words)[1]
    instruction = project / "configs/prompts/demo/instruction.txt"
    instruction.write_text(instruction.read_text(encoding="utf-8") + "짧게.", encoding="utf-8")
    assert "2 asked now, 0 answered before" in ask(*words)[1]
    assert "0 asked now, 2 answered before" in ask(*words)[1]


def test_one_that_fails_is_told_counted_and_alone_asked_again(ask: Ask, opened: list[ScriptedGenerator], project: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--file", questions(project, [ALL[0], BROKEN, ALL[1]]), "--out", "a.jsonl")
    code, told, err = ask(*words)
    assert code == 1 and "1 failed; 3 asked now" in told
    assert "1 of 3 questions failed, see a.jsonl. The same command asks those again, and only those.\n" in err
    found = [json.loads(line) for line in (project / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["verdict"] for one in found] == ["verified", "failed", "verified"]
    assert found[1]["error"] == "the model broke on this one.\n  Ask something else." and found[0]["error"] == ""
    assert list(found[0]) == list(found[1]), "the same keys, whatever became of a question"
    opened.clear()
    monkeypatch.setattr(ask_world, "reply", lambda request: "가온누리전자의 2023년 매출액은 1,230백만원입니다. [1]")
    code, told, err = ask(*words)
    assert code == 0 and "0 failed; 1 asked now, 2 answered before" in told and "failed" not in err
    assert asked_of(opened) == 1 and "failed" not in (project / "a.jsonl").read_text(encoding="utf-8")


def test_what_every_question_would_meet_ends_the_run_and_what_was_answered_stays(
        ask: Ask, opened: list[ScriptedGenerator], project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def generate(self: ScriptedGenerator, requests: list[Request], decoding: Decoding, on_done: OnDone | None = None
                 ) -> list[Generation]:
        if len(self.requests) >= 4:
            raise LaunchError("the worker could not start.", fix="Look at its log.")
        return ScriptedGenerator.generate(self, requests, decoding, on_done)

    words = ("--file", questions(project, ALL[:8]), "--out", "a.md")
    with monkeypatch.context() as patched:
        patched.setattr(rag.batch, "BATCH", 2)
        patched.setattr(ask_world.SlowGenerator, "generate", generate)
        code, out, err = ask(*words)
    assert (code, out) == (1, "") and "error: the worker could not start." in err and opened[0].closed
    assert not (project / "a.md").exists()
    assert "4 asked now, 4 answered before" in ask(*words)[1]


def test_ctrl_c_says_what_is_kept(ask: Ask, opened: list[ScriptedGenerator], project: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    def generate(self: ScriptedGenerator, requests: list[Request], decoding: Decoding, on_done: OnDone | None = None
                 ) -> list[Generation]:
        if len(self.requests) >= 4:
            raise KeyboardInterrupt
        return ScriptedGenerator.generate(self, requests, decoding, on_done)

    words = ("--file", questions(project, ALL[:8]), "--out", "a.md")
    with monkeypatch.context() as patched:
        patched.setattr(rag.batch, "BATCH", 2)
        patched.setattr(ask_world.SlowGenerator, "generate", generate)
        code, _, err = ask(*words)
    assert code == 130 and opened[0].closed
    assert err.endswith("stopped: 4 answers are kept in a.md.kept.jsonl; the same command goes on from there.\n")
    assert "4 asked now, 4 answered before" in ask(*words)[1]


@pytest.mark.parametrize(("file", "out", "said"), [
    ("q.txt", "a.docx", "--out: a file of answers does not end in '.docx'."), ("q.txt", "configs", "--out: a file of answers"),
    ("q.csv", "q.csv", "--out: the answers would be written over the questions."), ("none.txt", "a.md", "none.txt: there is no"),
    ("level.jsonl", "a.md", "level.jsonl: line 2: there is no level '상급'."), ("q.txt", "q.txt/a.md", "cannot be written")])
def test_what_cannot_work_is_told_before_anything_is_asked(file: str, out: str, said: str, ask: Ask, project: Path,
                                                           opened: list[ScriptedGenerator]) -> None:
    questions(project, ALL[:1])
    questions(project, ["question", *ALL[:1]], "q.csv")
    questions(project, ['{"question": "하나?"}', '{"question": "둘?", "level": "상급"}'], "level.jsonl")
    code, told, err = ask("--file", file, "--out", out)
    assert (code, told) == (1, "") and said in err and opened == []


def test_one_process_at_a_time_keeps_answers_in_a_file(tmp_path: Path) -> None:
    with Keeper(tmp_path / "a.jsonl") as keeper:
        keeper.keep([{"id": "1"}])
        with pytest.raises(ResourceError, match="another process is keeping its answers there"), Keeper(tmp_path / "a.jsonl"):
            pass
        keeper.keep([{"id": "2"}])
    with Keeper(tmp_path / "a.jsonl") as keeper:
        keeper.keep([{"id": "3"}])
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == '{"id": "1"}\n{"id": "2"}\n{"id": "3"}\n'


@pytest.mark.slow
def test_killed_and_started_again_gives_the_bytes_of_a_run_left_alone(project: Path, child_env: dict[str, str]) -> None:
    ask_world.build(project)
    name = questions(project, [*ALL, BROKEN, *ALL[:3]])

    def words(out: str, seconds: str) -> list[str]:
        return [sys.executable, "-m", "tests.mundap.cli.ask_world", seconds, "4", "ask", RECIPE, "--file", name, "--out", out]

    outs = ("killed.md", "whole.md")
    kept = project / "killed.md.kept.jsonl"
    for lines in (8, 24):   # killed twice, each time in the middle of a batch
        child = subprocess.Popen(words(outs[0], "0.4"), cwd=project, env=child_env, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 90
            while (kept.read_bytes().count(b"\n") if kept.exists() else 0) < lines and time.monotonic() < until:
                assert child.poll() is None, "it ended before it could be killed"
                time.sleep(0.02)
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        assert lines <= kept.read_bytes().count(b"\n") < len(ALL) and not (project / outs[0]).exists()
    before = kept.read_bytes().count(b"\n")
    kept.write_bytes(kept.read_bytes() + kept.read_bytes()[:100])   # and a line cut short on the disk
    ends = [subprocess.run(words(out, "0"), cwd=project, env=child_env, capture_output=True, text=True, timeout=100)
            for out in outs]
    assert [end.returncode for end in ends] == [1, 1]
    assert f"{len(ALL) + 1 - before} asked now, {before} answered before" in ends[0].stdout
    assert (project / outs[0]).read_bytes() == (project / outs[1]).read_bytes()
    text = (project / outs[0]).read_text(encoding="utf-8")
    assert all(value(company, year, item) in text for company in COMPANIES for year in YEARS for item in ITEMS)
