"""Right, wrong, cited, declined; and the interval of a rate."""

from __future__ import annotations

import math

import pytest

from mundap.prompt import Passage
from rag.answer import Answer
from rag.checks.verify import Status, Verdict
from rag.score import Outcome, score, wilson

LINE = "가온누리전자 2023년 매출액: 1,234백만원"
GOLD = {"gold_value": "1,234", "gold_unit": "백만원", "gold_line": LINE, "gold_chunk": "c1"}
NONE = dict.fromkeys(GOLD, "")
DECLINE = "문서에 해당 내용이 없습니다."


def answer(text: str, citations: tuple[int, ...] = (), status: Status = "verified") -> Answer:
    return Answer(question="매출액은?", text=text, citations=(), hits=(),
                  verdict=Verdict(text=text, status=status, citations=citations),
                  passages=(Passage(number=1, head="가온", lines=(LINE,)), Passage(number=2, head="한빛", lines=("딴 줄: 1원",))))


@pytest.mark.parametrize(("text", "citations", "right", "cited", "wrong"), [
    ("매출액은 1,234백만원입니다. [1]", (1,), True, True, False),
    ("매출액은 12.34억원입니다. [1]", (1,), True, True, False),           # the same amount
    ("매출액은 1,234,000,000원입니다. [2]", (2,), True, False, False),    # cites a passage without the line
    ("매출액은 1,234백만원입니다.", (), True, False, False),
    ("매출액은 1,234백만원입니다. [9]", (9,), True, False, False),
    ("매출액은 1,234원입니다. [1]", (1,), False, False, True),            # another amount
    ("매출액은 1,234천원입니다. [1]", (1,), False, False, True),
    ("매출액은 1,234%입니다. [1]", (1,), False, False, True),
    ("매출액은 4,444백만원입니다. [1]", (1,), False, False, True),
    ("매출액은 크게 늘었습니다. [1]", (1,), False, False, False),         # no figure is no wrong figure
])
def test_an_answer_to_an_answerable_question(text: str, citations: tuple[int, ...], right: bool, cited: bool,
                                             wrong: bool) -> None:
    assert score(answer(text, citations), GOLD) == Outcome(answerable=True, right=right, cited=cited, declined=False,
                                                           wrong=wrong)


def test_declining_is_neither_right_nor_wrong_where_there_is_an_answer() -> None:
    assert score(answer(DECLINE, status="declined"), GOLD) == Outcome(
        answerable=True, right=False, cited=False, declined=True, wrong=False)


def test_where_there_is_no_answer_declining_is_right_and_any_figure_wrong() -> None:
    assert score(answer(DECLINE, status="declined"), NONE) == Outcome(
        answerable=False, right=True, cited=False, declined=True, wrong=False)
    assert score(answer("매출액은 1,234백만원입니다. [1]", (1,)), NONE) == Outcome(
        answerable=False, right=False, cited=False, declined=False, wrong=True)
    assert not score(answer("잘 모르겠네요."), NONE).wrong


@pytest.mark.parametrize(("successes", "total", "low", "high"), [
    # by hand, z = 1.95996: centre (p + z²/2n) / (1 + z²/n), half-width z·sqrt(p(1-p)/n + z²/4n²) / (1 + z²/n)
    (49, 50, 0.8950, 0.9965),    # centre .94575, half-width .05074
    (5, 10, 0.2366, 0.7634),     # centre .5, half-width .26341
    (0, 10, 0.0, 0.2775),        # z² / (n + z²)
    (10, 10, 0.7225, 1.0),
])
def test_wilson_against_values_computed_by_hand(successes: int, total: int, low: float, high: float) -> None:
    rate, lower, upper = wilson(successes, total)
    assert rate == successes / total
    assert [lower, upper] == pytest.approx([low, high], abs=1e-4)


def test_no_trial_tells_nothing() -> None:
    rate, low, high = wilson(0, 0)
    assert math.isnan(rate) and (low, high) == (0.0, 1.0)
