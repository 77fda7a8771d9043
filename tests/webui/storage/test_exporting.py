"""Exports: what an evaluation reads back is what was kept, no cell is a formula, and everybody gets only what is theirs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag.evaluation.opinions.ratings import read_ratings, read_votes
from tests.webui.storage import keeping
from webui.evaluate.rating import correct, rate
from webui.people import NotAllowed, Person, Role
from webui.people.entry import Visitors
from webui.storage.conversations import Conversations
from webui.storage.database import Database
from webui.storage.exporting import content, routes
from webui.storage.lists import Lists
from webui.storage.ratings import Ratings
from webui.storage.votes import Votes

ADMIN = Person(owner="가")
FORMULA = "=HYPERLINK(\"https://evil.example\")"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "talks.sqlite")
    yield made
    made.close()


def rows(told: bytes) -> list[dict[str, str]]:
    assert told.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(told.decode("utf-8-sig"), newline="")))


def test_ratings_come_back_through_the_evaluations_reader(database: Database, tmp_path: Path) -> None:
    ratings, mine = Ratings(database), keeping.answer(database, text=FORMULA, asked="@질문")
    listed = Lists(database).questions(keeping.question_list(database, system="v1", answers=1))[0].answer
    rate(ratings, ADMIN, mine, 2, ["unkind", "other"])
    correct(ratings, ADMIN, mine, "+고친 답, \"따옴표\"\n둘째 줄", confirmed=True)
    rate(ratings, Person(owner="나"), listed, 5, [])
    path = tmp_path / "ratings.jsonl"
    path.write_bytes(content(database, ADMIN, "ratings", "jsonl"))
    assert read_ratings([path]) == [one.rating for one in ratings.records()]
    assert [(one.rater, one.question_id, one.system, one.score) for one in read_ratings([path])] == [
        ("가", mine, "own", 2), ("나", "q0", "v1", 5)]
    first, second = rows(content(database, ADMIN, "ratings", "csv"))
    assert first["answer"] == "'" + FORMULA and first["asked"] == "'@질문" and first["corrected"].startswith("'+고친 답, \"따")
    assert first["reasons"] == "unkind | other" and second["score"] == "5"
    assert content(database, ADMIN, "ratings", "jsonl", "other") == b""
    assert len(content(database, ADMIN, "ratings", "csv", "other").splitlines()) == 1, "the head stays"


def test_votes_come_back_too(database: Database, tmp_path: Path) -> None:
    left, right = (keeping.answer(database, system=name) for name in ("own", "v1"))
    keeping.vote(database, "가", left, right, "right")
    keeping.vote(database, "나", right, left, "tie")
    path = tmp_path / "votes.jsonl"
    path.write_bytes(content(database, ADMIN, "votes", "jsonl"))
    assert read_votes([path]) == Votes(database).of()
    assert [(one.left, one.right, one.winner) for one in read_votes([path])] == [("own", "v1", "right"), ("v1", "own", "tie")]
    assert [one["left_answer"] for one in rows(content(database, ADMIN, "votes", "csv"))] == ["매출액은 12백만원입니다. [1]"] * 2


def test_conversations_are_ones_own(database: Database) -> None:
    talks, viewer = Conversations(database), Person(owner="나", role=Role.VIEWER)
    for owner in ("가", "나"):
        talks.add_turn(talks.begin(owner, "demo", f"{owner}의 제목"), owner, keeping.answer(database, owner, asked=f"{owner} 질문"))
    loose = keeping.answer(database, "나", asked="홀로", text="=1+1")
    rate(Ratings(database), viewer, loose, 4, [])
    told = [json.loads(line) for line in content(database, viewer, "conversations", "jsonl").splitlines()]
    assert [(one["asked"], one["title"], one["score"]) for one in told] == [("나 질문", "나의 제목", None), ("홀로", "", 4)]
    assert told[0]["citations"][0]["lines"] == ["가온누리전자 2023년 매출액: 12백만원"]
    assert [one["answer"] for one in rows(content(database, viewer, "conversations", "csv"))][1] == "'=1+1"
    for kind in ("ratings", "votes"):
        with pytest.raises(NotAllowed):
            content(database, viewer, kind, "csv")




def test_the_routes_answer_the_owner_at_the_door_alone(database: Database) -> None:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    class People:
        def person(self, owner: str) -> Person:
            return Person(owner=owner, role=Role.VIEWER)

    keeping.answer(database, "다른 사람", asked="남의 질문")
    site: Any = SimpleNamespace(database=database, people=People())
    with TestClient(Visitors(Starlette(routes=routes(site)))) as client:
        own = client.get("/export/conversations.csv?owner=%EA%B0%80")
        assert own.status_code == 200 and "남의 질문" not in own.text and own.text.startswith("\ufefftitle,")
        assert own.headers["content-disposition"].startswith('attachment; filename="mundap-conversations-')
        assert own.headers["cache-control"] == "no-store" and own.headers["x-content-type-options"] == "nosniff"
        assert client.get("/export/ratings.csv").status_code == 403 == client.get("/export/votes.jsonl").status_code
        for path in ("/export/", "/export/talks.sqlite", "/export/..%2fconversations.csv", "/export/answers.csv"):
            assert client.get(path).status_code == 404, path
        assert client.post("/export/conversations.csv").status_code == 405
