"""Rows that ask for one figure: the true chunk among confusable ones, and the value exactly as its line gives it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mundap.chunk import Chunk
from mundap.context import focus
from mundap.grounding import check
from mundap.levels import Level
from mundap.prompt import Passage
from pipelines.facts import PlacedFact
from pipelines.rejects import Rejects
from pipelines.rows.askable import one_value, period, why_not
from pipelines.rows.distractors import choose, ordered
from pipelines.rows.phrases import Voice, changed, states
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
    with_basis: bool = False

    @property
    def item(self) -> str:
        """Return the item as it is asked for, after its part of the year and, where told, its basis."""
        return Voice(with_basis=self.with_basis).item(self.fact)


def fact_rows(pool: Pool, settings: RowSettings, part: Part, rejects: Rejects) -> Iterator[tuple[Row, Asked]]:
    """Yield up to facts_per_document rows for each document of a part, common and so far unasked items preferred.

    An evaluation part with few documents takes more of each, up to MIN_EVAL in all.
    Every figure tried becomes a row or a reject; a figure another document was asked for already is not tried again.
    """
    used: Counter[str] = Counter()
    asked_subjects: set[tuple[Subject, str]] = set()
    documents = pool.documents(part)
    wanted = settings.wanted("lookup", figures_wanted(pool, settings, part))
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


def figures_wanted(pool: Pool, settings: RowSettings, part: Part) -> int:
    """Return how many questions about figures each document of a part is to give, all kinds together."""
    wanted, documents = settings.facts_per_document, len(pool.documents(part))
    return max(wanted, -(-MIN_EVAL // documents)) if part == "eval" and documents and wanted else wanted


def ask(pool: Pool, fact: PlacedFact, part: Part, rejects: Rejects) -> Asked | None:
    """Return how the figure is asked for, or None with a reject when it cannot be."""
    reason = why_not(fact)
    if reason:
        rejects.add(reason, part=part, subject=fact.line, detail=fact.chunk_id)
        return None
    rivals = pool.by_subject[pool.subject(fact)]
    if one_value(rivals):
        return Asked(fact=fact)
    if fact.basis and settled_by_basis(fact, rivals):
        return Asked(fact=fact, with_basis=True)
    values = list(dict.fromkeys(f"{rival.basis} {rival.value}{rival.unit}".strip() for rival in rivals))
    rejects.add("ambiguous", part=part, subject=fact.line,
                detail=f"{len(values)} values: {', '.join(values[:4])}")
    return None


def question_for(templates: Sequence[Template], rng: random.Random, *, company: str, year: int, item: str, unit: str
                 ) -> str:
    """Return a question in one of the templates' wordings."""
    return rng.choice(list(templates)).render(company=company, year=year, item=item, unit=unit)


def quote(question: str, chunks: Sequence[Chunk], settings: RowSettings, level: Level | None = None) -> list[Passage]:
    """Return the passages as the app would quote these chunks for the question at a level."""
    top_k = level.top_k if level and level.top_k else settings.top_k
    return focus(question, chunks, top_k=top_k, lines=settings.lines_per_passage, synonyms=settings.synonyms)


def draw_level(settings: RowSettings, rng: random.Random) -> Level | None:
    """Return the level a row is for, each as likely as none; None without a draw where the recipe has no levels."""
    return rng.choice([None, *settings.levels.values()]) if settings.levels else None


def voice_at(level: Level | None, settings: RowSettings, *, with_basis: bool) -> Voice:
    """Return how an answer at a level is worded."""
    return Voice(level=level.name if level else "", prior_year=bool(level and level.prior_year), terms=settings.terms,
                 with_basis=with_basis)


def settled_by_basis(fact: PlacedFact, rivals: Sequence[PlacedFact]) -> bool:
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
    level = draw_level(settings, random.Random(f"{settings.seed}:level:{fact.line}:{question}"))
    alone = part == "train" and settings.single_passage_share > 0 and rng.random() < settings.single_passage_share
    room = (level.top_k if level and level.top_k else settings.top_k) - 1
    distractors = [] if alone else choose(pool, fact, part, room, rng, with_basis=asked.with_basis)
    passages = quote(question, ordered(pool.chunks[fact.chunk_id], distractors, rng), settings, level)
    true = next(passage for passage in passages if passage.chunk_id == fact.chunk_id)
    if fact.line not in true.lines:
        rejects.add("line_not_in_focus", part=part, subject=fact.line, detail=question)
        return None
    output = _answer(pool, asked, passages, true.number, voice_at(level, settings, with_basis=asked.with_basis))
    if level and not check(output, passages).ok:
        rejects.add("not_grounded", part=part, subject=output, detail=question)
        return None
    return make_row(prefix=settings.dataset, kind="fact", passages=passages, question=question, output=output,
                    instruction=level.instruct(settings.instruction) if level else settings.instruction,
                    source=pool.chunks[fact.chunk_id].citation,
                    gold_chunk=fact.chunk_id, gold_line=fact.line, gold_value=fact.value, gold_unit=fact.unit,
                    company=fact.company, fiscal_year=str(fact.fiscal_year), item=asked.item, period=period(fact),
                    level=level.name if level else "")


def _answer(pool: Pool, asked: Asked, passages: Sequence[Passage], number: int, voice: Voice) -> str:
    """Return the answer at a level; where the level wants it and a passage has it, with the change from the year before."""
    fact = asked.fact
    told = states(fact, voice, f"[{number}]")
    if not voice.prior_year:
        return told
    company, year, when, key = pool.subject(fact)
    for old in pool.by_subject.get((company, year - 1, when, key), ()):
        if (old.basis, old.unit) != (fact.basis, fact.unit) or not one_value(
                [rival for rival in pool.by_subject[pool.subject(old)] if rival.basis == old.basis]):
            continue
        for passage in passages:
            if old.line in passage.lines:
                marks = sorted({f"[{number}]", f"[{passage.number}]"})
                return f"{told} {changed(fact, old, voice, ''.join(marks), quoting=True)}"
    return told
