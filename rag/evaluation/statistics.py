"""Intervals and differences of an evaluation, all at 95%: what can be said of a system, and of one beside another.

    rate(45, 60)                       a share, Wilson's interval
    mean([1.2, 0.9, …], seed=42)       a mean, bootstrap interval
    compare_rates(base, v1)            v1 minus base on the same questions: Tango's interval, exact McNemar p
    compare_means(base, v1, seed=42)   the same for means: bootstrap interval, paired permutation p
    with_holm([…])                     many comparisons at once: each p corrected
    in_words(difference, "ko")         "차이가 있다고 말할 수 없습니다 …" unless it is significant

An interval and a p value are two methods, so near the limit they may differ: 16 questions lost and 6 won of 161 have an
interval that excludes 0 and p = 0.052. What is called a difference in words is what the test shows (corrected where
it was), which is the stricter: a significant exact McNemar p always goes with a Tango interval that excludes 0.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag.evaluation.libraries import library
from rag.evaluation.sample_size import ALPHA, Language, connor, detectable, exact_power, minimum_told, needed

__all__ = ["Difference", "Interval", "compare_means", "compare_rates", "connor", "detectable", "exact_power", "holm",
           "in_words", "mean", "minimum_told", "needed", "rate", "tango", "with_holm"]

SEED = 42
RESAMPLES = 9999
MIN_PAIRS = 6    # with fewer no outcome of a two-sided sign-flip or McNemar test lies below 0.05 (2 / 2 ** 5 = 0.0625)
_BATCH = 500     # resamples held in memory at once
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95% interval, and how many observations it is of. NaN is what is not known."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The second system minus the first, on the questions that both have: positive where the second's value is larger.

    low and high are its 95% interval, NaN where there are too few questions for one. p is the test's, uncorrected; p_holm
    the corrected one where several were made. discordant is on how many of the n questions the two differ; gained and lost
    on how many the second's value is the larger, the smaller. rate: a difference of shares, told in percentage points.
    """

    value: float
    low: float
    high: float
    p: float
    n: int
    discordant: int
    gained: int
    lost: int
    rate: bool
    p_holm: float | None = None

    @property
    def significant(self) -> bool:
        """Whether the test, corrected where it was, shows a difference at 5%."""
        return (self.p if self.p_holm is None else self.p_holm) < ALPHA

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval is known and lies on one side of 0."""
        return self.low > 0 or self.high < 0


def rate(successes: float, trials: int) -> Interval:
    """Return a share with Wilson's interval; for no trial the value is NaN and the interval the whole of 0 to 1.

    successes may be a half: a tie counts half. Source: statsmodels.stats.proportion.proportion_confint, "wilson".

    Raises:
        ValueError: not 0 <= successes <= trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    if trials == 0:
        return Interval(NAN, 0.0, 1.0, 0)
    low, high = library("statsmodels.stats.proportion").proportion_confint(successes, trials, ALPHA, method="wilson")
    return Interval(successes / trials, float(low), float(high), trials)


def mean(values: Sequence[float], seed: int = SEED) -> Interval:
    """Return a mean with its bootstrap interval (BCa, 9999 resamples); the same values and seed give the same bytes.

    No value: all NaN. One value: it, with an interval that is not known (NaN). Values that are all alike: an interval of
    no width, which says that no spread was seen, not that there is none.
    Source: scipy.stats.bootstrap; B. Efron, Better bootstrap confidence intervals, JASA 82 (1987) 171-185.

    Raises:
        ValueError: a value is not finite.
    """
    numbers = _finite(values)
    if not numbers:
        return Interval(NAN, NAN, NAN, 0)
    value = math.fsum(numbers) / len(numbers)
    if len(numbers) == 1:
        return Interval(value, NAN, NAN, 1)
    low, high = _bootstrap(numbers, seed)
    return Interval(value, low, high, len(numbers))


def compare_rates(first: Sequence[bool], second: Sequence[bool]) -> Difference:
    """Return the second's share minus the first's, paired by position: Tango's interval and McNemar's exact p.

    No pair: value NaN, interval -1 to 1, p 1. Source of p: statsmodels.stats.contingency_tables.mcnemar(exact=True).

    Raises:
        ValueError: the two are not of one length.
    """
    pairs = list(zip(map(bool, first), map(bool, second), strict=True))
    gained, lost = pairs.count((False, True)), pairs.count((True, False))
    if not pairs:
        return Difference(value=NAN, low=-1.0, high=1.0, p=1.0, n=0, discordant=0, gained=0, lost=0, rate=True)
    table = [[pairs.count((True, True)), lost], [gained, pairs.count((False, False))]]
    p = float(library("statsmodels.stats.contingency_tables").mcnemar(table, exact=True).pvalue)
    low, high = tango(gained, lost, len(pairs))
    return Difference(value=(gained - lost) / len(pairs), low=low, high=high, p=p, n=len(pairs), rate=True,
                      discordant=gained + lost, gained=gained, lost=lost)


def compare_means(first: Sequence[float], second: Sequence[float], seed: int = SEED) -> Difference:
    """Return the second's mean minus the first's, paired by position: bootstrap interval and paired permutation p.

    The interval is mean()'s of the differences, which resamples pairs. p is of every exchange of first and second within
    pairs where these are at most 9999, else of 9999 drawn by the seed. Fewer than six pairs have no interval (NaN): no
    exchange of so few lies below 5%. Source of p: scipy.stats.permutation_test, permutation_type="samples".

    Raises:
        ValueError: the two are not of one length, or a value is not finite.
    """
    pairs = list(zip(_finite(first), _finite(second), strict=True))
    steps = [after - before for before, after in pairs]
    gained, lost = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
    p = _permutation(steps, seed) if gained + lost > 1 else 1.0   # one pair exchanged is as far from none as before
    interval = mean(steps, seed) if len(steps) >= MIN_PAIRS else Interval(_mean(steps), NAN, NAN, len(steps))
    return Difference(value=interval.value, low=interval.low, high=interval.high, p=p, n=len(pairs), rate=False,
                      discordant=gained + lost, gained=gained, lost=lost)


def tango(gained: int, lost: int, n: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Return Tango's score interval of (gained - lost) / n, the difference of two shares of the same n questions.

    It holds the differences that the score test does not reject. With 6 gained and 16 lost of 161 it is -0.1240 to -0.0054
    (the worked example of Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables, chapter 8).
    Source: T. Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design, Statistics in Medicine 17 (1998) 891-908.
    """
    stats, optimize = library("scipy.stats"), library("scipy.optimize")
    limit, seen = float(stats.norm.ppf(1 - alpha / 2)), (gained - lost) / n

    def score(true: float) -> float:
        """Return how many standard errors the counts lie above a true difference, its variance estimated under it."""
        b = -gained - lost + (2 * n - gained + lost) * true
        fewer = (math.sqrt(max(b * b + 8 * n * lost * true * (1 - true), 0.0)) - b) / (4 * n)
        variance = n * (2 * fewer + true * (1 - true))
        return (gained - lost - n * true) / math.sqrt(variance) if variance > 1e-15 else 0.0

    low = optimize.brentq(lambda true: score(true) - limit, -1 + 1e-12, seen - 1e-12) if seen > -1 else -1.0
    high = optimize.brentq(lambda true: score(true) + limit, seen + 1e-12, 1 - 1e-12) if seen < 1 else 1.0
    return float(low), float(high)


def holm(ps: Sequence[float]) -> list[float]:
    """Return p values corrected after Holm, in their order. Source: statsmodels.stats.multitest.multipletests."""
    if not ps:
        return []
    return [float(p) for p in library("statsmodels.stats.multitest").multipletests(list(ps), ALPHA, "holm")[1]]


def with_holm(differences: Sequence[Difference]) -> list[Difference]:
    """Return differences with p_holm, corrected over those with a question to compare; the others stay as they are."""
    asked = [at for at, each in enumerate(differences) if each.n]
    corrected = dict(zip(asked, holm([differences[at].p for at in asked]), strict=True))
    return [replace(each, p_holm=corrected.get(at)) for at, each in enumerate(differences)]


def in_words(difference: Difference, language: Language = "ko", unit: str = "") -> str:
    """Return what may be said of a difference: that it is one, or that none could be shown; never that two are alike.

    unit follows the figures of a mean ("s"); rates are told in percentage points.
    """
    if not difference.n:
        return {"ko": "비교할 문항이 없습니다.", "en": "There is no question to compare."}[language]
    shown = difference.significant
    said = {"ko": "차이가 있다고 볼 수 있습니다" if shown else "차이가 있다고 말할 수 없습니다",
            "en": "a real difference" if shown else "no real difference could be shown"}[language]
    return f"{said} ({', '.join(_figures(difference, language, unit))})"


def _figures(difference: Difference, language: Language, unit: str) -> list[str]:
    """Return the difference, its interval, the discordant questions and p as short texts."""
    korean = language == "ko"
    points = "%p" if korean else " points"
    unit = points if difference.rate else f" {unit}" if unit else ""

    def figure(value: float) -> str:
        return f"{100 * value:+.1f}" if difference.rate else f"{value:+.3g}"

    between = f"{figure(difference.low)} ~ {figure(difference.high)}" if korean else \
        f"{figure(difference.low)} to {figure(difference.high)}"
    interval = f"95% 구간 {between}{unit}" if korean else f"95% interval {between}{unit}"
    if math.isnan(difference.low):
        interval = "문항이 적어 구간 없음" if korean else "too few questions for an interval"
    counts = f"{difference.n}문항 중 {difference.discordant}문항에서 갈림" if korean else \
        f"they differ on {difference.discordant} of {difference.n} questions"
    corrected = difference.p_holm is not None
    p = difference.p if difference.p_holm is None else difference.p_holm
    tested = ("Holm 보정 " if korean else "Holm-corrected ") * corrected + (f"p={p:.3f}" if p >= 0.001 else "p<0.001")
    return [f"{figure(difference.value)}{unit}", interval, counts, tested]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else NAN


def _finite(values: Sequence[float]) -> list[float]:
    numbers = [float(value) for value in values]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a value is not finite; leave out what was not measured")
    return numbers


def _bootstrap(numbers: list[float], seed: int) -> tuple[float, float]:
    """Return the BCa interval of a mean; the percentile one where BCa's correction is not defined."""
    if min(numbers) == max(numbers):
        return numbers[0], numbers[0]
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")   # scipy warns where BCa is not defined, which is looked at below
            found = library("scipy.stats").bootstrap((numbers,), _np_mean, n_resamples=RESAMPLES, batch=_BATCH, method=method,
                                                     rng=_generator(seed)).confidence_interval
        if math.isfinite(found.low) and math.isfinite(found.high):
            break
    return float(found.low), float(found.high)


def _permutation(steps: list[float], seed: int) -> float:
    """Return the two-sided p of a mean difference under every exchange within pairs; pairs that are alike change nothing."""
    moved = [step for step in steps if step]
    # A pair (step, 0) exchanged is (0, step): the same as flipping the sign of its difference.
    result = library("scipy.stats").permutation_test(
        (moved, [0.0] * len(moved)), lambda first, second, axis: _np_mean(first - second, axis), vectorized=True,
        permutation_type="samples", n_resamples=RESAMPLES, batch=_BATCH, rng=_generator(seed))
    return float(result.pvalue)


def _np_mean(values: Any, axis: int) -> Any:
    import numpy as np

    return np.mean(values, axis=axis)


def _generator(seed: int) -> Any:
    import numpy as np

    return np.random.default_rng(seed)
