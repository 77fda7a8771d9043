"""Rows whose answer is computed from two or more figures: operands among the passages, the answer checked again.

A row is kept only when every operand's line is quoted and the grounding check derives every figure of the answer from
the passages it cites. The unanswerable ones of this kind lack one operand.
"""

from __future__ import annotations

import json
import random
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from mundap.chunk import Chunk
from mundap.grounding import check
from mundap.levels import Level
from mundap.prompt import Passage
from pipelines.rejects import Rejects
from pipelines.rows.askable import period
from pipelines.rows.derived import Derived
from pipelines.rows.distractors import choose, other_company, other_table, other_year, states
from pipelines.rows.fact_rows import Asked, draw_level, quote, voice_at
from pipelines.rows.operands import RANKED, Finder, changes, comparisons, parts, rankings, ratios
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row, make_row
from pipelines.rows.settings import RowSettings
from pipelines.rows.unanswerable_rows import absent_item
from pipelines.split import Part

_TRIES = 200    # figures of one document looked at for one row before the document is given up
_ABSENT = 1 / 3   # of the unanswerable changes: the item is one the company mentions nowhere
_REASON = {"change": "other_year", "comparison": "other_company", "ranking": "other_company", "share": "line_removed"}


def derived_rows(pool: Pool, settings: RowSettings, part: Part, wanted: Mapping[str, int], rejects: Rejects
                 ) -> Iterator[tuple[Row, Derived]]:
    """Yield the wanted number of rows of each kind, or as many as the corpus gives, documents in turn."""
    half = wanted.get("share", 0) // 2
    plan: list[tuple[Finder, int]] = [(changes, wanted.get("change", 0)), (comparisons, wanted.get("comparison", 0))]
    parted = yield from _made(pool, settings, part, parts, half, rejects)
    plan += [(partial(ratios, known=settings.ratios), wanted.get("share", 0) - parted),
             (partial(rankings, companies=settings.top_k >= RANKED), wanted.get("ranking", 0))]
    for finder, count in plan:
        yield from _made(pool, settings, part, finder, count, rejects)


def _made(pool: Pool, settings: RowSettings, part: Part, finder: Finder, wanted: int, rejects: Rejects
          ) -> Generator[tuple[Row, Derived], None, int]:
    """Yield up to `wanted` rows of one finder's questions, documents in turn; return how many there were."""
    seen: set[tuple[object, ...]] = set()
    name = finder.func.__name__ if isinstance(finder, partial) else finder.__name__
    sources = [_candidates(pool, doc_id, part, finder, seen, f"{settings.seed}:{name}:{doc_id}")
               for doc_id in pool.documents(part)] if wanted > 0 else []
    made = 0
    while made < wanted and sources:
        for source in list(sources):
            one = next(source, None)
            if one is None:
                sources.remove(source)
                continue
            rejects.attempt()
            row = _row(pool, settings, part, one, rejects)
            if row is not None:
                made += 1
                yield row, one
            if made >= wanted:
                break
    return made


def lacking_rows(pool: Pool, settings: RowSettings, part: Part, made: Sequence[Derived], wanted: int, rejects: Rejects
                 ) -> Iterator[Row]:
    """Yield unanswerable rows: a computed question of which one operand stands in no passage."""
    order = list(made)
    random.Random(f"{settings.seed}:lacking:{part}").shuffle(order)
    count = 0
    for one in order:
        if count >= wanted:
            return
        rejects.attempt()
        rng = random.Random(f"{settings.seed}:lacking:{part}:{one.facts[0].line}:{one.facts[-1].line}")
        question, item, chunks, reason = _withheld(pool, settings, part, one, rng)
        level = draw_level(settings, rng)
        passages = quote(question, chunks, settings, level)
        if not passages or (reason != "absent_item" and _whole(pool, one, passages)):
            rejects.add("no_withheld_context", part=part, subject=one.facts[0].line, detail=one.kind)
            continue
        count += 1
        yield make_row(prefix=settings.dataset, kind="unanswerable", passages=passages, question=question,
                       instruction=level.instruct(settings.instruction) if level else settings.instruction,
                       output=settings.decline_text, source="; ".join(dict.fromkeys(c.citation for c in chunks)),
                       reason=reason, **_about(one, level) | ({"item": item} if item else {}))


def _candidates(pool: Pool, doc_id: str, part: Part, finder: Finder, seen: set[tuple[object, ...]], seed: str
                ) -> Iterator[Derived]:
    """Yield a document's computed questions that no other document gave, items that many companies report first."""
    rng = random.Random(seed)
    facts = pool.facts_of(doc_id)
    drawn = sorted(((rng.random() ** (1 / (pool.spread(fact) / len(fact.item.split()) ** 2)), at)
                    for at, fact in enumerate(facts)), reverse=True)
    idle = 0
    for _, at in drawn:
        idle += 1
        for one in finder(pool, facts[at], part, rng):
            if one.key not in seen:
                seen.add(one.key)
                idle = 0
                yield one
        if idle > _TRIES:
            return


def _row(pool: Pool, settings: RowSettings, part: Part, one: Derived, rejects: Rejects) -> Row | None:
    rng = random.Random(f"{settings.seed}:{one.kind}:{part}:" + ":".join(fact.line for fact in one.facts))
    question, level = _question(settings, part, one, rng), draw_level(settings, rng)
    chunks = [pool.chunks[chunk_id] for chunk_id in dict.fromkeys(fact.chunk_id for fact in one.facts)]
    room = (level and level.top_k or settings.top_k) - len(chunks)
    if room < 0:
        rejects.add("too_few_passages", part=part, subject=one.facts[0].line, detail=question)
        return None
    chunks += _others(pool, one, part, rng.randint(0, room), rng)
    rng.shuffle(chunks)
    passages = quote(question, chunks, settings, level)
    marks = _marks(one, passages)
    if marks is None:
        rejects.add("line_not_in_focus", part=part, subject=one.facts[0].line, detail=question)
        return None
    output = one.answer(marks, voice_at(level, settings, with_basis=one.with_basis))
    if not check(output, passages).ok:
        rejects.add("not_grounded", part=part, subject=output, detail=question)
        return None
    value, unit = one.result
    cited = dict.fromkeys(pool.chunks[fact.chunk_id].citation for fact in one.facts)
    return make_row(prefix=settings.dataset, kind=one.kind, passages=passages, question=question, output=output,
                    instruction=level.instruct(settings.instruction) if level else settings.instruction,
                    source="; ".join(cited), gold_chunk=one.facts[0].chunk_id, gold_line=one.facts[0].line,
                    gold_value=value, gold_unit=unit, **_about(one, level),
                    gold_lines=json.dumps([fact.line for fact in one.facts], ensure_ascii=False))


def _about(one: Derived, level: Level | None) -> dict[str, str]:
    first = one.facts[0]
    companies = dict.fromkeys(fact.company for fact in one.facts)
    return {"company": ", ".join(companies), "fiscal_year": str(first.fiscal_year), "period": period(first),
            "item": one.name or ", ".join(dict.fromkeys(fact.item for fact in one.facts)),
            "level": level.name if level else ""}


def _question(settings: RowSettings, part: Part, one: Derived, rng: random.Random) -> str:
    return rng.choice(list(settings.forms[one.form][part])).fill(one.values)


def _others(pool: Pool, one: Derived, part: Part, wanted: int, rng: random.Random) -> list[Chunk]:
    """Return up to `wanted` chunks like the operands' own that state none of them."""
    own = {fact.chunk_id for fact in one.facts}
    drawn = choose(pool, one.facts[0], part, wanted + len(own), rng, with_basis=one.with_basis)
    return [chunk for chunk in drawn if chunk.chunk_id not in own and not any(
        states(pool, chunk, fact, with_basis=one.with_basis) for fact in one.facts)][:wanted]


def _marks(one: Derived, passages: Sequence[Passage]) -> list[str] | None:
    """Return each operand's citation, or None when a prompt does not quote its line."""
    found = []
    for fact in one.facts:
        passage = next((one for one in passages if one.chunk_id == fact.chunk_id and fact.line in one.lines), None)
        if passage is None:
            return None
        found.append(f"[{passage.number}]")
    return found


def _withheld(pool: Pool, settings: RowSettings, part: Part, one: Derived, rng: random.Random
              ) -> tuple[str, str, list[Chunk], str]:
    """Return a question, its item where that is not the figures' own, chunks that do not answer it, and why not.

    Why not: one operand is left out, or the item is one the company mentions nowhere.
    """
    if one.kind == "change" and rng.random() < _ABSENT:
        absent = absent_item(pool, Asked(fact=one.facts[0]), part, rng)
        if absent is not None:
            template = rng.choice(list(settings.forms[one.form][part]))
            return template.fill({**one.values, "item": absent[2]}), absent[2], absent[4], "absent_item"
    return _question(settings, part, one, rng), "", _without(pool, settings, part, one, rng), _REASON[one.kind]


def _without(pool: Pool, settings: RowSettings, part: Part, one: Derived, rng: random.Random) -> list[Chunk]:
    """Return the passages' chunks with one operand taken out: its chunk left away, or its line where others need it."""
    gone = rng.choice(one.facts[1:] if one.kind == "change" else one.facts)
    subject = pool.subject(gone)
    lines = {held.line for held in pool.by_subject[subject]}
    chunks = []
    for chunk_id in dict.fromkeys(fact.chunk_id for fact in one.facts if fact is not gone):
        chunk = pool.chunks[chunk_id]
        kept = [line for line in chunk.text.splitlines() if line not in lines]
        chunks.append(replace(chunk, text="\n".join(kept)))
    near = {"change": other_year, "comparison": other_company, "ranking": other_company, "share": other_table}[one.kind]
    free = [chunk for chunk in near(pool, gone, part) if chunk.chunk_id not in {fact.chunk_id for fact in one.facts}
            and not states(pool, chunk, gone)]
    room = max(0, settings.top_k - len(chunks))
    chunks += rng.sample(free, min(room, len(free)))
    rng.shuffle(chunks)
    return chunks


def _whole(pool: Pool, one: Derived, passages: Sequence[Passage]) -> bool:
    """Return whether every operand is quoted after all, in its own line or in another of the same subject."""
    quoted = {line for passage in passages for line in passage.lines}
    return all(quoted & {held.line for held in pool.by_subject[pool.subject(fact)]} for fact in one.facts)
