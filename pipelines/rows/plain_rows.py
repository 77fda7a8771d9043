"""Plain question-answer rows beside the rows that quote passages: the question as instruction, a stretch of its text as input.

    {"instruction": "며칠 이내에 철회할 수 있나요?", "input": "### 입력\\n제15조(청약의 철회)\\n① …",
     "output": "제15조 제1항에 따르면 …"}

What such rows teach is to recite; they are made to be compared with the rows that are read from passages.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.context import lines_of
from mundap.grounding import check
from mundap.paths import resolve
from mundap.prompt import INPUT_HEADER, Passage, neutralise
from pipelines.manifest import write_text
from pipelines.rows.row import Row

MAX_CHARS = 500
_MARK = re.compile(r" ?\[\d+\]")


def plain_file(recipe: Mapping[str, Any], project: Path) -> list[Path]:
    """Return the plain rows' file; none where rows.plain is not set."""
    rows = recipe.get("rows") or {}
    name = rows.get("plain")
    return [resolve(rows["output"], project) / f"{name}.json"] if name else []


def write_plain(recipe: Mapping[str, Any], project: Path, rows: Iterable[Row], chunks: Mapping[str, Chunk]) -> list[Path]:
    """Write the plain form of the answerable rows; return the files written."""
    written = []
    for path in plain_file(recipe, project):
        made = [plain for row in rows if row.gold_chunk in chunks
                and (plain := plain_row(row, chunks[row.gold_chunk], path.stem))]
        lines = [json.dumps(row, ensure_ascii=False) for row in made]
        written.append(write_text(path, "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"))
    return written


def plain_row(row: Row, chunk: Chunk, dataset: str) -> dict[str, str] | None:
    """Return a row's plain form; None where the answer does not follow from the text that fits."""
    head = chunk.breadcrumbs.split(" > ")[-1]
    output = _MARK.sub("", row.output)
    lines = lines_of(chunk)
    for start in range(len(lines)):
        kept: list[str] = []
        for line in lines[start:]:
            if len("\n".join((head, *kept, line))) > MAX_CHARS:
                break
            kept.append(line)
        passage = Passage(number=1, head=head, lines=tuple(kept), chunk_id=chunk.chunk_id)
        if kept and check(output, [passage]).ok:
            digest = hashlib.sha256(f"{row.kind}\n{row.question}\n{output}".encode()).hexdigest()[:12]
            return {"id": f"{dataset}-{row.kind}-{digest}", "kind": row.kind, "instruction": row.question,
                    "input": INPUT_HEADER + neutralise("\n".join((head, *kept))), "output": output, "source": row.source,
                    "chunk_ids": json.dumps([chunk.chunk_id], ensure_ascii=False), "origin": row.origin}
    return None
