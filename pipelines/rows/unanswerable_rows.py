"""Rows whose passages do not hold the answer: the output is the decline text, nothing else, and cites nothing.

    other_company  train: a real figure, but only other companies' passages
                   eval:  a company that is in no document, its name made of two that are
    other_year     train: a real figure, but only other years' passages;  eval: a year nobody reports
    absent_item    an item others report and this company mentions nowhere in its documents
    line_removed   train: the true passage with its line taken out
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from mundap.chunk import Chunk
from mundap.prompt import Passage
from mundap.reporting_period import PERIODS
from pipelines.rejects import Rejects
from pipelines.rows.askable import compact, why_not
from pipelines.rows.distractors import choose, other_company, other_table, other_year, states
from pipelines.rows.fact_rows import Asked, draw_level, question_for, quote
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row, make_row
from pipelines.rows.settings import RowSettings
from pipelines.split import Part

EVAL_SHARE = 1 / 3  # evaluation needs enough of them for an interval that says something; training has its own share
_MIN_EVAL = 60
_GIVE_UP = 8  # failures in a row after which a reason is taken to be impossible in this corpus
_YEARS_BACK = (1, 2, 3, 4)
_PART_OF_YEAR = re.compile("|".join(map(compact, PERIODS)))   # how an asked item may begin, blanks removed

Withheld = tuple[str, int, str, str, list[Chunk]]  # company, year, item, unit, chunks


def unanswerable_rows(pool: Pool, settings: RowSettings, part: Part, asked: Sequence[Asked], rejects: Rejects
                      ) -> Iterator[Row]:
    """Yield unanswerable rows in the wanted share, made from the answerable ones' figures, the reasons in turn."""
    makers: dict[str, Callable[[Pool, Asked, Part, random.Random], Withheld | None]] = {
        "other_company": _real_elsewhere if part == "train" else _unknown_company,
        "other_year": _real_other_year if part == "train" else _unknown_year,
        "absent_item": absent_item,
    }
    if part == "train":
        makers["line_removed"] = partial(_line_removed, top_k=settings.top_k)
    order = list(asked)
    random.Random(f"{settings.seed}:unanswerable:{part}").shuffle(order)
    wanted = _wanted(len(order), settings.unanswerable_share, part)
    reasons = list(makers)
    made, turn = 0, 0
    failed: Counter[str] = Counter()
    while order and reasons and made < wanted and turn < 2 * len(order) + wanted:
        one, reason = order[turn % len(order)], reasons[(turn + turn // len(order)) % len(reasons)]
        rng = random.Random(f"{settings.seed}:{reason}:{part}:{turn}:{one.fact.line}")
        turn += 1
        rejects.attempt()
        withheld = makers[reason](pool, one, part, rng)
        row = _row(pool, settings, part, reason, withheld, rng) if withheld else None
        if row is None:
            rejects.add("no_withheld_context", part=part, subject=one.fact.line, detail=reason)
            failed[reason] += 1
            if failed[reason] >= _GIVE_UP:
                reasons.remove(reason)
        else:
            failed[reason] = 0
            made += 1
            yield row


def _wanted(answerable: int, share: float, part: Part) -> int:
    if part == "eval":
        return max(round(answerable * EVAL_SHARE / (1 - EVAL_SHARE)), _MIN_EVAL) if share > 0 else 0
    return share_wanted(answerable, share)


def share_wanted(answerable: int, share: float) -> int:
    """Return how many unanswerable rows make the given share of all beside so many answerable ones."""
    return round(answerable * share / (1 - share)) if share < 1 else answerable


def _row(pool: Pool, settings: RowSettings, part: Part, reason: str, withheld: Withheld, rng: random.Random
         ) -> Row | None:
    company, year, item, unit, chunks = withheld
    question = question_for(settings.templates[part], rng, company=company, year=year, item=item, unit=unit)
    level = draw_level(settings, random.Random(f"{settings.seed}:level:{reason}:{question}"))
    passages = quote(question, chunks, settings, level)
    if not passages or answers(pool, passages, company, year, item):
        return None
    return make_row(prefix=settings.dataset, kind="unanswerable", passages=passages, question=question,
                    instruction=level.instruct(settings.instruction) if level else settings.instruction,
                    output=settings.decline_text,
                    source="; ".join(dict.fromkeys(chunk.citation for chunk in chunks)),
                    company=company, fiscal_year=str(year), item=item, reason=reason, level=level.name if level else "")


def answers(pool: Pool, passages: Sequence[Passage], company: str, year: int, item: str) -> bool:
    """Return whether a quoted line is about the company, the year (the part of it asked) and the item after all."""
    bare = compact(item)
    part = _PART_OF_YEAR.match(bare)
    bare = bare.removeprefix(part[0] if part else "")
    key = pool.key(bare) if part else pool.key(item)
    for line in (line for passage in passages for line in passage.lines):
        label = compact(line.partition(": ")[0])
        if compact(company) in label and str(year) in label and (key in label or bare in label):
            rest = label.replace(compact(company), "").replace(f"{year}년", "")
            if part and not rest.startswith(part[0]):
                continue
            rest = rest.removeprefix(part[0] if part else "")
            if pool.key(rest.removeprefix("연결").removeprefix("별도")) in (key, bare):
                return True
    return False


def _sample(chunks: Sequence[Chunk], rng: random.Random) -> list[Chunk]:
    return rng.sample(list(chunks), len(chunks))


def _real_elsewhere(pool: Pool, one: Asked, part: Part, rng: random.Random) -> Withheld | None:
    chunks = _sample(other_company(pool, one.fact, part), rng)
    return (one.fact.company, one.fact.fiscal_year, one.item, one.fact.unit, chunks) if chunks else None


def _real_other_year(pool: Pool, one: Asked, part: Part, rng: random.Random) -> Withheld | None:
    chunks = [chunk for chunk in other_year(pool, one.fact, part) if not states(pool, chunk, one.fact)]
    return (one.fact.company, one.fact.fiscal_year, one.item, one.fact.unit, _sample(chunks, rng)) if chunks else None


def _unknown_year(pool: Pool, one: Asked, part: Part, rng: random.Random) -> Withheld | None:
    """Return a question about a year before any year the corpus reports."""
    first = min(fact.fiscal_year for fact in pool.facts)
    chunks = [pool.chunks[one.fact.chunk_id], *_sample(other_year(pool, one.fact, part), rng)]
    return one.fact.company, first - rng.choice(_YEARS_BACK), one.item, one.fact.unit, chunks


def _unknown_company(pool: Pool, one: Asked, part: Part, rng: random.Random) -> Withheld | None:
    """Return a question about a company made of the head of one name and the last two letters of another."""
    known = list(pool.by_company)
    squeezed = [compact(name) for name in known]
    heads, tails = [name[:-2] for name in known if len(name) > 3], [name[-2:] for name in known if len(name) > 3]
    made = [head + tail for head in heads for tail in tails]
    free = [name for name in dict.fromkeys(made)
            if not any(compact(name) in other or other in compact(name) for other in squeezed)]
    if not free:
        return None
    chunks = [pool.chunks[one.fact.chunk_id], *_sample(other_company(pool, one.fact, part), rng)]
    return rng.choice(free), one.fact.fiscal_year, one.item, one.fact.unit, chunks


def absent_item(pool: Pool, one: Asked, part: Part, rng: random.Random) -> Withheld | None:
    """Return a question about an item that other companies report and this one names nowhere, in figures or prose."""
    company, year = one.fact.company, one.fact.fiscal_year
    enough = 2 if len(pool.by_company) > 3 else 1
    found = [key for key, companies in pool.by_item.items()
             if company not in companies and len(companies) >= enough]
    for key in _sample_keys(found, rng):
        sources = [chunk for chunk in pool.by_item_chunks[key].values() if pool.in_part(chunk, part)]
        facts = [fact for chunk in sources for fact in pool.by_chunk[chunk.chunk_id] if pool.key(fact.item) == key]
        if not facts or why_not(facts[0]) or pool.mentions(company, facts[0].item) or _resembles(pool, company, key):
            continue
        elsewhere = rng.choice(sources)
        chunks = [pool.chunks[one.fact.chunk_id], elsewhere]
        rng.shuffle(chunks)
        chunks += _sample(other_table(pool, one.fact, part), rng)
        return company, year, facts[0].item, facts[0].unit, chunks
    return None


def _resembles(pool: Pool, company: str, key: str) -> bool:
    """Return whether one of the company's own items contains the item or is contained in it (차입금, 단기차입금)."""
    return any(company in companies and (key in own or own in key) for own, companies in pool.by_item.items())


def _sample_keys(keys: Sequence[str], rng: random.Random) -> list[str]:
    return rng.sample(list(keys), min(len(keys), 40))


def _line_removed(pool: Pool, one: Asked, part: Part, rng: random.Random, top_k: int) -> Withheld | None:
    """Return the true chunk without any line of the asked subject, among its usual distractors."""
    fact = one.fact
    subject = pool.subject(fact)
    gone = {held.line for held in pool.by_chunk[fact.chunk_id] if pool.subject(held) == subject}
    true = pool.chunks[fact.chunk_id]
    kept = [line for line in true.text.splitlines() if line not in gone]
    if sum(": " in line for line in kept) < 2:
        return None
    chunks = [replace(true, text="\n".join(kept)), *choose(pool, fact, part, top_k - 1, rng, with_basis=False)]
    rng.shuffle(chunks)
    return fact.company, fact.fiscal_year, one.item, fact.unit, chunks
