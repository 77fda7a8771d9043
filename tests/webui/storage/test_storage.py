"""The page's database: answers come back whole, another's conversation is not there, a later schema is refused."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap.errors import DataError, ResourceError
from rag.inquiry import Inquiry
from tests.webui.made_answers import answered
from webui.storage.answers import Answers, dump
from webui.storage.conversations import Conversations
from webui.storage.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "below" / "talks.sqlite")
    yield made
    made.close()


def add(database: Database, owner: str = "가", asked: str = "매출액은?") -> str:
    return Answers(database).add(answered(), Inquiry(text=asked, before=("앞",), without=frozenset({"company"})), owner=owner,
                                 domain="demo", system="own", model="m")


def test_an_answer_comes_back_whole_and_only_to_its_owner(database: Database) -> None:
    identity = add(database)
    found = Answers(database).get(identity, "가")
    assert found is not None and found.answer is not None and dump(found.answer) == dump(answered())
    assert found.text == answered().text and found.answer.hits == answered().hits
    assert found.inquiry == Inquiry(text="매출액은?", before=("앞",), without=frozenset({"company"}))
    assert Answers(database).get(identity, "나") is None


def test_an_answer_of_another_format_still_has_its_text(database: Database) -> None:
    identity = add(database)
    with database.write() as connection:
        connection.execute("UPDATE answers SET answer = '{\"text\": \"옛 답\"}'")
    found = Answers(database).get(identity, "가")
    assert found is not None and found.answer is None and found.text == "옛 답"


def test_conversations_are_their_owners(database: Database) -> None:
    talks = Conversations(database)
    mine = talks.begin("가", "demo", "  매출액은\n얼마인가요? " + "가" * 100)
    for position in range(3):
        assert talks.add_turn(mine, "가", add(database)) == position
    assert len(talks.turns(mine, "가")) == 3 and talks.of("나") == [] and talks.of("가", "other") == []
    [listed] = talks.of("가", "demo")
    assert listed.title.startswith("매출액은 얼마인가요? 가") and len(listed.title) == 60
    for forged in (lambda: talks.turns(mine, "나"), lambda: talks.delete(mine, "나"), lambda: talks.cut(mine, "나", 0),
                   lambda: talks.add_turn(mine, "나", add(database, "나"))):
        with pytest.raises(DataError, match="no such conversation"):
            forged()
    talks.cut(mine, "가", 1)
    assert len(talks.turns(mine, "가")) == 1
    talks.delete(mine, "가")
    assert talks.of("가") == []


def test_threads_write_side_by_side(database: Database) -> None:
    threads = [threading.Thread(target=lambda: [add(database) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM answers").fetchone()[0] == 80
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.execute("INSERT INTO conversations VALUES ('a', 'b', 'c', 'd', 'e', 'f')")
        raise RuntimeError
    assert Conversations(database).of("b") == []


@pytest.mark.parametrize("content", [b"no database at all, though it is long enough to be looked at" * 50, None])
def test_what_is_no_database_of_ours_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "talks.sqlite"
    if content is None:
        later = sqlite3.connect(path)
        later.execute("PRAGMA user_version = 999")
        later.close()
    else:
        path.write_bytes(content)
    with pytest.raises(ResourceError, match="cannot be used as the page's database"):
        Database(path)
