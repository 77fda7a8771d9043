"""Rows from pairs that a language model wrote about single chunks: the chunk among hard neighbours, the pair's answer.

    output  its sentences with the number of the passage: "… [1] … [1]"

Every answer passes the grounding check against its own passages once more, since a prompt quotes lines of a chunk and the
model saw the whole. A share of the training questions comes again with the chunk withheld. Pairs about articles of terms
are made into rows by article_rows, which knows how to tell articles apart.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from mundap.chunk import Chunk
from mundap.grounding import check
from mundap.grounding.sentences import sentence_spans
from mundap.prompt import Passage
from pipelines.rejects import Rejects
from pipelines.rows.article_distractors import Neighbours
from pipelines.rows.distractors import ordered
from pipelines.rows.fact_rows import quote
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row, make_row
from pipelines.rows.settings import RowSettings
from pipelines.rows.unanswerable_rows import share_wanted
from pipelines.rows.written import Written
from pipelines.split import Part


def generated_rows(pool: Pool, settings: RowSettings, part: Part, pairs: Sequence[Written], rejects: Rejects
                   ) -> Iterator[Row]:
    """Yield a row for each pair whose chunk is in the part; then, in train, some of them with the chunk withheld."""
    chunks = {chunk.chunk_id: chunk for chunk in pool.chunks.values() if pool.in_part(chunk, part)}
    own = [pair for pair in pairs if pair.chunk_id in chunks]
    neighbours = Neighbours(list(chunks.values())) if own else None
    kept: list[tuple[Written, list[Chunk]]] = []
    for pair in own:
        assert neighbours is not None
        rejects.attempt()
        chunk = chunks[pair.chunk_id]
        hard = neighbours.hard(pair.question, chunk, pair.answer.splitlines(), settings.top_k, own_product=False)
        row = _answered(pair, chunk, hard[: settings.top_k - 1], settings, part, rejects)
        if row is not None:
            kept.append((pair, hard))
            yield row
    if part == "train":
        yield from _withheld(kept, settings, chunks, rejects)


def _answered(pair: Written, chunk: Chunk, hard: Sequence[Chunk], settings: RowSettings, part: Part, rejects: Rejects
              ) -> Row | None:
    placed = ordered(chunk, list(hard), random.Random(f"{settings.seed}:generated:{pair.question}"))
    level = settings.levels.get(pair.level)
    passages = quote(pair.question, placed, settings, level)
    number = 1 + placed.index(chunk)
    output = " ".join(f"{pair.answer[start:end].strip()} [{number}]" for start, end in sentence_spans(pair.answer))
    if number > len(passages) or not check(output, passages).ok:
        rejects.add("not_grounded", part=part, subject=pair.question, detail=output)
        return None
    return _row(pair, pair.kind, passages, output, chunk, settings, gold_chunk=chunk.chunk_id)


def _withheld(kept: Sequence[tuple[Written, list[Chunk]]], settings: RowSettings, chunks: dict[str, Chunk],
              rejects: Rejects) -> Iterator[Row]:
    order = list(kept)
    random.Random(f"{settings.seed}:generated:withheld").shuffle(order)
    for pair, hard in order[: share_wanted(len(kept), settings.unanswerable_share)]:
        rejects.attempt()
        passages = quote(pair.question, hard, settings, settings.levels.get(pair.level)) if hard else []
        if not passages:
            rejects.add("no_withheld_context", part="train", subject=pair.question, detail=pair.chunk_id)
            continue
        yield _row(pair, "unanswerable", passages, settings.decline_text, chunks[pair.chunk_id], settings, reason="withheld")


def _row(pair: Written, kind: str, passages: Sequence[Passage], output: str, chunk: Chunk, settings: RowSettings,
         **columns: str) -> Row:
    level = settings.levels.get(pair.level)
    return make_row(prefix=settings.dataset, kind=kind, passages=passages, question=pair.question, output=output,
                    instruction=level.instruct(settings.instruction) if level else settings.instruction,
                    source=chunk.citation, origin=pair.origin, level=pair.level,
                    company=str(chunk.metadata.get("company", "")), **columns)
