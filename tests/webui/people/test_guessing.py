"""Guessing made slow: by name, by address, and forgotten in time."""

from __future__ import annotations

from webui.people import guessing
from webui.people.guessing import FREE, FREE_ADDRESS, LONGEST_S, Guessing


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_name_is_slowed_from_wherever_it_is_guessed() -> None:
    clock = Clock()
    slow = Guessing(clock)
    waits = []
    for at in range(20):
        waits.append(slow.wait_s("kim", f"10.0.0.{at}"))
        slow.failed("kim", f"10.0.0.{at}")
        clock.at += slow.wait_s("kim", "x")
    assert waits[:FREE] == [0.0] * FREE
    assert slow.wait_s("lee", "10.0.0.99") == 0.0, "others are not held up"
    slow.failed("kim", "x")
    assert slow.wait_s("kim", "y") == LONGEST_S
    clock.at += guessing.FORGET_S + 1
    slow.failed("kim", "x")
    assert slow.wait_s("kim", "y") == 0.0


def test_an_address_is_slowed_whatever_names_it_tries() -> None:
    clock = Clock()
    slow = Guessing(clock)
    for at in range(FREE_ADDRESS):
        assert slow.wait_s(f"name{at}", "10.0.0.1") == 0.0
        slow.failed(f"name{at}", "10.0.0.1")
    assert slow.wait_s("another", "10.0.0.1") > 0 and slow.wait_s("another", "10.0.0.2") == 0.0


def test_the_right_password_forgets_a_names_failures_and_costs_its_address_nothing() -> None:
    slow = Guessing(Clock())
    for _ in range(FREE_ADDRESS * 2):
        slow.failed("kim", "10.0.0.1")
        slow.succeeded("kim", "10.0.0.1")
    assert slow.wait_s("kim", "10.0.0.1") == 0.0


def test_it_remembers_so_many_and_no_more() -> None:
    slow = Guessing(Clock())
    for at in range(guessing.REMEMBERED + 50):
        slow.failed(f"name{at}", f"address{at}")
    assert len(slow._failed) == guessing.REMEMBERED
