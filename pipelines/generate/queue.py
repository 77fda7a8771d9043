"""The tasks still to be done: in their order, those that failed at the provider after a wait."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.generate.task import Task


@dataclass(slots=True)
class Work:
    """A task and how it went so far: tried counts answers that failed a check; failures, calls without an answer.

    prompt is what is sent next, prompt_tokens an estimate of its length.
    """

    task: Task
    prompt: str
    prompt_tokens: int
    tried: int = 0
    failed: str = ""
    failures: int = 0


class Queue:
    """Hands out work: what is due again first, then what is new."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._new = deque(works)
        self._again: list[tuple[float, int, Work]] = []
        self._order = 0

    def __len__(self) -> int:
        return len(self._new) + len(self._again)

    def first(self, now: float) -> Work | None:
        """Return the work to do next, which stays in the queue; None when none is due."""
        if self._again and self._again[0][0] <= now:
            return self._again[0][2]
        return self._new[0] if self._new else None

    def take(self, work: Work) -> None:
        """Take out the work that first() returned."""
        if self._again and self._again[0][2] is work:
            heapq.heappop(self._again)
        else:
            assert self._new[0] is work
            self._new.popleft()

    def put_back(self, work: Work, due: float) -> None:
        """Put work back, to be done from a time on."""
        self._order += 1
        heapq.heappush(self._again, (due, self._order, work))

    def due(self) -> float | None:
        """Return when the earliest of the work put back is due."""
        return self._again[0][0] if self._again else None

    def rest(self) -> list[Work]:
        """Return all work still in the queue."""
        return [*(work for _, _, work in sorted(self._again, key=lambda entry: entry[:2])), *self._new]
