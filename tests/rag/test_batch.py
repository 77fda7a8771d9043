"""Many questions: kept as they are answered, asked once, whatever ends the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import rag.batch
from mundap.errors import ModelError
from rag.batch import answer_all, answered_before, key_of
from rag.inquiry import Inquiry
from tests.rag.batch_child import Echo, run


def inquiries(*texts: str) -> list[Inquiry]:
    return [Inquiry(text=text) for text in texts]


def test_records_come_in_the_order_of_the_inquiries_and_equal_ones_are_asked_once(tmp_path: Path) -> None:
    echo = Echo()
    done = run(tmp_path / "k.jsonl", inquiries("나", "가", " 나  ", "가"), echo)
    assert [one["answer"] for one in done.records] == ["나!", "가!", "나!", "가!"] and echo.asked == ["나", "가"]
    assert done.records[2]["asked"] == " 나  " and "key" not in done.records[0]
    assert (done.asked, done.before, done.failures, echo.closed) == (2, 0, 0, True)


def test_what_was_kept_is_not_asked_again_and_nothing_is_opened_for_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "k.jsonl"
    first = run(kept, inquiries("가", "나"), Echo())
    assert answered_before(inquiries("가", "다", "가"), "s", kept) == 1

    def never() -> rag.batch.Answerer:
        raise AssertionError("nothing is left to ask")

    again = answer_all(inquiries("나", "가"), "s", kept, never, lambda line: None)
    assert again.records == first.records[::-1] and (again.asked, again.before) == (0, 2)


def test_the_key_holds_all_that_shapes_an_answer() -> None:
    given = dict(text="가", level="초급", as_of=20230630, before=("나",), without=frozenset({"company"}))
    other = dict(text="다", level="", as_of=None, before=(), without=frozenset({"fiscal_year"}), top_k=1, max_new_tokens=9,
                 temperature=0.5)
    keys = {key_of(Inquiry(**given | {name: value}), "s") for name, value in other.items()}  # type: ignore[arg-type]
    assert len(keys | {key_of(Inquiry(**given), "s"), key_of(Inquiry(**given), "t")}) == 10  # type: ignore[arg-type]
    assert key_of(Inquiry(text=" 가\n나"), "s") == key_of(Inquiry(text="가 나"), "s")


def test_one_that_fails_leaves_the_others_and_is_asked_again(tmp_path: Path) -> None:
    kept, asked = tmp_path / "k.jsonl", inquiries("가", "망가진", "나", "준비 안 됨")
    done = run(kept, asked, Echo())
    assert [one["verdict"] for one in done.records] == ["verified", "failed", "verified", "failed"]
    assert [one["error"] for one in done.records] == ["", "broke.", "", "cannot be prepared."] and done.failures == 2
    assert len(kept.read_bytes().splitlines()) == 4
    again = run(kept, asked, Echo())
    assert (again.asked, again.before, again.failures) == (2, 2, 2)


def test_an_error_of_all_questions_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Echo):
        def ask_many(self, prepared: object, batch: int) -> list[rag.batch.Answerer]:  # type: ignore[override]
            if self.asked:
                raise ModelError("the weights are damaged.")
            return super().ask_many(prepared, batch)  # type: ignore[arg-type,return-value]

    monkeypatch.setattr(rag.batch, "BATCH", 2)
    echo, kept = Broken(), tmp_path / "k.jsonl"
    with pytest.raises(ModelError):
        run(kept, inquiries("가", "나", "다"), echo)
    assert echo.closed and answered_before(inquiries("가", "나", "다"), "s", kept) == 2


def test_how_far_it_is_is_told_with_rate_and_time_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    clock = iter([0.0, *(10.0 * at for at in range(1, 9))])
    monkeypatch.setattr(rag.batch.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(rag.batch, "BATCH", 2)
    answer_all(inquiries("가", "나", "망가진", "다", "라"), "s", tmp_path / "k.jsonl", Echo, said.append)  # type: ignore[arg-type]
    assert said == ["5 questions, 5 different ones, 0 answered before", "  2/5 answers, 0.20 a second, 15 s left",
                    "  4/5 answers, 0.20 a second, 5 s left, 1 failed", "  5/5 answers, 0.17 a second, 0 s left, 1 failed"]


def test_killed_with_9_it_loses_the_batch_in_flight_alone(tmp_path: Path, child_env: dict[str, str]) -> None:
    kept, whole = tmp_path / "killed.jsonl", tmp_path / "whole.jsonl"
    command = [sys.executable, "-m", "tests.rag.batch_child", str(kept), "30"]
    child = subprocess.Popen([*command, "0.15"], env=child_env, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while (kept.read_bytes().count(b"\n") if kept.exists() else 0) < 8 and time.monotonic() < until:
            assert child.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    before = kept.read_bytes().count(b"\n")
    assert 8 <= before < 30 and before % 4 == 0
    kept.write_bytes(kept.read_bytes()[:-20])   # and the end of the last line never reached the disk
    ended = subprocess.run([*command, "0"], env=child_env, capture_output=True, text=True, check=True)
    asked = inquiries(*(f"질문 {at}" for at in range(30)))
    echo = Echo()
    alone = run(whole, asked, echo)
    assert json.loads(ended.stdout) == list(alone.records) and len(echo.asked) == 30
    assert len(kept.read_bytes().splitlines()) == 31, "the one cut short once more, nothing else twice"
