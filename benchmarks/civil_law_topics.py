"""The questions of datasets/civil_law_topics.json beside their passages: columns that follow from the chunks, written anew.

    mundap data configs/civil_law/data.yaml && python benchmarks/civil_law_topics.py [--check]

Written, not computed, are `topic`, `question`, `output`, `gold_line`, `gold_value`, `gold_unit` and `reference_free`; from the
chunk that holds gold_line follow gold_chunk, category, difficulty, source and pair, and from it and its nearest neighbour the
prompt. A question of an untrained topic has the two nearest passages and is declined. --check writes nothing, and ends with 1 where
the file would change.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, read_chunks
from mundap.context import focus
from mundap.grounding import citations
from mundap.lexical import LexicalIndex
from mundap.paths import project_root, resolve
from mundap.prompt import build_input
from mundap.recipe import load

TOPICS = Path("datasets/civil_law_topics.json")
UNTRAINED = ("계약법", "불법행위")
COLUMNS = ("id", "kind", "instruction", "input", "output", "question", "source", "chunk_ids", "gold_chunk", "gold_line",
           "gold_value", "gold_unit", "company", "fiscal_year", "item", "reason", "category", "topic", "difficulty", "pair",
           "reference_free")


def written(rows: Sequence[Mapping[str, str]], recipe: Mapping[str, Any], project: Path) -> str:
    """Return the file's text with every derived column made anew; the order and what people wrote stay.

    Raises:
        ValueError: a gold_line stands in no chunk, or in several.
        DataError: mundap data has not been run.
    """
    chunks = {chunk.chunk_id: chunk for chunk in read_chunks(resolve(recipe["chunks"], project), "child")}
    index = LexicalIndex.build(list(chunks), [f"{chunk.breadcrumbs}\n{chunk.text}" for chunk in chunks.values()])
    trained = {row["gold_chunk"] for row in json.loads((project / "datasets/civil_law.json").read_text(encoding="utf-8"))}
    instruction = (project / recipe["prompt"]["instruction"]).read_text(encoding="utf-8").strip()
    lines = []
    for place, row in enumerate(rows, start=1):
        near = [chunks[name] for name in index.nearest(row["question"], 8)]
        gold = _gold(row["gold_line"], chunks.values()) if row["topic"] not in UNTRAINED else None
        own = _with_gold(row, gold, near, trained) if gold else _without(recipe["prompt"]["decline_text"], near)
        shown: list[Chunk] = own.pop("shown")
        passages = focus(row["question"], shown, top_k=recipe["retrieval"]["top_k"],
                         lines=recipe["prompt"]["lines_per_passage"])
        full = {**dict.fromkeys(COLUMNS, ""), **row, **own, "id": f"civil_law-topic-{place:02d}", "instruction": instruction,
                "input": build_input(passages, row["question"]),
                "chunk_ids": json.dumps([passage.chunk_id for passage in passages])}
        lines.append(json.dumps({name: full[name] for name in COLUMNS}, ensure_ascii=False))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _gold(line: str, chunks: Any) -> Chunk:
    found = [chunk for chunk in chunks if line in chunk.text.splitlines()]
    if len(found) != 1:
        raise ValueError(f"{len(found)} chunks hold this gold_line: {line}")
    chunk: Chunk = found[0]
    return chunk


def _with_gold(row: Mapping[str, str], gold: Chunk, near: Sequence[Chunk], trained: set[str]) -> dict[str, Any]:
    """Return the columns of a question that a pair answers; the nearest other pair stands before or after it."""
    other = next(chunk for chunk in near if chunk.doc_id != gold.doc_id)
    shown = sorted((gold, other), key=lambda chunk: chunk.chunk_id[-12:])   # by hash: neither first more often
    text = row["output"]
    for mark in citations(text):
        text = text.replace(f"[{mark}]", "")
    return {"kind": "qa", "output": f"{text.rstrip()} [{1 + shown.index(gold)}]", "source": gold.citation, "reason": "",
            "gold_chunk": gold.chunk_id, "category": str(gold.metadata["category"]), "shown": shown,
            "difficulty": str(gold.metadata["difficulty"]), "pair": "trained" if gold.chunk_id in trained else "held out"}


def _without(decline_text: str, near: Sequence[Chunk]) -> dict[str, Any]:
    """Return the columns of a question that no document answers."""
    return {"kind": "unanswerable", "output": decline_text, "reason": "untrained_topic", "category": "일반 민법",
            "shown": list(near[:2]), "pair": ""}


def main() -> None:
    """Write the file, or tell whether it would change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    project = project_root(Path(__file__).parent)
    file, rag = project / TOPICS, load("configs/civil_law/rag.yaml", kind="rag")
    before = file.read_text(encoding="utf-8")
    after = written(json.loads(before), {**rag.values, "chunks": rag.values["index"]["chunks"]}, project)
    if not given.check:
        file.write_text(after, encoding="utf-8", newline="\n")
    elif before != after:
        sys.exit(f"{TOPICS} would change: run python benchmarks/civil_law_topics.py")


if __name__ == "__main__":
    main()
