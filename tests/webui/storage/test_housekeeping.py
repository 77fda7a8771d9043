"""What leaves the database: all of a person's who asks for it and nothing of another's; what is old, unless it was judged."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.webui.storage import keeping
from webui.evaluate.rating import rate
from webui.people import Person
from webui.storage.conversations import Conversations
from webui.storage.database import Database
from webui.storage.housekeeping import Daily, forget, tidy
from webui.storage.lists import Lists
from webui.storage.ratings import Ratings


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "talks.sqlite")
    yield made
    made.close()


def count(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
                for table in ("answers", "conversations", "turns", "ratings", "votes", "lists", "list_questions")}


def test_all_of_a_persons_goes_and_nothing_of_anothers(database: Database) -> None:
    talks = Conversations(database)
    for owner in ("가", "나"):
        left, right = keeping.answer(database, owner, asked="비밀 질문"), keeping.answer(database, owner, system="v1")
        talks.add_turn(talks.begin(owner, "demo", "비밀 제목"), owner, left)
        rate(Ratings(database), Person(owner=owner), left, 3, [])
        keeping.vote(database, owner, left, right, "left")
    shared, alone = keeping.question_list(database, "가", answers=1), keeping.question_list(database, "가", answers=2)
    for rater in ("가", "나"):
        rate(Ratings(database), Person(owner=rater), Lists(database).questions(shared)[0].answer, 4, [])
    gone = forget(database, "가")
    assert dict(gone) == {"ratings": 2, "votes": 1, "conversations": 1, "answers": 2, "lists": 1}
    assert count(database) == {"answers": 3, "conversations": 1, "turns": 1, "ratings": 2, "votes": 1, "lists": 1,
                               "list_questions": 3}
    assert Lists(database).get(shared, "나").owner == "" and [one.id for one in Lists(database).of("demo", "나")] == [shared]
    assert alone not in [one.id for one in Lists(database).of("demo", "가")]


def test_what_is_deleted_is_not_in_the_files(database: Database) -> None:
    keeping.answer(database, asked="아주비밀스러운질문")
    forget(database, "가")
    for file in database.path.parent.iterdir():
        assert "아주비밀스러운질문".encode() not in file.read_bytes()


def test_old_conversations_and_their_unjudged_answers_go(database: Database) -> None:
    talks = Conversations(database)
    plain, rated, voted, other = (keeping.answer(database) for _ in range(4))
    old = talks.begin("가", "demo", "옛")
    for one in (plain, rated):
        talks.add_turn(old, "가", one)
    rate(Ratings(database), Person(owner="가"), rated, 5, [])
    keeping.vote(database, "가", voted, other, "tie")
    loose, made = keeping.answer(database), keeping.question_list(database, answers=1)
    later = datetime.now(UTC) + timedelta(days=31)
    assert dict(tidy(database, 0, later)) == {"conversations": 0, "answers": 0}
    assert dict(tidy(database, 30)) == {"conversations": 0, "answers": 0}, "nothing is that old yet"
    assert dict(tidy(database, 30, later)) == {"conversations": 1, "answers": 2}
    with database.read() as connection:
        kept = {row["id"] for row in connection.execute("SELECT id FROM answers")}
    assert kept == {rated, voted, other, Lists(database).questions(made)[0].answer} and not {plain, loose} & kept


def test_it_is_done_at_the_start_and_again(database: Database) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO conversations VALUES ('a', '가', 'demo', 't', '2020-01-01', '2020-01-01')")
    also = threading.Event()
    daily = Daily(database, 30, every_s=0.05, also=also.set)
    daily.start()
    _until(lambda: count(database)["conversations"] == 0)
    with database.write() as connection:
        connection.execute("INSERT INTO conversations VALUES ('b', '가', 'demo', 't', '2020-01-01', '2020-01-01')")
    _until(lambda: count(database)["conversations"] == 0)
    daily.close()
    assert not any(thread.name == "housekeeping" for thread in threading.enumerate())
    assert also.is_set()
    never = Daily(database, 0)
    never.start()
    never.close()


def _until(done: object) -> None:
    until = time.monotonic() + 10
    while not done() and time.monotonic() < until:  # type: ignore[operator]
        time.sleep(0.02)
    assert done()  # type: ignore[operator]
