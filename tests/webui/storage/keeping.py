"""What the tests of ratings, lists and exports put into a database."""

from __future__ import annotations

from typing import Any

from rag.inquiry import Inquiry
from tests.webui.made_answers import answered
from webui.storage.answers import Answers
from webui.storage.database import Database, now
from webui.storage.lists import Asked, Lists


def answer(database: Database, owner: str = "가", *, system: str = "own", asked: str = "매출액은?", **told: Any) -> str:
    """Keep an answer; return its id."""
    return Answers(database).add(answered(**told), Inquiry(text=asked), owner=owner, domain="demo", system=system, model="m")


def question_list(database: Database, owner: str = "가", answers: int = 0, questions: int = 3, system: str = "own") -> str:
    """Keep a list of which some questions are answered; return its id."""
    lists = Lists(database)
    made = lists.add(owner, "demo", "목록", system, [Asked(position=at, named=f"q{at}", inquiry=Inquiry(text=f"질문 {at}?"))
                                                   for at in range(questions)])
    for one in lists.questions(made)[:answers]:
        lists.answered(made, one, answered(), "m")
    return made


def vote(database: Database, rater: str, left: str, right: str, winner: str) -> None:
    """Keep a vote."""
    with database.write() as connection:
        connection.execute("INSERT INTO votes (rater, left_answer, right_answer, winner, created_at) VALUES (?, ?, ?, ?, ?)",
                           (rater, left, right, winner, now()))
