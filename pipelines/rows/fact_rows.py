"""Rows that ask for one figure: the true chunk among confusable ones, and the value exactly as its line gives it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mundap.chunk import Chunk
from mundap.context import focus
from mundap.korean import josa
from mundap.prompt import Passage
from pipelines.facts import PlacedFact
from pipelines.rejects import Rejects
from pipelines.rows.askable import one_value, why_not
from pipelines.rows.distractors import choose, ordered
from pipelines.rows.pool import Pool, Subject
from pipelines.rows.row import Row, make_row
from pipelines.rows.settings import RowSettings
from pipelines.rows.templates import Template
from pipelines.split import Part

MIN_EVAL = 150  # answerable evaluation rows wanted: a share is then known to about ±8 points


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A figure with the words it is asked by: its item, after 연결 or 별도 where both are reported and differ."""

    fact: PlacedFact
    item: str

    @property
    def with_basis(self) -> bool:
        """Return whether the question names the basis."""
        return self.item != self.fact.item


def fact_rows(pool: Pool, settings: RowSettings, part: Part, rejects: Rejects) -> Iterator[tuple[Row, Asked]]:
    """Yield up to facts_per_document rows for each document of a part, common and so far unasked items preferred.

    An evaluation part with few documents takes more of each, up to MIN_EVAL in all.
    Every figure tried becomes a row or a reject; a figure another document was asked for already is not tried again.
    """
    used: Counter[str] = Counter()
    asked_subjects: set[tuple[Subject, str]] = set()
    documents = pool.documents(part)
    wanted = settings.facts_per_document
    if part == "eval" and documents and wanted:
        wanted = max(wanted, -(-MIN_EVAL // len(documents)))
    for doc_id in documents:
        rng = random.Random(f"{settings.seed}:fact:{doc_id}")
        made = 0
        for fact in _by_preference(pool, doc_id, used, rng):
            if made >= wanted:
                break
            key = pool.subject(fact), fact.basis
            if key in asked_subjects or (pool.subject(fact), "") in asked_subjects:
                continue
            asked_subjects.add(key)
            rejects.attempt()
            asked = ask(pool, fact, part, rejects)
            if asked is None:
                continue
            if not asked.with_basis:
                asked_subjects.add((pool.subject(fact), ""))
            row = _row(pool, settings, part, asked, rng, rejects)
            if row is not None:
                used[pool.key(fact.item)] += 1
                made += 1
                yield row, asked


def ask(pool: Pool, fact: PlacedFact, part: Part, rejects: Rejects) -> Asked | None:
    """Return how the figure is asked for, or None with a reject when it cannot be."""
    reason = why_not(fact)
    if reason:
        rejects.add(reason, part=part, subject=fact.line, detail=fact.chunk_id)
        return None
    rivals = pool.by_subject[pool.subject(fact)]
    if one_value(rivals):
        return Asked(fact=fact, item=fact.item)
    if fact.basis and _told_apart(fact, rivals):
        return Asked(fact=fact, item=f"{fact.basis} {fact.item}")
    values = list(dict.fromkeys(f"{rival.basis} {rival.value}{rival.unit}".strip() for rival in rivals))
    rejects.add("ambiguous", part=part, subject=fact.line,
                detail=f"{len(values)} values: {', '.join(values[:4])}")
    return None


def question_for(templates: Sequence[Template], rng: random.Random, *, company: str, year: int, item: str, unit: str
                 ) -> str:
    """Return a question in one of the templates' wordings."""
    return rng.choice(list(templates)).render(company=company, year=year, item=item, unit=unit)


def quote(question: str, chunks: Sequence[Chunk], settings: RowSettings) -> list[Passage]:
    """Return the passages as the app would quote these chunks for the question."""
    return focus(question, chunks, top_k=settings.top_k, lines=settings.lines_per_passage, synonyms=settings.synonyms)


def _told_apart(fact: PlacedFact, rivals: Sequence[PlacedFact]) -> bool:
    """Return whether the basis settles the value: one for this basis, and none without a basis that fits neither."""
    based = [rival for rival in rivals if rival.basis]
    loose = [rival for rival in rivals if not rival.basis]
    return (one_value([rival for rival in based if rival.basis == fact.basis])
            and all(any(one_value([other, rival]) for rival in based) for other in loose))


def _by_preference(pool: Pool, doc_id: str, used: Counter[str], rng: random.Random) -> list[PlacedFact]:
    """Return one fact per subject and basis in a weighted random order.

    An item weighs more when many companies report it (what people ask about), less the more often it was asked and the
    more words its label needs. The order is Efraimidis and Spirakis' weighted sampling: keys random ** (1 / weight).
    Source: P. Efraimidis, P. Spirakis, "Weighted random sampling with a reservoir", 2006.
    """
    distinct: dict[tuple[Subject, str], PlacedFact] = {}
    for fact in pool.facts_of(doc_id):
        distinct.setdefault((pool.subject(fact), fact.basis), fact)

    def weight(fact: PlacedFact) -> float:
        return pool.spread(fact) / (1 + used[pool.key(fact.item)]) / len(fact.item.split()) ** 2

    drawn = [(rng.random() ** (1 / weight(fact)), fact) for fact in distinct.values()]
    return [fact for _, fact in sorted(drawn, key=lambda entry: -entry[0])]


def _row(pool: Pool, settings: RowSettings, part: Part, asked: Asked, rng: random.Random, rejects: Rejects
         ) -> Row | None:
    fact = asked.fact
    question = question_for(settings.templates[part], rng, company=fact.company, year=fact.fiscal_year,
                            item=asked.item, unit=fact.unit)
    alone = part == "train" and settings.single_passage_share > 0 and rng.random() < settings.single_passage_share
    distractors = [] if alone else choose(pool, fact, part, settings.top_k - 1, rng, with_basis=asked.with_basis)
    passages = quote(question, ordered(pool.chunks[fact.chunk_id], distractors, rng), settings)
    true = next(passage for passage in passages if passage.chunk_id == fact.chunk_id)
    if fact.line not in true.lines:
        rejects.add("line_not_in_focus", part=part, subject=fact.line, detail=question)
        return None
    output = (f"{fact.company}의 {fact.fiscal_year}년 {josa(asked.item, '은/는')} {fact.value}{fact.unit}입니다."
              f" [{true.number}]")
    return make_row(prefix=settings.dataset, kind="fact", instruction=settings.instruction, passages=passages,
                    question=question, output=output, source=pool.chunks[fact.chunk_id].citation,
                    gold_chunk=fact.chunk_id, gold_line=fact.line, gold_value=fact.value, gold_unit=fact.unit,
                    company=fact.company, fiscal_year=str(fact.fiscal_year), item=asked.item)
