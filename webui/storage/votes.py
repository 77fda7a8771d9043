"""Blind votes between two answers to one question, as the rater saw them: left, right, or a tie.

"Both are bad" is a tie that says so (both_bad): in a win rate it counts as a tie, since neither was preferred. What a
side was is read from the answers the vote is of; a vote names no system itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, cast

from mundap.errors import DataError
from rag.evaluation.opinions.ratings import Vote
from webui.storage.database import Database, now

Winner = Literal["left", "right", "tie"]
WINNERS = ("left", "right", "tie")
_OF_A_PAIR = """
    SELECT votes.rater, votes.winner, votes.created_at, one.domain, one.inquiry,
           one.system AS left_system, one.model AS left_model, two.system AS right_system, two.model AS right_model
    FROM votes JOIN answers AS one ON one.id = votes.left_answer JOIN answers AS two ON two.id = votes.right_answer
    WHERE (:domain = '' OR one.domain = :domain) AND (:rater = '' OR votes.rater = :rater)
    ORDER BY votes.created_at, votes.rowid"""


class Votes:
    """The votes of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rater: str, left: str, right: str, winner: str, *, both_bad: bool = False) -> None:
        """Keep a vote on two answers of the rater's own, given by their ids.

        Raises:
            DataError: an answer is not there or another's, the two are not of one question and two systems, the winner is
                no side, or the rater has voted on the two before.
        """
        if winner not in WINNERS or both_bad and winner != "tie":
            raise DataError(f"{winner!r} is no outcome of a vote.", where="vote", fix=f"One of: {', '.join(WINNERS)}.")
        with self._database.write() as connection:
            rows = [connection.execute("SELECT domain, inquiry, system FROM answers WHERE id = ? AND owner = ?",
                                       (identity, rater)).fetchone() for identity in (left, right)]
            if not all(rows) or rows[0]["domain"] != rows[1]["domain"] or rows[0]["inquiry"] != rows[1]["inquiry"] \
                    or rows[0]["system"] == rows[1]["system"]:
                raise DataError("there are no such two answers to compare.", where="vote", fix="Compare once more.")
            if connection.execute("SELECT 1 FROM votes WHERE rater = ? AND (left_answer, right_answer) IN (VALUES (?, ?), (?, ?))",
                                  (rater, left, right, right, left)).fetchone():
                raise DataError("you have voted on these two answers.", where="vote", fix="Compare another question.")
            connection.execute("INSERT INTO votes (rater, left_answer, right_answer, winner, created_at, both_bad) "
                               "VALUES (?, ?, ?, ?, ?, ?)", (rater, left, right, winner, now(), int(both_bad)))

    def of(self, domain: str = "", rater: str = "", models: Mapping[str, str] | None = None) -> list[Vote]:
        """Return votes, oldest first: all, or those in one domain and by one rater.

        models are model keys by system: given, only votes on answers of just these count, so that what was said of a model
        a system had before is not taken for what is said of the one it has now.
        """
        with self._database.read() as connection:
            rows = connection.execute(_OF_A_PAIR, {"domain": domain, "rater": rater}).fetchall()
        return [Vote(rater=row["rater"], question_id=question_id(row["domain"], row["inquiry"]), left=row["left_system"],
                     right=row["right_system"], winner=cast(Winner, row["winner"]), at=datetime.fromisoformat(row["created_at"]))
                for row in rows if models is None or all(models.get(row[f"{side}_system"]) == row[f"{side}_model"]
                                                         for side in ("left", "right"))]


def question_id(domain: str, inquiry: str) -> str:
    """Return the id of what was asked, the same whoever asks it. inquiry is the JSON that storage.answers keeps of it."""
    told = json.dumps([domain, json.loads(inquiry)], ensure_ascii=False, sort_keys=True)
    return "q-" + hashlib.sha256(told.encode()).hexdigest()[:16]


def votes_jsonl(votes: Iterable[Vote]) -> str:
    """Return votes as the JSONL that rag.evaluation.opinions.ratings reads."""
    return "".join(f"{json.dumps(_record(vote), ensure_ascii=False)}\n" for vote in votes)


def _record(vote: Vote) -> dict[str, Any]:
    record = {"rater": vote.rater, "question_id": vote.question_id, "left": vote.left, "right": vote.right, "winner": vote.winner}
    return record | ({"at": vote.at.isoformat()} if vote.at else {})
