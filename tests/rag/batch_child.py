"""A batch in a process of its own, to be killed: answers in no time but for a pause a batch. Loads no index, no model.

    python -m tests.rag.batch_child KEPT QUESTIONS SECONDS_A_BATCH      prints the records as JSON
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import rag.batch
from mundap.errors import GenerationError
from rag.answer import Answer, Answerer
from rag.checks.verify import Verdict
from rag.inquiry import Inquiry


class Echo:
    """Stands in for an Answerer: says the question again, with a mark of the process that said it."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: list[str] = []
        self.closed = False

    def prepare(self, inquiry: Inquiry) -> Any:
        if "준비" in inquiry.text:
            raise GenerationError("cannot be prepared.")
        return inquiry

    def ask_many(self, prepared: Sequence[Inquiry], batch: int) -> list[Answer]:
        time.sleep(self.seconds)
        if any("망가진" in one.text for one in prepared):
            raise GenerationError("broke.")
        self.asked += [one.text for one in prepared]
        return [Answer(question=one.text, text=f"{one.text}!", verdict=Verdict(text=f"{one.text}!", status="verified"),
                       citations=(), hits=(), passages=(), level=one.level, as_of=one.as_of) for one in prepared]

    def close(self) -> None:
        self.closed = True


def run(kept: Path, inquiries: Sequence[Inquiry], echo: Echo, settings: str = "s") -> rag.batch.Answered:
    """Answer by an Echo."""
    return rag.batch.answer_all(inquiries, settings, kept, lambda: cast(Answerer, echo), lambda line: None)


if __name__ == "__main__":
    rag.batch.BATCH = 4
    done = run(Path(sys.argv[1]), [Inquiry(text=f"질문 {at}") for at in range(int(sys.argv[2]))], Echo(float(sys.argv[3])))
    json.dump(done.records, sys.stdout, ensure_ascii=False)
