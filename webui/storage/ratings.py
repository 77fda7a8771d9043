"""Ratings: one rater's score of one answer, the reasons ticked, and the answer as they would have it.

A rater reaches the answers they asked for and those of question lists (lists.py); any other is not there for them. A
rating given again takes the earlier one's place. What was corrected is kept as written; whether its figures stand in the
passages is evaluate/rating.py's to find, and only its finding is kept here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mundap.errors import DataError
from rag.evaluation.opinions.ratings import MAX_TEXT, SCORES, Rating
from webui.storage.answers import Kept, kept
from webui.storage.database import Database, now

# Reasons to tick, as they are kept and exported; the page's words for them are evaluate.reasons.<id>.
REASONS = ("wrong_fact", "no_evidence", "wrong_figure", "unkind", "too_long", "too_hard", "off_topic", "other")
_REACHED = "(answers.owner = :who OR EXISTS (SELECT 1 FROM list_questions WHERE list_questions.answer = answers.id))"
_RECORDS = """SELECT ratings.*, answers.domain, answers.system, answers.model, answers.asked, answers.answer AS said,
  (SELECT MAX(named) FROM list_questions WHERE list_questions.answer = ratings.answer) AS named
  FROM ratings JOIN answers ON answers.id = ratings.answer WHERE (:domain = '' OR answers.domain = :domain)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What a rater said of an answer. unfounded are figures of corrected that stand in no passage of the answer."""

    score: int
    reasons: tuple[str, ...] = ()
    corrected: str = ""
    unfounded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A rating with what it is of. question_id is the question's own in a list that named it, else the answer's id."""

    rater: str
    answer: str
    question_id: str
    domain: str
    system: str
    model: str
    asked: str
    text: str
    rated: Rated
    created_at: str

    @property
    def rating(self) -> Rating:
        """Return it in the format evaluations read."""
        return Rating(rater=self.rater, question_id=self.question_id, system=self.system, score=self.rated.score,
                      reasons=self.rated.reasons, corrected=self.rated.corrected, at=datetime.fromisoformat(self.created_at))


class Ratings:
    """The ratings of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, rater: str, answer: str, rated: Rated) -> None:
        """Keep a rating in place of the rater's earlier one.

        Raises:
            DataError: the rater can reach no such answer, or the rating is none.
        """
        _require(rated)
        with self._database.write() as connection:
            if not _reached(connection, answer, rater):
                raise DataError("there is no such answer to rate.", where="the page", fix="Choose one that is listed.")
            connection.execute(
                "INSERT INTO ratings (rater, answer, score, reasons, corrected, unfounded, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rater, answer) DO UPDATE SET score = excluded.score, "
                "reasons = excluded.reasons, corrected = excluded.corrected, unfounded = excluded.unfounded, "
                "created_at = excluded.created_at",
                (rater, answer, rated.score, json.dumps(rated.reasons), rated.corrected,
                 json.dumps(rated.unfounded, ensure_ascii=False), now()))

    def get(self, rater: str, answer: str) -> Rated | None:
        """Return a rater's own rating of an answer, None where there is none."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM ratings WHERE rater = ? AND answer = ?", (rater, answer)).fetchone()
        return _rated(row) if row else None

    def drop(self, rater: str, answer: str) -> None:
        """Take a rater's own rating back."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM ratings WHERE rater = ? AND answer = ?", (rater, answer))

    def answer(self, rater: str, answer: str) -> Kept | None:
        """Return an answer the rater may rate, or None."""
        with self._database.read() as connection:
            row = _reached(connection, answer, rater)
        return kept(row) if row else None

    def recent(self, owner: str, domain: str, most: int = 30) -> list[tuple[Kept, int | None]]:
        """Return an owner's latest answers in a domain, newest first, each with the score they gave it."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT answers.*, ratings.score FROM answers LEFT JOIN ratings ON ratings.answer = answers.id "
                "AND ratings.rater = answers.owner WHERE owner = ? AND domain = ? "
                "ORDER BY answers.created_at DESC, answers.rowid DESC LIMIT ?", (owner, domain, most)).fetchall()
        return [(kept(row), row["score"]) for row in rows]

    def records(self, domain: str = "") -> list[Recorded]:
        """Return everybody's ratings, oldest first; of one domain where it is named. For those who may see them all."""
        with self._database.read() as connection:
            rows = connection.execute(f"{_RECORDS} ORDER BY ratings.created_at, ratings.rowid", {"domain": domain}).fetchall()
        return [_recorded(row) for row in rows]

    def seen_by(self, rater: str, domain: str = "") -> list[Recorded]:
        """Return everybody's ratings of the answers this rater has rated: of no other may they know a score."""
        own = "AND ratings.answer IN (SELECT answer FROM ratings WHERE rater = :who)"
        with self._database.read() as connection:
            rows = connection.execute(f"{_RECORDS} {own} ORDER BY ratings.created_at, ratings.rowid",
                                      {"domain": domain, "who": rater}).fetchall()
        return [_recorded(row) for row in rows]


def _require(rated: Rated) -> None:
    wrong = ("the score is no whole number from 1 to 5." if rated.score not in SCORES
             else "a reason is none of those offered." if not set(rated.reasons) <= set(REASONS)
             else f"the corrected answer has more than {MAX_TEXT} characters." if len(rated.corrected) > MAX_TEXT
             else "the corrected answer holds a character that is none." if _broken(rated.corrected) else "")
    if wrong:
        raise DataError(wrong, where="the rating", fix="Choose from what the page offers.")


def _broken(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _reached(connection: sqlite3.Connection, answer: str, rater: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(f"SELECT * FROM answers WHERE id = :id AND {_REACHED}",
                                                   {"id": answer, "who": rater}).fetchone()
    return found


def texts(column: str) -> Sequence[str]:
    """Return the texts of a JSON list kept in a column."""
    return [str(one) for one in json.loads(column)]


def _rated(row: sqlite3.Row) -> Rated:
    return Rated(score=int(row["score"]), reasons=tuple(texts(row["reasons"])), corrected=row["corrected"],
                 unfounded=tuple(texts(row["unfounded"])))


def _recorded(row: sqlite3.Row) -> Recorded:
    return Recorded(rater=row["rater"], answer=row["answer"], question_id=row["named"] or row["answer"], domain=row["domain"],
                    system=row["system"], model=row["model"], asked=row["asked"],
                    text=str(json.loads(row["said"]).get("text", "")), rated=_rated(row), created_at=row["created_at"])
