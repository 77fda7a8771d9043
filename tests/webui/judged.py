"""A database in which people have judged answers: two raters, of whom one corrected an answer, and three votes."""

from __future__ import annotations

from dataclasses import replace

from rag.inquiry import Inquiry
from tests.webui.made_answers import answered
from webui.storage.answers import Answers
from webui.storage.database import Database

RIGHT = "가온누리전자의 2023년 매출액은 12백만원입니다. [1]"
WRONG = "가온누리전자의 2023년 매출액은 99백만원입니다. [1]"
HOSTILE = "<img src=x onerror='window.hacked=3'>"
ADMIN, RATER = "visitor-admin", "김철수@example.com"


def keep(database: Database, text: str, *, question: str = "매출액은?", system: str = "own", domain: str = "demo",
         attempts: int = 1) -> str:
    """Keep an answer a model gave; return its id."""
    answer = replace(answered(text), question=question, attempts=attempts)
    return Answers(database).add(answer, Inquiry(text=question), owner=ADMIN, domain=domain, system=system,
                                 model=f"models/{system}")


def rate(database: Database, rater: str, answer: str, score: int, corrected: str = "",
         at: str = "2025-01-01T00:00:00+00:00") -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO ratings (rater, answer, score, corrected, created_at) VALUES (?, ?, ?, ?, ?)",
                           (rater, answer, score, corrected, at))


def vote(database: Database, rater: str, left: str, right: str, winner: str, at: str = "2025-01-02T00:00:00+00:00") -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO votes (rater, left_answer, right_answer, winner, created_at) VALUES (?, ?, ?, ?, ?)",
                           (rater, left, right, winner, at))


def seed(database: Database) -> None:
    """Judge a few answers: makes two SFT rows, three KTO rows and one DPO row, and drops one of each kind."""
    right, wrong = keep(database, RIGHT), keep(database, WRONG, system="v1")
    hostile = keep(database, RIGHT, question=f"매출액은 {HOSTILE}?")
    rate(database, RATER, right, 5)
    rate(database, ADMIN, wrong, 1, corrected=RIGHT.removesuffix(" [1]"), at="2025-01-03T00:00:00+00:00")
    rate(database, RATER, wrong, 3, corrected=WRONG)
    rate(database, RATER, hostile, 4, corrected=f"{RIGHT} {HOSTILE}")
    vote(database, RATER, wrong, right, "right")
    vote(database, ADMIN, right, wrong, "tie")
