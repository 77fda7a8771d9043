"""A row: what LLaMA-Factory reads (instruction, input, output) and flat text columns it ignores but evaluation needs.

    {"id": "demo-fact-3f1c…", "kind": "fact", "instruction": "문서에서 …", "input": "### 입력\\n[1] …",
     "output": "… [1]", "source": "…", "chunk_ids": "[\\"…\\"]", "question": "…", "gold_value": "1,234",
     "gold_unit": "백만원", …}

Every column of every row is text, since Hugging Face datasets infers one type per column.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mundap.prompt import Passage, build_input

_OPTIONAL = ("level", "period", "gold_lines", "origin", "augmented_from", "how")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. reason says why an unanswerable row has no answer; the gold columns are "" where there is none."""

    id: str
    kind: str
    instruction: str
    input: str
    output: str
    question: str
    source: str
    chunk_ids: str
    gold_chunk: str = ""
    gold_line: str = ""
    gold_value: str = ""
    gold_unit: str = ""
    company: str = ""
    fiscal_year: str = ""
    item: str = ""
    reason: str = ""
    level: str = ""
    period: str = ""
    origin: str = ""       # "template", "handwritten" or "generated" of a row about an article
    gold_lines: str = ""   # JSON list: every line that a computed answer rests on
    augmented_from: str = ""   # of a row made from another by `augment:`, the other's id
    how: str = ""              # and the way it was made

    @property
    def record(self) -> dict[str, str]:
        """Return every column of the row."""
        return {name: getattr(self, name) for name in Row.__slots__}


def make_row(
    *,
    prefix: str,
    kind: str,
    instruction: str,
    passages: Sequence[Passage],
    question: str,
    output: str,
    source: str,
    **gold: str,
) -> Row:
    """Return a row whose id follows from what it asks, of which passages, and what it answers."""
    chunk_ids = json.dumps([passage.chunk_id for passage in passages], ensure_ascii=False)
    row_input = build_input(passages, question)
    digest = hashlib.sha256(f"{kind}\n{row_input}\n{output}".encode()).hexdigest()[:12]
    return Row(id=f"{prefix}-{kind}-{digest}", kind=kind, instruction=instruction, input=row_input, output=output,
               question=question, source=source, chunk_ids=chunk_ids, **gold)


def rows_text(rows: Iterable[Row]) -> str:
    """Return the rows as a JSON array, one row a line, so that a change of one row is one line in a diff.

    A column of _OPTIONAL is written for all rows when one of them fills it, and for none otherwise.
    """
    records = [row.record for row in rows]
    unused = [name for name in _OPTIONAL if not any(record[name] for record in records)]
    lines = [json.dumps({name: value for name, value in record.items() if name not in unused}, ensure_ascii=False)
             for record in records]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"
