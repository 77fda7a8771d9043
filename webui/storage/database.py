"""The page's SQLite file: WAL, one connection a thread, a numbered schema brought up step by step when it is opened."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mundap.errors import ResourceError

BUSY_S = 10.0   # how long a writer waits for another
_STEPS = Path(__file__).parent


class Database:
    """One file. read() and write() give a connection; a write is one transaction, undone when its block raises."""

    def __init__(self, path: Path) -> None:
        """Open a database, made when it is missing.

        Raises:
            ResourceError: it is no database, or one of a later mundap; the folder cannot be written.
        """
        self.path = path
        self._of_thread = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)      # questions and judgements are nobody else's business
            with self.write() as connection:
                self._bring_up(connection)
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise ResourceError(f"cannot be used as the page's database: {error}.", where=str(path),
                                fix="Move the file away, or name another: web.storage=talks/other.sqlite") from error

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection."""
        yield self._connection()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection inside a transaction."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def close(self) -> None:
        """Close every thread's connection; the journal is written into the file."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._of_thread = threading.local()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if found is None:
            found = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            found.row_factory = sqlite3.Row
            for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
                found.execute(f"PRAGMA {setting}")
            self._of_thread.connection = found
            with self._lock:
                self._all.append(found)
        return found

    def _bring_up(self, connection: sqlite3.Connection) -> None:
        steps = sorted(_STEPS.glob("schema_*.sql"), key=lambda file: int(file.stem.rpartition("_")[2]))
        at = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if at > len(steps):
            raise sqlite3.DatabaseError(f"its schema is {at}, and this mundap knows up to {len(steps)}")
        for number, file in enumerate(steps[at:], start=at + 1):
            for statement in _statements(file.read_text(encoding="utf-8")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def new_id() -> str:
    """Return an id nobody can guess."""
    return secrets.token_hex(16)


def now() -> str:
    """Return the time as it is kept: ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _statements(script: str) -> Iterator[str]:
    """Yield a script's statements; executescript() would end the transaction they are to share."""
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            yield held
            held = ""
