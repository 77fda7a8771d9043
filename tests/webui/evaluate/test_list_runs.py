"""Lists answered in the background over a real index: once, stopped in the middle, taken up again, failing kindly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.answer import Answerer
from rag.inquiry import Inquiry
from tests.webui.scripted import ScriptedGenerator, scripted_answerer
from webui.evaluate.list_rating import next_open, place, progress
from webui.evaluate.list_runs import ListRuns
from webui.evaluate.rating import rate
from webui.people import Person
from webui.storage.database import Database
from webui.storage.lists import Asked, Lists
from webui.storage.ratings import Ratings
from webui.words import words

ASKED = ("가온누리전자의 2023년 영업이익은 얼마인가요?", "한빛바이오의 2023년 매출액은 얼마인가요?",
         "누리식품의 2023년 직원수는 몇 명인가요?")


@pytest.fixture(scope="module")
def generator() -> ScriptedGenerator:
    return ScriptedGenerator()


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory, generator: ScriptedGenerator) -> Iterator[Answerer]:
    made = scripted_answerer(tmp_path_factory.mktemp("index"), generator)
    yield made
    made.close()


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    database = Database(tmp_path / "talks.sqlite")
    yield Lists(database)
    database.close()


def added(lists: Lists, *questions: str) -> str:
    asked = [Asked(position=at, inquiry=Inquiry(text=text)) for at, text in enumerate(questions)]
    return lists.add("가", "demo", "목록", "own", asked)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not done() and time.monotonic() < end:
        time.sleep(0.01)
    assert done()


def test_every_question_is_answered_once(lists: Lists, answerer: Answerer) -> None:
    runs, made = ListRuns(), added(lists, *ASKED)
    run = runs.start(lists, made, answerer, "m")
    assert runs.start(lists, made, answerer, "m") is run, "a list under way is not begun twice"
    until(lambda: not run.running)
    assert (run.done, run.total, run.error, lists.get(made, "나").answered) == (3, 3, None, 3) and run.a_minute > 0
    first = place(lists, Ratings(lists._database), made, "나", 0).found
    assert first is not None and "345백만원" in first.text and first.model == "m" and first.owner == f"list-{made}"
    again = runs.start(lists, made, answerer, "m")
    until(lambda: not again.running)
    assert again.total == 0, "nothing is answered a second time"


def test_stopped_in_the_middle_it_goes_on_where_it_was(lists: Lists, answerer: Answerer, generator: ScriptedGenerator) -> None:
    runs, before = ListRuns(), generator.cancelled
    made = added(lists, ASKED[0], "가온누리전자의 2023년 영업이익은 느리게 얼마인가요?", ASKED[1])
    run = runs.start(lists, made, answerer, "m")
    until(lambda: lists.get(made, "").answered == 1)
    said = progress(lists.get(made, ""), run, words("ko"))
    assert "답변 1/3개" in said and "답을 만드는 중: 1/3, 1분에" in said and "남음" in said
    runs.close()
    assert not run.running and generator.cancelled == before + 1 and lists.get(made, "").answered == 1
    with lists._database.write() as connection:    # the slow one is made quick, as if the page had been killed and opened again
        connection.execute("UPDATE list_questions SET question = ? WHERE position = 1", (ASKED[2],))
    run = ListRuns().start(lists, made, answerer, "m")
    until(lambda: not run.running)
    assert run.total == 2 and lists.get(made, "").answered == 3


def test_a_question_that_fails_is_told_and_the_others_are_answered(lists: Lists, answerer: Answerer) -> None:
    made = added(lists, "가온누리전자의 2023년 영업이익은 망가지게 얼마인가요?", ASKED[1])
    run = ListRuns().start(lists, made, answerer, "m")
    until(lambda: not run.running)
    listed = lists.get(made, "")
    assert (listed.answered, listed.failed, lists.questions(made)[0].failed) == (1, 1, "the model gave no answer.")
    assert "답하지 못한 질문 1개: the model gave no answer." in progress(listed, run, words("ko"))


def test_a_list_deleted_meanwhile_ends_its_run(lists: Lists, answerer: Answerer) -> None:
    runs, made = ListRuns(), added(lists, *["가온누리전자의 2023년 영업이익은 느리게 얼마인가요?"] * 2)
    run = runs.start(lists, made, answerer, "m")
    time.sleep(0.1)
    runs.stop(made)
    lists.delete(made)
    until(lambda: not run.running)
    assert lists.of("demo", "") == []


def test_a_rater_is_led_to_what_is_not_rated(lists: Lists, answerer: Answerer) -> None:
    made, ratings, rater = added(lists, *ASKED), Ratings(lists._database), Person(owner="나")
    assert next_open(lists, made, "나") is None and not place(lists, ratings, made, "나", 99).all_rated
    run = ListRuns().start(lists, made, answerer, "m")
    until(lambda: not run.running)
    answers = [one.answer for one in lists.questions(made)]
    rate(ratings, rater, answers[1], 3, [])
    assert [next_open(lists, made, "나", after) for after in (-1, 0, 2)] == [0, 2, 0]
    for one in (answers[0], answers[2]):
        rate(ratings, rater, one, 3, [])
    assert next_open(lists, made, "나") is None and place(lists, ratings, made, "나", -5).all_rated
    assert next_open(lists, made, "다") == 0, "another rater begins at the first"
