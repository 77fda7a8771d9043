"""Question lists: questions answered once, so that every rater rates the same answer; and who has rated how many.

A list's answers belong to the list ("list-<id>"), not to whoever made it: they stay when that person's data goes, as long
as others have rated them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from mundap.errors import DataError
from rag.answer import Answer
from rag.inquiry import Inquiry
from webui.storage.answers import Answers
from webui.storage.database import Database, new_id, now

_LISTED = """SELECT lists.*, COUNT(*) AS questions, COUNT(list_questions.answer) AS answered,
  SUM(list_questions.failed != '' AND list_questions.answer IS NULL) AS failed,
  (SELECT COUNT(*) FROM ratings JOIN list_questions AS of USING (answer) WHERE of.list = lists.id AND rater = :who) AS rated
  FROM lists JOIN list_questions ON list_questions.list = lists.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question of a list. answer is the kept answer's id, "" until there is one; failed why there is none."""

    position: int
    inquiry: Inquiry
    named: str = ""
    answer: str = ""
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list and how far it is: questions, those answered, those that failed, and those somebody has rated."""

    id: str
    owner: str
    domain: str
    name: str
    system: str
    questions: int
    answered: int
    failed: int
    rated: int
    created_at: str


class Lists:
    """The question lists of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, owner: str, domain: str, name: str, system: str, questions: Sequence[Asked]) -> str:
        """Keep a list, none of its questions answered; return its id."""
        made = new_id()
        with self._database.write() as connection:
            connection.execute("INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?)", (made, owner, domain, name, system, now()))
            connection.executemany(
                "INSERT INTO list_questions (list, position, question, named, level, as_of) VALUES (?, ?, ?, ?, ?, ?)",
                [(made, at, one.inquiry.text, one.named, one.inquiry.level, one.inquiry.as_of)
                 for at, one in enumerate(questions)])
        return made

    def of(self, domain: str, rater: str) -> list[Listed]:
        """Return a domain's lists, newest first, each with how many of its answers this rater has rated."""
        with self._database.read() as connection:
            rows = connection.execute(f"{_LISTED} WHERE domain = :domain GROUP BY lists.id "
                                      "ORDER BY created_at DESC, lists.rowid DESC", {"domain": domain, "who": rater}).fetchall()
        return [_listed(row) for row in rows]

    def get(self, identity: str, rater: str) -> Listed:
        """Return a list with how many of its answers a rater has rated.

        Raises:
            DataError: there is no such list.
        """
        with self._database.read() as connection:
            row = connection.execute(f"{_LISTED} WHERE lists.id = :id GROUP BY lists.id",
                                     {"id": identity, "who": rater}).fetchone()
        if row is None:
            raise DataError("there is no such list.", where="the page", fix="Choose one that is offered.")
        return _listed(row)

    def questions(self, identity: str) -> list[Asked]:
        """Return a list's questions in order."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM list_questions WHERE list = ? ORDER BY position", (identity,)).fetchall()
        return [Asked(position=row["position"], named=row["named"], answer=row["answer"] or "", failed=row["failed"],
                      inquiry=Inquiry(text=row["question"], level=row["level"], as_of=row["as_of"])) for row in rows]

    def rated(self, identity: str, rater: str) -> frozenset[str]:
        """Return the answers of a list that a rater has rated."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT answer FROM ratings JOIN list_questions USING (answer) "
                                      "WHERE list = ? AND rater = ?", (identity, rater)).fetchall()
        return frozenset(row["answer"] for row in rows)

    def answered(self, identity: str, asked: Asked, answer: Answer, model: str) -> None:
        """Keep the answer of one question; a question answered meanwhile keeps the answer it has."""
        found = self.get(identity, "")
        made = Answers(self._database).add(answer, asked.inquiry, owner=f"list-{identity}", domain=found.domain,
                                           system=found.system, model=model)
        with self._database.write() as connection:
            taken = connection.execute("UPDATE list_questions SET answer = ?, failed = '' "
                                       "WHERE list = ? AND position = ? AND answer IS NULL",
                                       (made, identity, asked.position)).rowcount
            if not taken:
                connection.execute("DELETE FROM answers WHERE id = ?", (made,))

    def fail(self, identity: str, position: int, why: str) -> None:
        """Note why a question got no answer; it is tried again when the list is taken up again."""
        with self._database.write() as connection:
            connection.execute("UPDATE list_questions SET failed = ? WHERE list = ? AND position = ?",
                               (why, identity, position))

    def delete(self, identity: str) -> None:
        """Delete a list, its answers and what was said of them."""
        with self._database.write() as connection:
            delete(connection, identity)


def delete(connection: sqlite3.Connection, identity: str) -> None:
    """Delete a list inside a transaction."""
    connection.execute("DELETE FROM answers WHERE id IN (SELECT answer FROM list_questions WHERE list = ?)", (identity,))
    connection.execute("DELETE FROM lists WHERE id = ?", (identity,))


def _listed(row: sqlite3.Row) -> Listed:
    return Listed(id=row["id"], owner=row["owner"], domain=row["domain"], name=row["name"], system=row["system"],
                  questions=row["questions"], answered=row["answered"], failed=row["failed"], rated=row["rated"],
                  created_at=row["created_at"])
