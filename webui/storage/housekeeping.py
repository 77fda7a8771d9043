"""What leaves the database: everything of a person who asks for it, and what is older than the recipe keeps.

    forget(database, owner)              at once, when somebody deletes their data
    tidy(database, days=90)              conversations and their unrated answers of more than 90 days; 0 keeps all
    Daily(database, days).start()        tidy on start and once a day

Uploads are kept elsewhere and are not known here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from webui.storage import lists
from webui.storage.database import Database

DAY_S = 24 * 3600.0
_JUDGED = ("id IN (SELECT answer FROM ratings) OR id IN (SELECT left_answer FROM votes) "
           "OR id IN (SELECT right_answer FROM votes)")
_log = logging.getLogger(__name__)


def forget(database: Database, owner: str) -> Mapping[str, int]:
    """Delete all that is kept of an owner; return how many conversations, answers, ratings, votes and lists that was.

    Their lists go too, except those that others have rated: they stay, and no longer say who made them.
    """
    with database.write() as connection:
        gone = {"ratings": connection.execute("DELETE FROM ratings WHERE rater = ?", (owner,)).rowcount,
                "votes": connection.execute("DELETE FROM votes WHERE rater = ?", (owner,)).rowcount,
                "conversations": connection.execute("DELETE FROM conversations WHERE owner = ?", (owner,)).rowcount,
                "answers": connection.execute("DELETE FROM answers WHERE owner = ?", (owner,)).rowcount, "lists": 0}
        for row in connection.execute("SELECT id FROM lists WHERE owner = ?", (owner,)).fetchall():
            rated = connection.execute("SELECT 1 FROM ratings JOIN list_questions USING (answer) WHERE list = ?",
                                       (row["id"],)).fetchone()
            if not rated:
                lists.delete(connection, row["id"])
                gone["lists"] += 1
        connection.execute("UPDATE lists SET owner = '' WHERE owner = ?", (owner,))
    with database.read() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()   # the journal still holds what was overwritten
    return gone


def tidy(database: Database, days: int, at: datetime | None = None) -> Mapping[str, int]:
    """Delete conversations not spoken in for some days, and answers as old that are in none; return how many of each.

    Answers that somebody rated or voted on stay, and those of a list. at is the time to count back from, now where None.
    """
    if days <= 0:
        return {"conversations": 0, "answers": 0}
    oldest = ((at or datetime.now(UTC)) - timedelta(days=days)).isoformat(timespec="milliseconds")
    with database.write() as connection:
        talks = connection.execute("DELETE FROM conversations WHERE updated_at < ?", (oldest,)).rowcount
        answers = connection.execute(
            "DELETE FROM answers WHERE created_at < ? AND id NOT IN (SELECT answer FROM turns) "
            "AND id NOT IN (SELECT answer FROM list_questions WHERE answer IS NOT NULL) "
            f"AND NOT ({_JUDGED})", (oldest,)).rowcount
    return {"conversations": talks, "answers": answers}


class Daily:
    """Tidies in the background: once at the start, then once a day until it is closed. also() deletes what lies elsewhere."""

    def __init__(self, database: Database, days: int, every_s: float = DAY_S,
                 also: Callable[[], object] = lambda: None) -> None:
        self._database = database
        self._days = days
        self._every_s = every_s
        self._also = also
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin, unless everything is kept."""
        if self._days > 0:
            self._thread.start()

    def close(self) -> None:
        """End; what is being deleted is deleted."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                gone = tidy(self._database, self._days)
                if any(gone.values()):
                    _log.info("kept for %d days: %d conversations and %d answers deleted", self._days, gone["conversations"],
                              gone["answers"])
                self._also()
            except Exception:   # a database that is locked today is tidied tomorrow; the page goes on
                _log.exception("old conversations could not be deleted")
            self._closed.wait(self._every_s)
