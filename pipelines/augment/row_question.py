"""A row with another question: the column, the input's last line or the instruction, and an id of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from mundap.prompt import neutralise
from pipelines.quality.candidate import Candidate

Record = Mapping[str, Any]


def with_question(record: Record, question: str, how: str) -> dict[str, Any] | None:
    """Return the row asking `question`, with augmented_from and how; None where its question cannot be found in it."""
    row = Candidate(record=record)
    changed = dict(record)
    asked = " ".join(neutralise(row.question).split())
    if "question" in record:
        changed["question"] = question
    line = f"질문: {asked}"
    if row.text("input").endswith(line):
        changed["input"] = row.text("input").removesuffix(line) + f"질문: {' '.join(neutralise(question).split())}"
    elif row.asks_by_instruction:
        changed["instruction"] = question
    elif row.text("input").strip() == asked:
        changed["input"] = question
    else:
        return None
    return marked(changed, record, how)


def marked(changed: Mapping[str, Any], record: Record, how: str) -> dict[str, Any]:
    """Return a changed row with its provenance and an id that follows from what it now asks."""
    text = "\n".join(str(changed.get(column) or "") for column in ("instruction", "input", "output"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    origin = str(record.get("id") or hashlib.sha256(str(sorted(record.items())).encode()).hexdigest()[:12])
    return {**changed, "id": f"{origin}-{how}-{digest}", "augmented_from": origin, "how": how}
