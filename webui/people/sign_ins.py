"""Log-ins under way, in the page's database: a browser holds a random token, the table its SHA-256 alone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from webui.storage.database import Database, now

HOURS = 12          # a working day; then one logs in again


class SignIns:
    """The log-ins of a database. A user is named by webui.people.users.User.stamp."""

    def __init__(self, database: Database, hours: float = HOURS) -> None:
        self._database = database
        self.hours = hours

    def begin(self, stamp: str) -> str:
        """Return the token of a new log-in; those that are over are forgotten."""
        token = secrets.token_urlsafe(32)
        until = (datetime.now(UTC) + timedelta(hours=self.hours)).isoformat(timespec="milliseconds")
        with self._database.write() as connection:
            connection.execute("DELETE FROM sign_ins WHERE expires_at <= ?", (now(),))
            connection.execute("INSERT INTO sign_ins VALUES (?, ?, ?, ?)", (_hash(token), stamp, now(), until))
        return token

    def stamp(self, token: str) -> str:
        """Return whose log-in a token is, "" for nobody's."""
        if not 32 <= len(token) <= 128:
            return ""
        with self._database.read() as connection:
            row = connection.execute("SELECT user FROM sign_ins WHERE token = ? AND expires_at > ?",
                                     (_hash(token), now())).fetchone()
        return str(row["user"]) if row else ""

    def end(self, token: str) -> None:
        """Forget a log-in."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sign_ins WHERE token = ?", (_hash(token),))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
