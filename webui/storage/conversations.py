"""Conversations: their titles and turns, each owner's own; an id of another's is as one that does not exist."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from mundap.errors import DataError
from webui.storage.answers import Kept, kept
from webui.storage.database import Database, new_id, now

TITLE_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation, without its turns."""

    id: str
    domain: str
    title: str
    created_at: str
    updated_at: str


class Conversations:
    """The conversations of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, owner: str, domain: str, title: str) -> str:
        """Begin a conversation; return its id."""
        made, time = new_id(), now()
        with self._database.write() as connection:
            connection.execute("INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?)",
                               (made, owner, domain, " ".join(title.split())[:TITLE_CHARS], time, time))
        return made

    def add_turn(self, conversation: str, owner: str, answer: str) -> int:
        """Put an answer at the end of a conversation; return its position, from 0.

        Raises:
            DataError: the owner has no such conversation.
        """
        with self._database.write() as connection:
            self._require(connection, conversation, owner)
            position = connection.execute("SELECT COALESCE(MAX(position) + 1, 0) FROM turns WHERE conversation = ?",
                                          (conversation,)).fetchone()[0]
            connection.execute("INSERT INTO turns VALUES (?, ?, ?)", (conversation, position, answer))
            connection.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (now(), conversation))
        return int(position)

    def cut(self, conversation: str, owner: str, position: int) -> None:
        """Take away the turns from a position on: what a retried or edited question replaces.

        Raises:
            DataError: the owner has no such conversation.
        """
        with self._database.write() as connection:
            self._require(connection, conversation, owner)
            connection.execute("DELETE FROM turns WHERE conversation = ? AND position >= ?", (conversation, position))

    def turns(self, conversation: str, owner: str) -> list[Kept]:
        """Return a conversation's answers in order.

        Raises:
            DataError: the owner has no such conversation.
        """
        with self._database.read() as connection:
            self._require(connection, conversation, owner)
            rows = connection.execute("SELECT answers.* FROM turns JOIN answers ON answers.id = turns.answer "
                                      "WHERE conversation = ? ORDER BY position", (conversation,)).fetchall()
        return [kept(row) for row in rows]

    def of(self, owner: str, domain: str = "", most: int = 50) -> list[Conversation]:
        """Return an owner's conversations, the one spoken in last first; in one domain where it is named."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM conversations WHERE owner = ? AND (? = '' OR domain = ?) "
                                      "ORDER BY updated_at DESC LIMIT ?", (owner, domain, domain, most)).fetchall()
        return [Conversation(id=row["id"], domain=row["domain"], title=row["title"], created_at=row["created_at"],
                             updated_at=row["updated_at"]) for row in rows]

    def delete(self, conversation: str, owner: str) -> None:
        """Delete a conversation and its answers that nobody has rated or voted on.

        Raises:
            DataError: the owner has no such conversation.
        """
        with self._database.write() as connection:
            self._require(connection, conversation, owner)
            connection.execute(
                "DELETE FROM answers WHERE id IN (SELECT answer FROM turns WHERE conversation = ?) "
                "AND id NOT IN (SELECT answer FROM ratings) AND id NOT IN (SELECT left_answer FROM votes) "
                "AND id NOT IN (SELECT right_answer FROM votes)", (conversation,))
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def _require(self, connection: sqlite3.Connection, conversation: str, owner: str) -> None:
        if not connection.execute("SELECT 1 FROM conversations WHERE id = ? AND owner = ?",
                                  (conversation, owner)).fetchone():
            raise DataError("there is no such conversation.", where="the page", fix="Begin a new one.")
