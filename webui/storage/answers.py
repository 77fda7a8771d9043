"""Answers as they were shown, kept whole: what was asked, what was said, and the passages it was said from.

Only its owner reads an answer, unless a list gives it to raters (lists.py). The evidence is kept as it was: an index
rebuilt since does not change what somebody was shown.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

from rag.answer import Answer
from rag.inquiry import Inquiry
from webui.storage.database import Database, new_id, now

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One answer kept. answer is None where a later mundap cannot read what an earlier one wrote; text is always there."""

    id: str
    owner: str
    domain: str
    asked: str
    inquiry: Inquiry
    answer: Answer | None
    text: str
    system: str
    model: str
    created_at: str


class Answers:
    """The answers of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, answer: Answer, inquiry: Inquiry, *, owner: str, domain: str, system: str, model: str) -> str:
        """Keep an answer; return its id."""
        made = new_id()
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (made, owner, domain, inquiry.text, json.dumps(asdict(inquiry) | {"without": sorted(inquiry.without)},
                                                              ensure_ascii=False),
                 dump(answer), system, model, now()))
        return made

    def get(self, identity: str, owner: str) -> Kept | None:
        """Return an answer of an owner's, or None: another's is not there for them."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM answers WHERE id = ? AND owner = ?", (identity, owner)).fetchone()
        return kept(row) if row else None


def kept(row: sqlite3.Row) -> Kept:
    """Return a row of `answers` as it was kept."""
    inquiry = json.loads(row["inquiry"])
    text = str(json.loads(row["answer"]).get("text", ""))
    return Kept(id=row["id"], owner=row["owner"], domain=row["domain"], asked=row["asked"],
                inquiry=Inquiry(**inquiry | {"before": tuple(inquiry["before"]), "without": frozenset(inquiry["without"])}),
                answer=restore(row["answer"]), text=text, system=row["system"], model=row["model"],
                created_at=row["created_at"])


def dump(answer: Answer) -> str:
    """Return an answer as JSON."""
    return _adapter().dump_json(answer).decode("utf-8")


def restore(text: str) -> Answer | None:
    """Return an answer from its JSON, or None where its fields have changed since."""
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(text)
    except ValidationError:
        return None


@cache
def _adapter() -> TypeAdapter[Answer]:
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)
