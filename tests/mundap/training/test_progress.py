"""The trainer's log is read while it grows, and shown in lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.training.progress import Display, Step, TrainingLog, clock, read_log

LINE = ('{"current_steps": %d, "total_steps": 40, "loss": 3.5, "lr": 0.0005, "elapsed_time": "%s", '
        '"remaining_time": "0:01:20"}\n')


def test_a_growing_log_is_read_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "trainer_log.jsonl"
    log = TrainingLog(path)
    assert log.poll() == []
    path.write_text(LINE % (2, "0:00:04") + '{"current_st', encoding="utf-8")
    [step] = log.poll()
    assert step.line() == "step 2/40  loss 3.5000  2.00 s/step  1:20 left"
    assert log.poll() == []
    path.write_text(LINE % (2, "0:00:04") + LINE % (4, "0:00:01"), encoding="utf-8")
    assert [step.line() for step in log.poll()] == ["step 4/40  loss 3.5000  4.0 steps/s  1:20 left"]
    path.write_text(LINE % (1, "0:00:01"), encoding="utf-8")     # a new run deleted the old log
    assert [step.current for step in log.poll()] == [1]


def test_an_older_runs_lines_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "trainer_log.jsonl"
    path.write_text(LINE % (2, "0:00:04"), encoding="utf-8")
    log = TrainingLog(path, skip_existing=True)
    assert log.poll() == []


def test_lines_that_are_no_step_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "trainer_log.jsonl"
    path.write_text('no json\n[1]\n{"loss": 1}\n' + LINE % (2, "1 day, 0:00:04"), encoding="utf-8")
    [step] = TrainingLog(path).poll()
    assert step.elapsed_s == 86404


def step(current: int, loss: float | None) -> Step:
    return Step(current=current, total=4, loss=loss, eval_loss=None, elapsed_s=0, remaining_s=0)


def test_plain_lines_come_now_and_then_and_always_at_the_end() -> None:
    said: list[str] = []
    display = Display(said.append, every_s=1000)
    for number in (1, 2, 3):
        display.show([step(number, 1.0 / number)])
    display.show([step(4, None)])
    display.close()
    assert said == ["step 1/4  loss 1.0000  0:00 left", "step 4/4  0:00 left"]
    assert [step.current for step in display.steps] == [1, 2, 3, 4]


def test_a_resumed_runs_rate_counts_only_its_own_steps() -> None:
    late = Step(current=30, total=40, loss=None, eval_loss=None, elapsed_s=20, remaining_s=7)
    assert late.line() == "step 30/40  1.5 steps/s  0:07 left"
    assert late.line(resumed_at=20) == "step 30/40  2.00 s/step  0:20 left"


def test_tokens_rate_and_gpu_memory_are_read(tmp_path: Path) -> None:
    path = tmp_path / "trainer_log.jsonl"
    path.write_text('{"current_steps": 2, "total_steps": 4, "loss": 1.5, "lr": 0.001, "epoch": 0.5, "total_tokens": 640,'
                    ' "vram_allocated": 1.0, "vram_reserved": 2.5}\n'
                    '{"current_steps": 4, "total_steps": 4, "vram_allocated": 0.0, "vram_reserved": -0.0}\n',
                    encoding="utf-8")
    first, second = read_log(path)
    assert (first.tokens, first.learning_rate, first.epoch, first.vram_bytes) == (640, 0.001, 0.5, 5 * 2**29)
    assert second.vram_bytes is None and read_log(tmp_path / "none") == []


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (61.9, "1:01"), (3600, "1:00:00"), (90061, "25:01:01")])
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
