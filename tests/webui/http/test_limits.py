"""The limits: questions a minute, the line, and the end of the server."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from webui.http import limits as of_limits
from webui.http.limits import Limits, Refusal
from webui.words import LANGUAGES, words


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def made(clock: Clock | None = None, *, minute: int = 3, waiting: int = 2, at_once: int = 1) -> Limits:
    return Limits({"questions_a_minute": minute, "waiting": waiting}, at_once, clock or Clock())


def test_one_person_asks_so_often_and_others_are_not_held_up() -> None:
    clock = Clock()
    limits = made(clock)
    for _ in range(3):
        with limits.admit("가"):
            clock.at += 10
    with pytest.raises(Refusal) as raised, limits.admit("가"):
        pass
    assert raised.value.key == "people.too_often" and raised.value.places == {"most": 3, "seconds": 30}
    with limits.admit("나"):
        pass
    clock.at += 30
    with limits.admit("가"):
        pass


def test_a_full_line_says_when_to_come_back_and_does_not_count() -> None:
    limits = made()
    with ExitStack() as held:
        for owner in "가나다":     # one answered, two waiting
            held.enter_context(limits.admit(owner))
        for _ in range(9):
            with pytest.raises(Refusal) as raised, limits.admit("라"):
                pass
            assert raised.value.key == "people.full" and raised.value.places == {"waiting": 2, "seconds": 6}
    assert limits.held == 0
    for _ in range(3):
        with limits.admit("라"):
            pass


def test_questions_have_their_turn_in_the_order_they_came() -> None:
    limits, order, told = made(minute=99, waiting=99), [], []
    ready = [threading.Event() for _ in range(5)]
    go = threading.Event()

    def ask(number: int) -> None:
        with limits.admit(str(number)) as place:
            ready[number].set()
            for ahead in place.waits(0.01):
                told.append((number, ahead))
            if number == 0:
                go.wait(5)
            order.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        assert ready[number].wait(5)
    go.set()
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2, 3, 4] and limits.held == 0
    assert (4, 4) in told and (1, 1) in told and not [one for one in told if one[0] == 0]


def test_a_question_given_up_makes_room() -> None:
    limits = made(waiting=1)
    with limits.admit("가"):
        with pytest.raises(RuntimeError), limits.admit("나") as place:
            assert next(place.waits(0.01)) == 1
            raise RuntimeError
        with limits.admit("다") as place:
            assert next(place.waits(0.01)) == 1


def test_an_ending_server_takes_none_and_lets_those_waiting_go() -> None:
    limits = made()
    with limits.admit("가") as first, limits.admit("나") as second:
        assert list(first.waits(0.01)) == []
        line = second.waits(0.01)
        next(line)
        limits.close()
        with pytest.raises(Refusal) as raised:
            next(line)
        assert raised.value.key == "people.closing"
        assert list(first.waits(0.01)) == [], "the one being answered goes on"
        with pytest.raises(Refusal), limits.admit("다"):
            pass


def test_it_remembers_so_many_people_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_limits, "REMEMBERED", 10)
    limits = made()
    for number in range(30):
        with limits.admit(str(number)):
            pass
    assert len(limits._asked) == 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_can_be_said(language: str) -> None:
    say = words(language)
    assert "7" in say("people.too_often", most=20, seconds=7) and "7" in say("people.full", waiting=64, seconds=7)
    assert say("people.closing") and "3" in say("people.ahead", ahead=3)
