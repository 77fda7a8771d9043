"""Votes are of one's own two answers, once; exported they read back as they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap.errors import DataError
from rag.evaluation.opinions.ratings import read_votes
from rag.inquiry import Inquiry
from tests.webui.made_answers import answered
from webui.storage.answers import Answers
from webui.storage.database import Database
from webui.storage.votes import Votes, votes_jsonl


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "talks.sqlite")
    yield made
    made.close()


def add(database: Database, system: str, owner: str = "가", asked: str = "매출액은?", model: str = "m") -> str:
    return Answers(database).add(answered(), Inquiry(text=asked), owner=owner, domain="demo", system=system, model=model)


def test_votes_come_back_as_ratings_py_reads_them(database: Database, tmp_path: Path) -> None:
    votes = Votes(database)
    votes.add("가", add(database, "own"), add(database, "v1"), "left")
    votes.add("나", add(database, "v1", "나"), add(database, "own", "나"), "tie", both_bad=True)
    votes.add("가", add(database, "own", asked="다른 질문"), add(database, "v1", asked="다른 질문"), "right")
    found = votes.of("demo")
    assert [(one.rater, one.left, one.right, one.winner) for one in found] == [
        ("가", "own", "v1", "left"), ("나", "v1", "own", "tie"), ("가", "own", "v1", "right")]
    assert found[0].question_id == found[1].question_id != found[2].question_id, "one question, whoever asks it"
    file = tmp_path / "votes.jsonl"
    file.write_text(votes_jsonl(found), encoding="utf-8")
    assert read_votes([file]) == found
    assert votes.of("other") == [] and len(votes.of(rater="나")) == 1 and votes_jsonl([]) == ""


def test_one_vote_a_pair_whichever_way_round(database: Database) -> None:
    left, right = add(database, "own"), add(database, "v1")
    Votes(database).add("가", left, right, "left")
    for pair in ((left, right), (right, left)):
        with pytest.raises(DataError, match="you have voted"):
            Votes(database).add("가", *pair, "right")
    assert [one.winner for one in Votes(database).of()] == ["left"]


@pytest.mark.parametrize("forged", [
    lambda database: ("나", add(database, "own"), add(database, "v1"), "left"),                     # another's answers
    lambda database: ("가", add(database, "own"), "0" * 32, "left"),                                # none
    lambda database: ("가", add(database, "own"), add(database, "own"), "left"),                    # one system twice
    lambda database: ("가", add(database, "own"), add(database, "v1", asked="다른 질문"), "left"),
    lambda database: ("가", add(database, "own"), add(database, "v1"), "own"),                      # no side
])
def test_what_is_no_vote_on_two_answers_of_ones_own_is_refused(database: Database, forged: object) -> None:
    assert callable(forged)
    with pytest.raises(DataError):
        Votes(database).add(*forged(database))
    assert Votes(database).of() == []


def test_only_a_tie_can_be_because_both_are_bad(database: Database) -> None:
    with pytest.raises(DataError):
        Votes(database).add("가", add(database, "own"), add(database, "v1"), "left", both_bad=True)


def test_a_vote_on_a_model_that_a_system_no_longer_has_is_left_out_where_asked(database: Database) -> None:
    votes = Votes(database)
    votes.add("가", add(database, "own", model="old"), add(database, "v1"), "left")
    votes.add("가", add(database, "own", asked="둘째"), add(database, "v1", asked="둘째"), "right")
    assert [one.winner for one in votes.of("demo", models={"own": "m", "v1": "m"})] == ["right"]


def test_votes_go_with_their_answers(database: Database) -> None:
    Votes(database).add("가", add(database, "own"), add(database, "v1"), "left")
    with database.write() as connection:
        connection.execute("DELETE FROM answers WHERE system = 'own'")
    assert Votes(database).of() == []
