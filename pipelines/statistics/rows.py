"""Questions about statistics as training rows: the lines that answer among others, as the app would quote them."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mundap.chunk import Chunk
from mundap.grounding import check
from mundap.prompt import Passage
from pipelines.facts import PlacedFact
from pipelines.rejects import Rejects
from pipelines.rows.distractors import ordered
from pipelines.rows.fact_rows import quote
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row, make_row
from pipelines.rows.settings import RowSettings
from pipelines.split import Part
from pipelines.statistics.dataset import Dataset
from pipelines.statistics.documents import doc_id
from pipelines.statistics.questions import Asked, Group, group_of, questions
from pipelines.statistics.templates import Wordings
from pipelines.statistics.unanswered import unanswered
from pipelines.statistics.wording import subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many questions each group gives, and the shares of the kinds."""

    per_group: int
    kinds: Mapping[str, float]
    wordings: Mapping[str, Wordings]
    unanswerable_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A row with what the reference's form needs beside it."""

    row: Row
    asked: Asked
    doc_id: str
    answer: str     # without the passage's number
    category: str


def statistics_rows(data: Dataset, pool: Pool, settings: RowSettings, wanted: Wanted, part: Part, rejects: Rejects
                    ) -> Iterator[Made]:
    """Yield the rows of one data set's groups in a part, in the order of the table."""
    places = _places(pool)
    names = [name for name in data.records if pool.parts.get(doc_id(data, name)) == part and doc_id(data, name) in places]
    for name in names:
        rng = random.Random(f"{settings.seed}:statistics:{data.name}:{name}")
        group = group_of(data, name)
        others = [other for other in rng.sample(names, min(len(names), 3)) if other != name]
        for asked in _drawn(group, wanted, part, rng):
            rejects.attempt()
            made = _row(group, asked, [places[doc_id(data, other)] for other in others], places, pool, settings, part,
                        rng, rejects)
            if made:
                yield made


def _places(pool: Pool) -> dict[str, dict[str, PlacedFact]]:
    """Return doc_id -> line -> its fact."""
    found: dict[str, dict[str, PlacedFact]] = defaultdict(dict)
    for fact in pool.facts:
        found[fact.doc_id].setdefault(fact.line, fact)
    return dict(found)


def _drawn(group: Group, wanted: Wanted, part: Part, rng: random.Random) -> Iterator[Asked]:
    """Yield a group's questions: kinds drawn by their shares, each figure asked once, some without an answer."""
    open_kinds = questions(group, wanted.wordings, part, rng)
    open_kinds["unanswerable"] = unanswered(group, wanted.wordings, part, rng)
    answerable = sum(wanted.kinds.values()) or 1.0
    weights = {kind: share / answerable * (1 - wanted.unanswerable_share) for kind, share in wanted.kinds.items()}
    weights["unanswerable"] = wanted.unanswerable_share
    for _ in range(wanted.per_group):
        kinds = [kind for kind in weights if open_kinds.get(kind) and weights[kind]]
        if not kinds:
            return
        yield open_kinds[rng.choices(kinds, [weights[kind] for kind in kinds])[0]].pop()


def _row(group: Group, asked: Asked, others: Sequence[Mapping[str, PlacedFact]],
         places: Mapping[str, Mapping[str, PlacedFact]], pool: Pool, settings: RowSettings, part: Part,
         rng: random.Random, rejects: Rejects) -> Made | None:
    own = places[doc_id(group.data, group.name)]
    missing = [line for line in asked.lines if line not in own]
    if missing:
        rejects.add("line_not_in_focus", part=part, subject=missing[0], detail=asked.question)
        return None
    true = list(dict.fromkeys(own[line].chunk_id for line in asked.lines))
    if len(true) > settings.top_k:
        rejects.add("too_few_passages", part=part, subject=asked.answer, detail=asked.question)
        return None
    chunks = _chunks(true, own, others, pool, settings, rng, asked)
    passages = quote(asked.question, chunks, settings)
    return _finish(group, asked, passages, pool, own, settings, part, rejects)


def _chunks(true: Sequence[str], own: Mapping[str, PlacedFact], others: Sequence[Mapping[str, PlacedFact]], pool: Pool,
            settings: RowSettings, rng: random.Random, asked: Asked) -> list[Chunk]:
    """Return the chunks of a prompt: those that answer, filled up with the group's others or another group's."""
    near = sorted({fact.chunk_id for fact in own.values()} - set(true))
    far = sorted({fact.chunk_id for other in others for fact in other.values()})
    if not true:
        first = rng.choice(near) if near else rng.choice(far)
        near = [chunk for chunk in near if chunk != first]
        true = [first]
    chunks = [pool.chunks[chunk] for chunk in true]
    while len(chunks) < settings.top_k and (near or far):
        source = near if near and (rng.random() < 0.5 or not far) else far
        chunks = ordered(chunks[0], [*chunks[1:], pool.chunks[source.pop(rng.randrange(len(source)))]], rng)
    return chunks


def _finish(group: Group, asked: Asked, passages: Sequence[Passage], pool: Pool, own: Mapping[str, PlacedFact],
            settings: RowSettings, part: Part, rejects: Rejects) -> Made | None:
    cited = sorted({passage.number for passage in passages for line in asked.lines
                    if line in passage.lines and passage.chunk_id == own[line].chunk_id})
    quoted = {line for passage in passages for line in passage.lines}
    if not set(asked.lines) <= quoted:
        rejects.add("line_not_in_focus", part=part, subject=asked.lines[0], detail=asked.question)
        return None
    marks = "".join(f"[{number}]" for number in cited)
    output = f"{asked.answer} {marks}" if asked.lines else settings.decline_text
    if asked.lines and not check(output, passages).ok:
        rejects.add("not_grounded", part=part, subject=output, detail=asked.question)
        return None
    chunk = pool.chunks[own[asked.lines[0]].chunk_id if asked.lines else passages[0].chunk_id]
    gold = {"gold_chunk": chunk.chunk_id, "gold_line": asked.lines[0], "gold_value": asked.value,
            "gold_unit": asked.unit} if asked.lines else {"reason": asked.reason}
    if len(asked.lines) > 1:
        gold["gold_lines"] = json.dumps(asked.lines, ensure_ascii=False)
    row = make_row(prefix=settings.dataset, kind=asked.kind, passages=passages, question=asked.question, output=output,
                   instruction=settings.instruction, source=chunk.citation, company=subject(group.spec, group.name),
                   fiscal_year=str(asked.year), item=asked.measure, **gold)
    return Made(row=row, asked=asked, doc_id=doc_id(group.data, group.name), answer=asked.answer or settings.decline_text,
                category=group.spec.category)
