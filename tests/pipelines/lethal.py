"""Functions for worker processes that end them in the ways a job can."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

from mundap.errors import DataError


class Task(NamedTuple):
    """What a worker is to do with a number: "square", "kill" it, "once" (kill it the first time), "fail", "wait"."""

    do: str
    number: int
    folder: Path


def run(task: Task) -> int:
    """Do the task; a worker that is killed leaves its process id behind."""
    if task.do == "kill" or (task.do == "once" and not (task.folder / "died").exists()):
        (task.folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if task.do == "fail":
        raise DataError("no good.", where="row 7", fix="Mend it.")
    if task.do == "wait":
        time.sleep(60)
    return task.number**2
