"""Gold and Reply of the committed held-out rows, for tests: each row's own reference as a system's reply."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from mundap.grounding import citations
from mundap.prompt import Passage
from rag.evaluation.asked import Gold, Reply
from tests.conftest import ROOT

DOMAINS = ("demo", "dart", "insurance", "hira", "civil_law")
_MARKS = re.compile(r"\s*(?:\[\d+\])+")


def rows_of(domain: str) -> list[dict[str, str]]:
    """Return a domain's committed held-out rows."""
    found: list[dict[str, str]] = json.loads((ROOT / "datasets" / f"{domain}_eval.json").read_text(encoding="utf-8"))
    return found


def gold_of(row: Mapping[str, str]) -> Gold:
    """Return a row's question and truth."""
    return Gold(id=row["id"], question=row["question"], answerable=row["kind"] != "unanswerable",
                reference=_MARKS.sub("", row["output"]), value=row["gold_value"], unit=row["gold_unit"], line=row["gold_line"],
                lines=tuple(json.loads(row["gold_lines"])) if row.get("gold_lines") else (),
                chunks=(row["gold_chunk"],) if row["gold_chunk"] else (), reason=row["reason"], groups={"kind": row["kind"]})


def reply_of(row: Mapping[str, str], text: str | None = None) -> Reply:
    """Return a text, or the row's own reference, as a reply to what the row's prompt quotes."""
    said = row["output"] if text is None else text
    passages = passages_of(row)
    return Reply(text=said, declined=row["kind"] == "unanswerable" and text is None, citations=citations(said), passages=passages,
                 found=tuple(passage.chunk_id for passage in passages),
                 sources=tuple(f"{passage.head}\n{passage.text}" for passage in passages))


def passages_of(row: Mapping[str, str]) -> tuple[Passage, ...]:
    """Return the passages that a row's input quotes."""
    quoted = row["input"].partition("\n")[2].rpartition("\n질문: ")[0]
    blocks = re.split(r"^\[(\d+)\] ", quoted, flags=re.MULTILINE)[1:]
    ids = json.loads(row["chunk_ids"])
    return tuple(Passage(number=int(number), head=block.partition("\n")[0], chunk_id=ids[int(number) - 1],
                         lines=tuple(line for line in block.partition("\n")[2].splitlines() if line))
                 for number, block in zip(blocks[::2], blocks[1::2], strict=True))
