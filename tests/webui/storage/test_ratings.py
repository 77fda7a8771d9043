"""Ratings and lists as they are kept: whose they are, what may be rated, and that a correction's figures are looked up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap.errors import DataError
from tests.webui.made_answers import answered
from tests.webui.storage import keeping
from webui.evaluate.rating import correct, rate
from webui.people import Person
from webui.storage.database import Database
from webui.storage.lists import Lists
from webui.storage.ratings import Rated, Ratings

RATER = Person(owner="가")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "talks.sqlite")
    yield made
    made.close()


def test_a_rating_given_again_takes_the_earlier_ones_place(database: Database) -> None:
    ratings, one = Ratings(database), keeping.answer(database)
    assert rate(ratings, RATER, one, None, ["unkind"]).said == "score_first" and ratings.get("가", one) is None
    assert rate(ratings, RATER, one, 2, ["unkind", "too_long", "unkind"]).said == "saved"
    assert rate(ratings, RATER, one, 4, []).rated == ratings.get("가", one) == Rated(score=4)
    assert [found.rated.score for found in ratings.records("demo")] == [4] and ratings.records("other") == []
    ratings.drop("가", one)
    assert ratings.get("가", one) is None


@pytest.mark.parametrize("wrong", [Rated(score=0), Rated(score=6), Rated(score=3, reasons=("<b>",)),
                                   Rated(score=3, corrected="가" * 20_001), Rated(score=3, corrected="\x00")])
def test_what_is_no_rating_is_refused(database: Database, wrong: Rated) -> None:
    one = keeping.answer(database)
    with pytest.raises(DataError):
        Ratings(database).put("가", one, wrong)


def test_anothers_answer_is_not_there_unless_a_list_gives_it(database: Database) -> None:
    ratings, own = Ratings(database), keeping.answer(database, "나")
    assert ratings.answer("가", own) is None
    with pytest.raises(DataError, match="no such answer"):
        rate(ratings, RATER, own, 5, [])
    with pytest.raises(DataError, match="no such answer"):
        correct(ratings, RATER, own, "고침")
    listed = Lists(database).questions(keeping.question_list(database, "나", answers=1))[0].answer
    assert rate(ratings, RATER, listed, 5, []).said == "saved"
    assert ratings.records()[0].question_id == "q0"


def test_a_corrections_figures_are_looked_up_in_the_passages(database: Database) -> None:
    ratings, one = Ratings(database), keeping.answer(database, chunk_text="가온누리전자 2023년 매출액: 12백만원")
    assert correct(ratings, RATER, one, "12백만원입니다.").said == "score_first"
    rate(ratings, RATER, one, 2, ["wrong_figure"])
    assert correct(ratings, RATER, one, answered().text).said == "not_changed"
    assert correct(ratings, RATER, one, "2023년 매출액은 12백만원입니다.").said == "corrected"
    told = correct(ratings, RATER, one, "2023년 매출액은 13백만원이고, 2024년 3월 1일에 공시했습니다.")
    assert told.said == "unfounded" and told.unfounded == ("13백만원", "2024년 3월 1일")
    kept = ratings.get("가", one)
    assert kept is not None and "12백만원" in kept.corrected and kept.unfounded == (), "nothing is kept before it is confirmed"
    assert correct(ratings, RATER, one, "매출액은 13백만원입니다.", confirmed=True).said == "corrected"
    kept = ratings.get("가", one)
    assert kept == Rated(score=2, reasons=("wrong_figure",), corrected="매출액은 13백만원입니다.", unfounded=("13백만원",))
    assert correct(ratings, RATER, one, " ").said == "correction_gone"


def test_others_scores_are_seen_after_ones_own(database: Database) -> None:
    ratings, made = Ratings(database), keeping.question_list(database, answers=2)
    first, second = (one.answer for one in Lists(database).questions(made)[:2])
    for answer in (first, second):
        rate(ratings, Person(owner="나"), answer, 1, [])
    assert ratings.seen_by("가") == []
    rate(ratings, RATER, first, 5, [])
    assert [(one.rater, one.answer) for one in ratings.seen_by("가", "demo")] == [("나", first), ("가", first)]
    assert Lists(database).rated(made, "가") == {first} and Lists(database).get(made, "가").rated == 1


def test_recent_answers_are_ones_own_newest_first(database: Database) -> None:
    made = [keeping.answer(database, asked=f"질문 {at}") for at in range(3)]
    keeping.answer(database, "나")
    rate(Ratings(database), RATER, made[1], 3, [])
    assert [(one.id, score) for one, score in Ratings(database).recent("가", "demo", 2)] == [(made[2], None), (made[1], 3)]


def test_a_lists_question_is_answered_once(database: Database) -> None:
    lists, made = Lists(database), keeping.question_list(database)
    lists.fail(made, 0, "no model")
    assert (lists.get(made, "가").failed, lists.questions(made)[0].failed) == (1, "no model")
    first = lists.questions(made)[0]
    lists.answered(made, first, answered(), "m")
    lists.answered(made, first, answered("다른 답"), "m")
    assert lists.questions(made)[0].answer and lists.questions(made)[0].failed == ""
    with database.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM answers").fetchone()[0] == 1
    [listed] = lists.of("demo", "가")
    assert (listed.questions, listed.answered, listed.failed, listed.rated) == (3, 1, 0, 0) and lists.of("other", "가") == []
    lists.delete(made)
    with pytest.raises(DataError, match="no such list"):
        lists.get(made, "가")
