"""How many questions are needed: against published numbers, and against runs of the test itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from rag.evaluation.sample_size import connor, detectable, exact_power, minimum_told, needed, parts_told


def test_connors_number_is_the_published_one() -> None:
    # powerandsamplesize.com, two-sided McNemar: shares 0.45 and 0.05; a second calculator: 0.30 and 0.15.
    assert connor(0.40, 0.50) == 23
    assert connor(-0.40, 0.50) == 23
    assert connor(0.15, 0.45) == 155


@pytest.mark.parametrize(("difference", "discordant", "power"), [(0.1, 0.2, 0.8), (0.2, 0.3, 0.9), (0.15, 0.15, 0.8)])
def test_the_number_gives_the_exact_test_its_power_in_simulated_runs(difference: float, discordant: float, power: float,
                                                                     ) -> None:
    n = needed(difference, discordant, power)
    assert connor(difference, discordant, power) <= n <= connor(difference, discordant, power) * 1.3
    rng = np.random.default_rng(8)
    gains, losses = (discordant + difference) / 2, (discordant - difference) / 2
    tables = rng.multinomial(n, [gains, losses, 1 - gains - losses], 4000)
    p = {(g, lost): binomtest(int(g), int(g + lost)).pvalue if g + lost else 1.0 for g, lost, _ in tables}
    shown = np.mean([p[g, lost] < 0.05 for g, lost, _ in tables])
    standard_error = (power * (1 - power) / 4000) ** 0.5
    assert shown >= power - 3 * standard_error
    assert shown == pytest.approx(exact_power(n, difference, discordant), abs=3 * standard_error)


def test_power_without_a_difference_to_speak_of_is_the_rate_of_false_alarms() -> None:
    assert exact_power(60, 1e-9, 0.2) <= 0.05


def test_what_can_be_detected_and_what_is_needed_agree() -> None:
    for n in (60, 150, 400):
        least = detectable(n)
        assert least is not None
        assert exact_power(n, least, max(0.2, least)) >= 0.8
        assert exact_power(n, least - 0.002, max(0.2, least - 0.002)) < 0.8
        assert needed(least, 0.2) <= n + 5
    assert detectable(5) is None, "six questions that all go one way are the fewest that show anything"
    assert detectable(0) is None
    assert detectable(6) is not None


@pytest.mark.parametrize("wrong", [(0.0, 0.2), (0.3, 0.2), (0.1, 1.2), (0.1, 0.2, 1.0), (0.1, 0.2, 0.8, 0.0)])
def test_impossible_shares_are_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="wanted|between"):
        needed(*wrong)


def test_what_is_told_before_a_run() -> None:
    assert minimum_told(60, "en").startswith(
        "60 questions: a difference below about 17 points between two systems cannot be told apart from chance (80% power")
    assert minimum_told(60).startswith("문항 60개로는 두 시스템의 차이가 약 17%p보다 작으면 우연과 가려낼 수 없습니다")
    assert "on about 37% of them" in minimum_told(20, "en"), "what is assumed is said as it was reckoned with"
    assert "at least 6" in minimum_told(3, "en")
    assert "적어도 6개" in minimum_told(3)


def test_too_few_of_one_sort_are_told_in_words() -> None:
    told = parts_told(28, 3)
    assert "답이 있는 28문항만 보는 지표는 약 27%p보다 작은 차이를, 없는 3문항만 보는 지표는 어떤 차이도 가려내지 못합니다." in told
    assert "the 3 unanswerable ones any difference" in parts_told(28, 3, "en")
