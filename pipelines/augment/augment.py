"""Which rows are augmented, how, and the check that nothing asked about has changed.

The share counts augmented rows among all rows that come out. Rows take turns, the ways by their weights, everything drawn
from the seed, so that the same rows give the same bytes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.augment.paraphrase import Endings, paraphrase
from pipelines.augment.particle import particle
from pipelines.augment.protected import names, unchanged
from pipelines.augment.row_question import Record, marked, with_question
from pipelines.augment.spacing import spacing
from pipelines.augment.typo import typo
from pipelines.quality.candidate import Candidate
from pipelines.quality.duplicate import letters

_TRIES = 6   # for each row wanted, before the corpus is taken to be exhausted
# Returns the row at another level, or None where it has none: the caller knows its templates and its answers.
LevelHook = Callable[[Record, random.Random], Record | None]
Way = Callable[[Record, random.Random], dict[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentSettings:
    """The `augment:` of data.yaml, its files read. level: how a row is asked at another level; None: not at all."""

    share: float
    ways: Mapping[str, float]
    endings: Endings = field(default_factory=dict)
    level: LevelHook | None = None
    seed: int = 42


@dataclass(slots=True)
class AugmentReport:
    """What was made by way, and what was not: no place to change, a fact changed, a question already asked."""

    made: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)


def augment(records: Sequence[Record], settings: AugmentSettings) -> tuple[list[Record], AugmentReport]:
    """Return the rows followed by the augmented ones, fewer than wanted where the ways find nothing more to change."""
    report = AugmentReport()
    return [*records, *_made(records, settings, report)], report


def _made(records: Sequence[Record], settings: AugmentSettings, report: AugmentReport) -> Iterator[Record]:
    wanted = round(len(records) * settings.share / (1 - settings.share))
    weights = {name: weight for name, weight in settings.ways.items()
               if weight > 0 and not (name == "level" and settings.level is None)}
    if not wanted or not weights:
        return
    makers = _makers(settings)
    asked = {_asked(record) for record in records}
    order = sorted(range(len(records)), key=lambda at: random.Random(f"{settings.seed}:{at}").random())
    for turn in range(wanted * _TRIES):
        record = records[order[turn % len(order)]]
        rng = random.Random(f"{settings.seed}:augment:{turn}:{record.get('id', '')}")
        how = rng.choices(list(weights), list(weights.values()))[0]
        found = makers[how](record, rng)
        reason = "nothing to change" if found is None else _wrong(record, found, how, asked)
        if found is None or reason:
            report.left[f"{how}: {reason}"] += 1
            continue
        asked.add(_asked(found))
        report.made[how] += 1
        yield found
        if report.made.total() == wanted:
            return


def _wrong(record: Record, found: Record, how: str, asked: set[tuple[str, str]]) -> str:
    if _asked(found) in asked:
        return "asked already"
    before, after = Candidate(record=record).question, Candidate(record=found).question
    kept = names(before, record)
    if not unchanged(before, after, kept):
        return "a figure or name changed"
    return ""


def _asked(record: Record) -> tuple[str, str]:
    """Return what makes a question the same one: its bytes, its passages and its instruction."""
    row = Candidate(record=record)
    return row.question, letters(row.text("instruction") + row.text("input").rpartition("\n")[0])


def _makers(settings: AugmentSettings) -> dict[str, Way]:
    def of(change: Callable[[str, frozenset[str], random.Random], str], how: str) -> Way:
        def make(record: Record, rng: random.Random) -> dict[str, Any] | None:
            question = Candidate(record=record).question
            changed = change(question, names(question, record), rng)
            return with_question(record, changed, how) if changed and changed != question else None
        return make

    def level(record: Record, rng: random.Random) -> dict[str, Any] | None:
        changed = settings.level(record, rng) if settings.level is not None else None
        return None if changed is None else marked(changed, record, "level")

    return {"typo": of(typo, "typo"), "spacing": of(spacing, "spacing"), "particle": of(particle, "particle"),
            "paraphrase": of(lambda question, _, rng: paraphrase(question, settings.endings, rng), "paraphrase"),
            "level": level}
