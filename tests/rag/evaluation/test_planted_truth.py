"""Systems whose rates are known because they were planted: the evaluation must find them.

A made-up model is told of every question what to do with it: be right, invent a figure, tell another company's, decline,
run on. What it was told is the truth; the metrics see only its words, the passages and the rows.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from mundap.generator import Request
from rag.evaluation.statistics import compare_rates, rate
from tests.rag.evaluation.running import FIGURES, Project, asking, row, system
from tests.rag.test_answer import DECLINE

ASKED, BLANK = 120, 60
# What a system does with a question the documents answer, and with one they do not: share by share.
GOOD = ({"right": .80, "invents": .05, "other": .05, "declines": .10}, {"declines": .90, "invents": .10})
POOR = ({"right": .45, "invents": .25, "other": .10, "declines": .10, "runs on": .10}, {"declines": .40, "invents": .60})
HALLUCINATES = {"invents", "other", "runs on"}


def rows() -> list[dict[str, str]]:
    """Return questions that name their number, so that a scripted model can tell them apart."""
    names = list(FIGURES)
    asked = [row(at, names[at % 2], FIGURES[names[at % 2]]) for at in range(ASKED)]
    blank = [row(at, "없는식품", kind="unanswerable") for at in range(ASKED, ASKED + BLANK)]
    return [one | {"question": f"{at}번 문의입니다. {one['question']}"} for at, one in enumerate([*asked, *blank])]


def plan(shares: tuple[Mapping[str, float], Mapping[str, float]], seed: int) -> list[str]:
    """Return for every question what is done with it, drawn by the shares."""
    rng = random.Random(seed)
    return [rng.choices(list(kinds), list(kinds.values()))[0]
            for kinds, count in zip(shares, (ASKED, BLANK), strict=True) for _ in range(count)]


def said(todo: str, company: str, at: int) -> str:
    """Return the words of a reply that does what it was told."""
    other = next(name for name in FIGURES if name != company)
    subject = company or "없는식품"
    right = f"{company}의 2023년 매출액은 {FIGURES.get(company, '')}백만원입니다. [1]"
    return {"right": right, "declines": DECLINE, "invents": f"{subject}의 2023년 매출액은 {7_001 + at}백만원입니다. [1]",
            "other": f"{company}의 2023년 매출액은 {FIGURES[other]}백만원입니다. [1]",
            "runs on": f"{right} {right} {right}"}[todo]


class Told:
    """A model that does with each question what the plan of the system being asked says."""

    def __init__(self) -> None:
        self.plan: list[str] = []

    def __call__(self, request: Request) -> str:
        question = request.content.rpartition("질문: ")[2]
        at = int(question.partition("번")[0])
        return said(self.plan[at], next((name for name in FIGURES if name in question), ""), at)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_rates_are_recovered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    model, found = Told(), {}
    project = Project(tmp_path, monkeypatch, rows(), model)
    for name, shares in (("good", GOOD), ("poor", POOR)):
        model.plan = plan(shares, seed)
        [found[name]] = project(asking(system(name, levers=False, decoding={"seed": len(found)}))).systems
        planted = Counter(model.plan[:ASKED]), Counter(model.plan[ASKED:])
        of_all, of_blank = ASKED + BLANK, BLANK
        true = {"right": (planted[0]["right"] + planted[0]["runs on"], ASKED),
                "hallucinated": (sum(planted[0][kind] for kind in HALLUCINATES) + planted[1]["invents"], of_all),
                "declined_rightly": (planted[1]["declines"], of_blank),
                "wrongly_declined": (planted[0]["declines"], ASKED),
                "invented_repetition": (planted[0]["runs on"], of_all)}
        for metric, (count, of) in true.items():
            values = [one.values[metric] for one in found[name].scored if metric in one.values]
            interval = rate(sum(values), len(values))
            assert len(values) == of, metric
            assert interval.low <= count / of <= interval.high, f"{name}: {metric} is {count} of {of}, found {sum(values)}"
            assert sum(values) == count, f"{name}: {metric}: nothing here is hard to tell"
    right = [[one.values["right"] == 1 for one in found[name].scored if "right" in one.values] for name in ("good", "poor")]
    assert compare_rates(*right).p < 0.01, "the better system is told from the worse"


def test_the_shares_a_system_is_drawn_from_lie_in_its_intervals_about_as_often_as_they_claim() -> None:
    """95% intervals: of 200 draws of a planted system at most 10% may miss the share it was drawn from."""
    missed = 0
    for seed in range(200):
        done = plan(POOR, seed)[:ASKED]
        interval = rate(done.count("right"), ASKED)
        missed += not interval.low <= POOR[0]["right"] <= interval.high
    assert missed <= 20


def test_two_systems_drawn_alike_are_not_told_apart() -> None:
    falsely = 0
    for seed in range(200):
        first, second = plan(GOOD, seed)[:ASKED], plan(GOOD, seed + 1000)[:ASKED]
        falsely += compare_rates([one == "right" for one in first], [one == "right" for one in second]).p < 0.05
    assert falsely <= 16
