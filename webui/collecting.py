"""The page's ratings and votes as plain judgements for pipelines.flywheel: read from the database, prompts put together.

The prompt is that of the rag.yaml as it is now, over the passages kept with the answer: what the app would send today.
Who judged leaves the database as a number alone; the numbers follow the order in which people first judged.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.flywheel.judgement import Judgements, Rated, Shown, Thresholds, Voted
from pipelines.flywheel.stage import Feedback, collect
from rag.wording import Wording
from webui.storage.answers import Kept, kept
from webui.storage.database import Database

_ANSWERS = "SELECT * FROM answers WHERE domain = ? AND id IN (SELECT answer FROM ratings UNION SELECT left_answer FROM votes " \
           "UNION SELECT right_answer FROM votes)"
_RATINGS = "SELECT ratings.* FROM ratings JOIN answers ON answers.id = ratings.answer WHERE answers.domain = ? " \
           "ORDER BY ratings.created_at, ratings.rater, ratings.answer"
_VOTES = "SELECT votes.* FROM votes JOIN answers ON answers.id = votes.left_answer WHERE answers.domain = ? " \
         "ORDER BY votes.created_at, votes.rater, votes.left_answer, votes.right_answer"
_RATERS = "SELECT rater FROM (SELECT rater, created_at FROM ratings UNION ALL SELECT rater, created_at FROM votes) " \
          "GROUP BY rater ORDER BY MIN(created_at), rater"


def feedback(database: Database, recipe: Mapping[str, Any], project: Path, thresholds: Thresholds) -> Feedback:
    """Return what a domain's judgements come to; recipe holds its rag.yaml's values.

    Raises:
        ConfigError: a prompt file of the recipe is missing.
    """
    domain = str(recipe["domain"])
    found = judgements(database, domain, Wording.of(recipe, project))
    return collect(found, domain=domain, decline_text=recipe["prompt"]["decline_text"], thresholds=thresholds,
                   project=project)


def judgements(database: Database, domain: str, wording: Wording) -> Judgements:
    """Return a domain's ratings and votes, oldest first."""
    with database.read() as connection:
        connection.execute("BEGIN")     # one state of the file for all four, whoever is rating meanwhile
        try:
            reading = _Reading.of(connection, domain, wording)
            ratings = list(reading.ratings(connection.execute(_RATINGS, (domain,))))
            votes = list(reading.votes(connection.execute(_VOTES, (domain,))))
        finally:
            connection.execute("COMMIT")
    return Judgements(ratings=tuple(one for one in ratings if one), votes=tuple(one for one in votes if one),
                      unreadable=ratings.count(None) + votes.count(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """The answers judged, by id, and the raters' pseudonyms. An answer that cannot be read any more is not among them."""

    shown: Mapping[str, Shown]
    names: Mapping[str, str]

    @classmethod
    def of(cls, connection: sqlite3.Connection, domain: str, wording: Wording) -> _Reading:
        rows = (kept(row) for row in connection.execute(_ANSWERS, (domain,)))
        names = {row["rater"]: f"rater-{at}" for at, row in enumerate(connection.execute(_RATERS), start=1)}
        return cls(shown={one.id: as_shown(one, wording) for one in rows if one.answer is not None}, names=names)

    def ratings(self, rows: Iterable[sqlite3.Row]) -> Iterator[Rated | None]:
        """Yield the ratings; None for one whose answer cannot be read."""
        for row in rows:
            shown = self.shown.get(row["answer"])
            yield Rated(rater=self.names[row["rater"]], at=row["created_at"], shown=shown, score=row["score"],
                        corrected=unicodedata.normalize("NFC", row["corrected"])) if shown else None

    def votes(self, rows: Iterable[sqlite3.Row]) -> Iterator[Voted | None]:
        """Yield the votes; None for one of whose answers one cannot be read."""
        for row in rows:
            left, right = self.shown.get(row["left_answer"]), self.shown.get(row["right_answer"])
            yield Voted(rater=self.names[row["rater"]], at=row["created_at"], left=left, right=right,
                        winner=row["winner"]) if left and right else None


def as_shown(found: Kept, wording: Wording) -> Shown:
    """Return an answer kept, with the prompt it was given to."""
    answer = found.answer
    assert answer is not None
    return Shown(id=found.id, question=answer.question, passages=answer.passages, text=answer.text,
                 instruction=wording.instruct(answer.level), by_model=answer.attempts > 0,
                 system_message=wording.system_of({**answer.dropped, **answer.filters}, answer.hits), level=answer.level,
                 answered_by=found.system, model=found.model)
