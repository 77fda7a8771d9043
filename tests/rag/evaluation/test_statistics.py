"""Intervals and differences: against scipy, statsmodels and worked examples; how often they cover; what is said of them."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from scipy.stats import binom, binomtest, bootstrap, multinomial

from rag.evaluation.statistics import (
    Difference,
    Interval,
    compare_means,
    compare_rates,
    holm,
    in_words,
    mean,
    rate,
    tango,
    with_holm,
)

N = 60
EQUAL = ("equal", "same", "identical", "같", "동일", "똑")


def pairs(both: int, gained: int, lost: int, neither: int) -> tuple[list[bool], list[bool]]:
    """Return the two lists of a paired two-by-two table."""
    first = [True] * both + [False] * gained + [True] * lost + [False] * neither
    return first, [True] * both + [True] * gained + [False] * lost + [False] * neither


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (0, 60), (1, 60), (45, 60), (60, 60), (7, 9)])
def test_a_rate_has_scipys_wilson_interval(successes: int, trials: int) -> None:
    found, wanted = rate(successes, trials), binomtest(successes, trials).proportion_ci(method="wilson")
    assert (found.value, found.n) == (successes / trials, trials)
    assert found.low == pytest.approx(wanted.low, abs=1e-6)
    assert found.high == pytest.approx(wanted.high, abs=1e-6)


def test_a_rate_of_nothing_is_not_known_and_half_a_success_counts_half() -> None:
    nothing = rate(0, 0)
    assert math.isnan(nothing.value)
    assert (nothing.low, nothing.high, nothing.n) == (0, 1, 0)
    assert rate(4, 10).low < rate(4.5, 10).low < rate(5, 10).low
    for wrong in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="trials"):
            rate(*wrong)


@pytest.mark.parametrize("truth", [0.1, 0.2, 0.3, 0.5, 0.75, 0.9])
def test_wilson_covers_a_true_rate_as_often_as_it_says(truth: float) -> None:
    """Summed over every outcome of 60 questions, so no chance is left in it."""
    intervals = [rate(successes, N) for successes in range(N + 1)]
    covered = sum(binom.pmf(at, N, truth) for at, each in enumerate(intervals) if each.low <= truth <= each.high)
    assert 0.93 <= covered <= 0.97


def test_tango_agrees_with_published_worked_examples() -> None:
    # Fagerland, Lydersen and Laake (2017), chapter 8: Cavo et al. 2012 and Bentur et al. 2009, the digits they print.
    assert [f"{limit:.4f}" for limit in tango(6, 16, 161)] == ["-0.1240", "-0.0054"]
    assert [f"{limit:.3f}" for limit in tango(1, 7, 21)] == ["-0.517", "-0.026"]
    cavo = compare_rates(*pairs(59, 6, 16, 80))
    assert f"{cavo.p:.6f}" == "0.052479"
    assert f"{cavo.value:.4f}" == "-0.0621"
    assert (cavo.discordant, cavo.gained, cavo.lost, cavo.n, cavo.rate) == (22, 6, 16, 161, True)


def test_tango_without_a_discordant_question_and_with_only_such() -> None:
    squared = 1.959963984540054**2
    low, high = tango(0, 0, N)
    assert (low, high) == (pytest.approx(-squared / (N + squared), abs=1e-9), pytest.approx(squared / (N + squared), abs=1e-9))
    low, high = tango(N, 0, N)
    assert low == pytest.approx((N - squared) / (N + squared), abs=1e-9), "the closed solution of the score equation there"
    assert high == 1
    assert tango(0, N, N) == (pytest.approx(-1), pytest.approx(-low))


@pytest.mark.parametrize(("gains", "losses"), [(0.05, 0.05), (0.1, 0.1), (0.1, 0.05), (0.2, 0.05), (0.25, 0.25), (0.4, 0.1)])
def test_the_paired_interval_covers_and_mcnemar_is_rarely_wrong(gains: float, losses: float) -> None:
    """Summed over all 1,891 tables of 60 pairs."""
    tables = np.array([(g, lost, N - g - lost) for g in range(N + 1) for lost in range(N + 1 - g)])
    chances = multinomial.pmf(tables, N, [gains, losses, 1 - gains - losses])
    likely = [(chance, int(g), int(lost)) for chance, (g, lost, _) in zip(chances, tables, strict=True) if chance > 1e-9]
    covered = sum(chance for chance, g, lost in likely if (found := tango(g, lost, N))[0] <= gains - losses <= found[1])
    assert 0.93 <= covered <= 0.97
    if gains == losses:
        wrong = sum(chance for chance, g, lost in likely if compare_rates(*pairs(0, g, lost, N - g - lost)).p < 0.05)
        assert 0 < wrong <= 0.05


def test_what_mcnemar_shows_the_interval_shows_too() -> None:
    for gained, lost in itertools.product(range(0, 25), repeat=2):
        found = compare_rates(*pairs(3, gained, lost, 60 - gained - lost))
        assert found.excludes_zero or not found.significant, (gained, lost)


def test_no_pair_and_pairs_of_two_lengths() -> None:
    nothing = compare_rates([], [])
    assert math.isnan(nothing.value)
    assert (nothing.low, nothing.high, nothing.p, nothing.n) == (-1, 1, 1, 0)
    assert not nothing.significant
    with pytest.raises(ValueError, match="shorter"):
        compare_rates([True], [])
    with pytest.raises(ValueError, match="shorter"):
        compare_means([1.0], [])


def test_a_mean_has_scipys_bootstrap_interval_and_the_same_bytes_again() -> None:
    values = np.random.default_rng(3).exponential(2.0, 60).tolist()
    found = mean(values, 5)
    wanted = bootstrap((values,), np.mean, n_resamples=9999, rng=np.random.default_rng(5)).confidence_interval
    assert found.value == pytest.approx(np.mean(values), abs=1e-12)
    assert (found.low, found.high) == (pytest.approx(wanted.low, abs=1e-6), pytest.approx(wanted.high, abs=1e-6))
    assert found == mean(values, 5) != mean(values, 6)


def test_means_of_few_and_of_like_values() -> None:
    assert all(map(math.isnan, (mean([]).value, mean([]).low, mean([]).high, mean([2.0]).low, mean([2.0]).high)))
    assert (mean([]).n, mean([2.0]).n, mean([2.0]).value) == (0, 1, 2.0)
    assert mean([0.7, 0.7, 0.7]) == Interval(pytest.approx(0.7), 0.7, 0.7, 3)
    found = mean([0.0, 1.0])
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)
    with pytest.raises(ValueError, match="not finite"):
        mean([1.0, float("nan")])


def test_the_bootstrap_interval_covers_a_true_mean() -> None:
    """200 samples of 60 from a lopsided distribution, as times are: within three standard errors of 93 to 97%."""
    rng = np.random.default_rng(11)
    covered = sum((found := mean(rng.gamma(2.0, 1.5, N).tolist())).low <= 3.0 <= found.high for _ in range(200))
    assert 0.93 - 3 * 0.016 <= covered / 200 <= 1 - 1 / 200


def test_means_are_compared_within_pairs() -> None:
    rng = random.Random(1)
    hard = [rng.gauss(10, 5) for _ in range(N)]                  # questions differ far more than the systems do
    better = [value + rng.gauss(0.5, 0.5) for value in hard]
    found = compare_means(hard, better)
    assert 0.25 < found.low < found.value < found.high < 0.75
    assert found.p == pytest.approx(2 / 10_000), "no exchange of the 9,999 drawn is as large"
    assert not compare_means(hard, [value + (0.5, -0.48)[at % 2] for at, value in enumerate(hard)]).significant
    assert compare_means(hard, hard).p == 1
    assert (compare_means(hard, hard).low, compare_means(hard, hard).high) == (0, 0)


def test_few_pairs_are_exchanged_in_every_way_and_too_few_have_no_interval() -> None:
    first, second = [0.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert compare_means(first, second).p == pytest.approx(2 / 2**6), "counted by hand: all signs alike, both ways"
    mixed = compare_means(first, [-1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert mixed.p == pytest.approx(4 / 2**6), "only all alike and this one lie as far out, both ways"
    assert (mixed.gained, mixed.lost, mixed.discordant) == (5, 1, 6)
    few = compare_means(first[:5], second[:5])
    assert math.isnan(few.low)
    assert few.p == pytest.approx(2 / 2**5)
    assert not few.significant
    assert not few.excludes_zero
    assert "구간 없음" in in_words(few)


def test_permutation_is_rarely_wrong_where_there_is_no_difference() -> None:
    """300 seeded pairs of samples: at most 5%, and three standard errors."""
    rng = np.random.default_rng(17)
    wrong = sum(compare_means(rng.normal(0, 1, 10).tolist(), rng.normal(0, 1, 10).tolist()).significant for _ in range(300))
    assert 0 < wrong / 300 <= 0.05 + 3 * 0.0126


def test_holm_by_hand() -> None:
    assert holm([]) == []
    # Sorted: 0.01 x 4, 0.02 x 3, 0.03 x 2, 0.9 x 1; never falling.
    assert holm([0.03, 0.01, 0.9, 0.02]) == pytest.approx([0.06, 0.04, 0.9, 0.06], abs=1e-6)
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_corrected_a_difference_may_no_longer_be_one() -> None:
    close = compare_rates(*pairs(20, 10, 2, 28))
    assert close.significant
    assert not with_holm([close] * 2 + [compare_rates([], [])])[0].significant
    strong, nothing = with_holm([compare_rates(*pairs(10, 30, 2, 18)), compare_rates([], [])])
    assert strong.significant
    assert strong.p_holm == strong.p, "what compares nothing is no comparison to correct for"
    assert nothing.p_holm is None


def test_what_is_said() -> None:
    gain, noise = compare_rates(*pairs(10, 30, 2, 18)), compare_rates(*pairs(30, 5, 4, 21))
    assert in_words(gain, "ko").startswith("차이가 있다고 볼 수 있습니다 (+46.7%p, 95% 구간 +31.")
    assert in_words(gain, "en").startswith("a real difference (+46.7 points, 95% interval +31.")
    assert "32 of 60 questions" in in_words(gain, "en")
    assert in_words(noise, "ko").startswith("차이가 있다고 말할 수 없습니다 (+1.7%p")
    assert in_words(noise, "en").startswith("no real difference could be shown (+1.7 points")
    [corrected] = with_holm([noise])
    assert "Holm 보정 p=1.000" in in_words(corrected, "ko")
    assert "Holm-corrected p=1.000" in in_words(corrected, "en")
    assert "p<0.001" in in_words(gain, "en")
    assert " s, 95% interval" in in_words(compare_means([1.0] * 7, [2.0] * 7), "en", unit="s")


@pytest.mark.parametrize("difference", [
    compare_rates([True] * 60, [True] * 60), compare_rates([], []), compare_rates(*pairs(3, 2, 2, 3)),
    compare_means([1.0] * 9, [1.0] * 9), compare_means([1.0], [1.0]), compare_rates(*pairs(10, 30, 2, 18))])
def test_two_systems_are_never_called_equal(difference: Difference) -> None:
    for words in (in_words(difference, "ko"), in_words(difference, "en")):
        assert not any(word in words for word in EQUAL)
        assert "nan" not in words


@pytest.mark.parametrize("moved", [0, 1])
def test_where_no_pair_or_one_differs_there_is_no_difference_to_test(moved: int) -> None:
    first = [0.5] * 12
    second = [0.9] * moved + [0.5] * (12 - moved)
    assert compare_means(first, second).p == 1.0
