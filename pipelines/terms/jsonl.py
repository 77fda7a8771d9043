"""Chunks as the JSON lines that insurance projects exchange, written and read.

    {"chunk_id": "hanbit:00012:9f2c…", "text": "제12조(…) ① …", "metadata": {"source": "hanbit.pdf", "company": "한빛든든손해보험",
     "breadcrumbs": "무배당 … 보통약관 > 제3관 … > 제12조(…)", "token_count": 212, "policy_type": "보통약관"}}

Source: the schema of the insurance project that mundap generalises (chunk_id, text and five metadata fields).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.errors import DataError

REQUIRED = ("source", "company", "breadcrumbs", "token_count", "policy_type")
_SEPARATOR = " > "


def write_jsonl(chunks: Iterable[Chunk], path: Path, *, sources: dict[str, str] | None = None) -> int:
    """Write chunks, one a line, by way of a temporary name; return how many. sources: doc_id -> source, else the doc_id.

    Beside the five fields metadata carries what reading them back needs: citation, level, doc_id, parent_id, date.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    written = 0
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        for chunk in chunks:
            file.write(json.dumps(_record(chunk, sources or {}), ensure_ascii=False) + "\n")
            written += 1
    os.replace(temporary, path)
    return written


def read_jsonl(path: Path) -> list[Chunk]:
    """Return the chunks of a file in this schema, ours or another project's (then all of them are children).

    Raises:
        DataError: the file cannot be read, or a line is no such record; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the file cannot be read ({error}).", where=str(path), fix="Give a UTF-8 JSONL file.") from error
    chunks = [_chunk(line, f"{path}: line {number}") for number, line in enumerate(lines, start=1) if line.strip()]
    if not chunks:
        raise DataError("the file holds no chunk.", where=str(path), fix="Give a JSONL file with one chunk a line.")
    return chunks


def _record(chunk: Chunk, sources: dict[str, str]) -> dict[str, Any]:
    extra = {name: value for name, value in chunk.metadata.items() if name not in REQUIRED}
    metadata = {
        "source": sources.get(chunk.doc_id) or str(chunk.metadata.get("source") or chunk.doc_id),
        "company": str(chunk.metadata.get("company") or ""), "breadcrumbs": chunk.breadcrumbs,
        "token_count": chunk.token_count, "policy_type": str(chunk.metadata.get("policy_type") or ""),
        "citation": chunk.citation, "level": chunk.level, "doc_id": chunk.doc_id, "parent_id": chunk.parent_id,
        "date": chunk.date}
    return {"chunk_id": chunk.chunk_id, "text": chunk.text, "metadata": metadata | extra}


def _chunk(line: str, where: str) -> Chunk:
    fix = 'Each line is {"chunk_id": …, "text": …, "metadata": {' + ", ".join(f'"{name}": …' for name in REQUIRED) + "}}."
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"the line is not JSON ({error}).", where=where, fix=fix) from error
    if not isinstance(record, dict) or not isinstance(record.get("metadata"), dict):
        raise DataError("the line is no chunk with metadata.", where=where, fix=fix)
    metadata = dict(record["metadata"])
    missing = [name for name in ("chunk_id", "text") if not isinstance(record.get(name), str)]
    missing += [f"metadata.{name}" for name in REQUIRED if name not in metadata]
    if missing:
        raise DataError(f"{', '.join(missing)} missing.", where=where, fix=fix)
    crumbs = metadata.pop("breadcrumbs")
    if isinstance(crumbs, list):     # some projects keep the parts apart
        crumbs = _SEPARATOR.join(map(str, crumbs))
    try:
        tokens, date = int(metadata.pop("token_count")), int(metadata.pop("date", 0))
    except (TypeError, ValueError) as error:
        raise DataError("metadata.token_count or date is no number.", where=where, fix=fix) from error
    level = metadata.pop("level", "child")
    if level not in ("parent", "child"):
        raise DataError(f"metadata.level is {level!r}.", where=where, fix="It is parent or child; without it child.")
    return Chunk(chunk_id=record["chunk_id"], doc_id=str(metadata.pop("doc_id", None) or metadata["source"]),
                 parent_id=str(metadata.pop("parent_id", "")), level=level, text=record["text"], breadcrumbs=str(crumbs),
                 citation=str(metadata.pop("citation", None) or str(crumbs).rsplit(_SEPARATOR, 1)[-1]), token_count=tokens,
                 date=date, metadata=metadata)
