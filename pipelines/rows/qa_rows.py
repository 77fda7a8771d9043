"""Rows from a source's own question-answer pairs: the pair's chunk among others like it, the author's answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mundap.chunk import Chunk
from pipelines.chunks import tidy
from pipelines.rejects import Rejects
from pipelines.rows.distractors import ordered
from pipelines.rows.fact_rows import draw_level, quote
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row, make_row
from pipelines.rows.settings import RowSettings
from pipelines.split import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A question and its answer, as their author gave them in one document."""

    doc_id: str
    question: str
    answer: str


def qa_rows(pool: Pool, settings: RowSettings, part: Part, pairs: Sequence[Pair], rejects: Rejects) -> Iterator[Row]:
    """Yield one row for each pair of a part; the answer is the author's, followed by the number of its passage.

    At a level too: the author's words are the same whoever asks.
    """
    own = {chunk.doc_id: chunk for chunk in reversed(pool.chunks.values()) if chunk.metadata.get("kind") == "qa"}
    others = [chunk for chunk in pool.chunks.values()
              if chunk.metadata.get("kind") == "qa" and pool.in_part(chunk, part)]
    for pair in pairs:
        if pool.parts.get(pair.doc_id) != part or pair.doc_id not in own:
            continue
        rejects.attempt()
        rng = random.Random(f"{settings.seed}:qa:{pair.doc_id}")
        true, answer = own[pair.doc_id], tidy(pair.answer)
        chunks = ordered(true, _distractors(true, others, settings.top_k - 1, rng), rng)
        level = draw_level(settings, random.Random(f"{settings.seed}:level:{pair.doc_id}"))
        passages = quote(pair.question, chunks, settings, level)
        number = 1 + chunks.index(true)
        quoted = " ".join(passages[number - 1].lines) if number <= len(passages) else ""
        if "".join(answer.split()) not in "".join(quoted.split()):
            rejects.add("answer_not_in_focus", part=part, subject=tidy(pair.question), detail=true.chunk_id)
            continue
        yield make_row(prefix=settings.dataset, kind="qa", passages=passages, level=level.name if level else "",
                       instruction=level.instruct(settings.instruction) if level else settings.instruction,
                       question=tidy(pair.question), output=f"{answer} [{number}]", source=true.citation,
                       gold_chunk=true.chunk_id, gold_line=answer)


def _distractors(true: Chunk, others: Sequence[Chunk], wanted: int, rng: random.Random) -> list[Chunk]:
    free = [chunk for chunk in others if chunk.doc_id != true.doc_id]
    alike = [chunk for chunk in free if chunk.metadata.get("category") == true.metadata.get("category")]
    pool = alike if len(alike) >= wanted else free
    return rng.sample(pool, min(wanted, len(pool)))
