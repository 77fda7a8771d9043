"""A generated row: a pair that passed every check, with where it is from; and the files rows and rejects are kept in.

    {"id": "fact-3f1c…", "kind": "fact", "level": "", "question": "보험금은 언제 지급되나요?", "answer": "제8조에 따르면 …",
     "chunk_id": "…", "doc_id": "…", "citation": "제8조", "breadcrumbs": "… > 제8조(보험금의 지급)", "model": "…",
     "origin": "generated"}

origin says that a language model wrote it. Rows stand in the order of the chunks and hold no clock, so that the same
answers give the same bytes however often the run was stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mundap.errors import DataError, ResourceError
from pipelines.generate.task import Task

ROWS, REJECTS = "rows.jsonl", "rejects.jsonl"
ORIGIN = "generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedRow:
    """One pair. id follows from kind, level, chunk, question and answer; chunk_id names the chunk it rests on."""

    id: str
    kind: str
    level: str
    question: str
    answer: str
    chunk_id: str
    doc_id: str
    citation: str
    breadcrumbs: str
    model: str
    origin: str = ORIGIN


def rows_of(task: Task, final: Mapping[str, Any]) -> list[GeneratedRow]:
    """Return the rows of a task's final line in a ledger; none when it was rejected."""
    chunk = task.chunk
    return [GeneratedRow(id=_row_id(task, pair), kind=task.kind.name, level=task.level, question=pair["question"],
                         answer=pair["answer"], chunk_id=chunk.chunk_id, doc_id=chunk.doc_id, citation=chunk.citation,
                         breadcrumbs=chunk.breadcrumbs, model=str(final["model"]))
            for pair in (final["pairs"] if final["verdict"] == "kept" else ())]


def rejects_of(task: Task, final: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what a task's final line lost: each dropped pair, or the whole answer as the model wrote it."""
    about = {"chunk_id": task.chunk.chunk_id, "kind": task.kind.name, "level": task.level}
    dropped = [{"reason": str(pair["reason"]), **about, "question": str(pair["question"]), "answer": str(pair["answer"])}
               for pair in final.get("dropped", ())]
    if dropped or final["verdict"] == "kept":
        return dropped
    return [{"reason": str(final["reason"]), **about, "raw": str(final.get("raw", "")),
             "message": str(final.get("message", ""))}]


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    """Write JSON lines by way of a temporary name; return the path.

    Raises:
        ResourceError: the disk is full; the file of before, if any, stays.
    """
    return write_bytes(path, ((json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8", "replace") for record in records))


def write_bytes(path: Path, lines: Iterable[bytes]) -> Path:
    """Write lines, each with its end, by way of a temporary name; return the path.

    Raises:
        ResourceError: the disk is full; the file of before, if any, stays.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as stream:
            stream.writelines(lines)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ResourceError(f"cannot be written: {error}", where=str(path),
                            fix="Free disk space and run the same command again: every answer is in the ledger, "
                                "and none is asked for again.") from error
    return path


def write_rows(path: Path, rows: Sequence[GeneratedRow]) -> Path:
    """Write rows, one a line; return the path.

    Raises:
        ResourceError: the disk is full.
    """
    return write_lines(path, map(asdict, rows))


def read_rows(path: Path) -> list[GeneratedRow]:
    """Return the rows of a file.

    Raises:
        DataError: it is not there, or a line is no row.
    """
    if not path.is_file():
        raise DataError("there are no generated rows here.", where=str(path),
                        fix="Make them with: mundap data <recipe>   (a recipe with a generate section)")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            rows.append(GeneratedRow(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise DataError(f"line {number} is not a generated row.", where=str(path),
                            fix="Delete the file and run the command again; rows are written from the ledger.") from error
    return rows


def _row_id(task: Task, pair: Mapping[str, str]) -> str:
    text = "\n".join((task.kind.name, task.level, task.chunk.chunk_id, pair["question"], pair["answer"]))
    return f"{task.kind.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
