"""Training progress as the trainer's own log tells it: read trainer_log.jsonl while it grows, and show it.

On a terminal one live line is redrawn; elsewhere a plain line comes every few seconds. Nothing here starts or stops
anything.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOG_NAME = "trainer_log.jsonl"
_CLOCK = re.compile(r"^(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The state after one logged step. loss is None for a line that carries none, such as the last.

    elapsed_s counts from the start of this session, not of the run. tokens are those seen so far, where the recipe has
    them counted; vram_bytes is the most that the first GPU's allocator had reserved.
    """

    current: int
    total: int
    loss: float | None
    eval_loss: float | None
    elapsed_s: int
    remaining_s: int
    epoch: float | None = None
    learning_rate: float | None = None
    tokens: int | None = None
    vram_bytes: int | None = None

    def line(self, resumed_at: int = 0) -> str:
        """Return the state in one line: step, loss, rate, time left.

        resumed_at is the step this session went on from: the trainer's own estimate counts those before it as done in
        this session's time.
        """
        parts = [f"step {self.current}/{self.total}"]
        if self.loss is not None:
            parts.append(f"loss {self.loss:.4f}")
        if self.eval_loss is not None:
            parts.append(f"eval_loss {self.eval_loss:.4f}")
        per_step = self.seconds_per_step(resumed_at)
        if per_step is not None:
            parts.append(f"{per_step:.2f} s/step" if per_step >= 1 else f"{1 / per_step:.1f} steps/s")
        parts.append(f"{clock(self.left_s(resumed_at))} left")
        return "  ".join(parts)

    def seconds_per_step(self, resumed_at: int = 0) -> float | None:
        """Return what a step of this session took, None before the first was done."""
        return self.elapsed_s / (self.current - resumed_at) if self.elapsed_s and self.current > resumed_at else None

    def left_s(self, resumed_at: int = 0) -> float:
        """Return the seconds that are left."""
        per_step = self.seconds_per_step(resumed_at)
        return (self.total - self.current) * per_step if resumed_at and per_step is not None else float(self.remaining_s)


class TrainingLog:
    """The trainer's log, read from where the last poll ended; a log that was deleted or cut starts over."""

    def __init__(self, path: Path, *, skip_existing: bool = False) -> None:
        self.path = path
        self._offset = path.stat().st_size if skip_existing and path.exists() else 0

    def poll(self) -> list[Step]:
        """Return the steps written since the last poll; a line half written waits for the next."""
        try:
            size = self.path.stat().st_size
        except OSError:
            self._offset = 0
            return []
        if size < self._offset:
            self._offset = 0
        if size == self._offset:
            return []
        with self.path.open("rb") as file:
            file.seek(self._offset)
            piece = file.read()
        whole = piece[:piece.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [step for line in whole.splitlines() if (step := _step(line)) is not None]


def read_log(path: Path) -> list[Step]:
    """Return every step of a trainer's log, all sessions, as written; none when there is no log."""
    return TrainingLog(path).poll()


class Display:
    """Shows steps as they come: redrawn on a terminal, else through say, at most once every every_s seconds."""

    def __init__(self, say: Callable[[str], None], *, live: bool = False, every_s: float = 10.0, resumed_at: int = 0
                 ) -> None:
        self._say = say
        self._resumed_at = resumed_at
        self._every_s = every_s
        self._last_s = -every_s
        self._bar: Any = None
        self._task: Any = None
        self._live = live
        self.steps: list[Step] = []

    def show(self, steps: list[Step]) -> None:
        """Show the newest of some steps, and remember them all."""
        self.steps += steps
        if self._live:
            self._draw()
        elif steps and (time.monotonic() - self._last_s >= self._every_s or steps[-1].current == steps[-1].total):
            self._last_s = time.monotonic()
            self._say(steps[-1].line(self._resumed_at))

    def close(self) -> None:
        """Leave the live line as it is and give the terminal back."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(BarColumn(bar_width=24), TextColumn("{task.description}"), TimeElapsedColumn(),
                                 console=Console(stderr=True))
            self._task = self._bar.add_task("loading the model", total=None)
            self._bar.start()
        if self.steps:
            last = self.steps[-1]
            self._bar.update(self._task, total=last.total, completed=last.current, description=last.line(self._resumed_at))


def clock(seconds: float) -> str:
    """Return seconds as H:MM:SS, hours left out when there are none."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _step(line: bytes) -> Step | None:
    """Return the step of one line such as {"current_steps": 2, "total_steps": 40, "loss": 3.1, "lr": 0.0005, ...}."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or "current_steps" not in record:
        return None
    vram = record.get("vram_reserved")   # GiB; -1 byte and so about 0 where there is no GPU
    return Step(current=int(record["current_steps"]), total=int(record.get("total_steps", 0)), loss=record.get("loss"),
                eval_loss=record.get("eval_loss"), elapsed_s=_seconds(record.get("elapsed_time", "")),
                remaining_s=_seconds(record.get("remaining_time", "")), epoch=record.get("epoch"),
                learning_rate=record.get("lr"), tokens=record.get("total_tokens"),
                vram_bytes=round(vram * 2**30) if vram and vram > 0 else None)


def _seconds(text: str) -> int:
    """Return the seconds of "1 day, 2:03:04" or "0:00:12"; 0 when it is neither."""
    found = _CLOCK.match(text)
    if not found:
        return 0
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
