"""How many questions are needed to tell two systems apart, and how small a difference a given number can show.

Both systems answer the same questions, so only the questions on which one is right and the other wrong tell anything:
their share is called discordant here. All is reckoned for the test that is used afterwards, the exact McNemar test.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal

from rag.evaluation.libraries import library

Language = Literal["ko", "en"]
POWER = 0.8       # how often a difference that is there shall be shown
ALPHA = 0.05      # how often one that is not there may be
DISCORDANT = 0.2  # assumed before a run: one question in five is answered rightly by only one of the two
_TOLERANCE = 1e-4


def connor(difference: float, discordant: float, power: float = POWER, alpha: float = ALPHA) -> int:
    """Return the number of pairs after Connor, the normal approximation to McNemar's test, two-sided.

    Source: R. J. Connor, Sample size for testing differences in proportions for the paired-sample design,
    Biometrics 43 (1987) 207-211.

    Raises:
        ValueError: not 0 < |difference| <= discordant <= 1, or power or alpha is no share between 0 and 1.
    """
    _check(difference, discordant, power, alpha)
    normal = NormalDist()
    at_null = normal.inv_cdf(1 - alpha / 2) * math.sqrt(discordant)
    at_truth = normal.inv_cdf(power) * math.sqrt(discordant - difference * difference)
    return math.ceil(((at_null + at_truth) / difference) ** 2 - 1e-9)


def needed(difference: float, discordant: float = DISCORDANT, power: float = POWER, alpha: float = ALPHA) -> int:
    """Return how many questions show a true difference of two rates (a share: 0.1 is ten points) with this power.

    Connor's number, raised until the exact test, which is more careful than its approximation, has the power too.

    Raises:
        ValueError: as connor.
    """
    n = connor(difference, discordant, power, alpha)
    while exact_power(n, difference, discordant, alpha) < power:
        n += 1
    return n


def detectable(n: int, discordant: float = DISCORDANT, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """Return the smallest true difference of two rates that n questions show with this power, to 0.0001; None: none can.

    Where the difference itself is larger than discordant, every discordant question is taken to go the same way.
    """
    def shown(difference: float) -> bool:
        return exact_power(n, difference, max(discordant, difference), alpha) >= power

    if n < 1 or not shown(1.0):
        return None
    low, high = 0.0, 1.0
    while high - low > _TOLERANCE:
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


def exact_power(n: int, difference: float, discordant: float, alpha: float = ALPHA) -> float:
    """Return how often the exact McNemar test of n pairs gives p < alpha, summed over every outcome (no simulation).

    Raises:
        ValueError: as connor.
    """
    _check(difference, discordant, POWER, alpha)
    import numpy as np

    binom = library("scipy.stats").binom
    pairs = np.arange(n + 1)
    # The largest count on the rarer side that is still significant; -1 where no count is.
    limit = binom.ppf(alpha / 2, pairs, 0.5)
    limit = np.where(2 * binom.cdf(limit, pairs, 0.5) < alpha, limit, limit - 1)
    gained = (discordant + abs(difference)) / (2 * discordant)
    rejected = binom.cdf(limit, pairs, gained) + binom.cdf(limit, pairs, 1 - gained)
    return float(np.sum(binom.pmf(pairs, n, discordant) * rejected))


def minimum_told(n: int, language: Language = "ko", discordant: float = DISCORDANT) -> str:
    """Return the sentence that is told before a run of n questions: which differences it cannot show."""
    least = detectable(n, discordant)
    if least is None:
        enough = next(more for more in range(n + 1, n + 100) if detectable(more, discordant) is not None)
        return {"ko": f"문항 {n}개로는 두 시스템의 차이가 아무리 커도 우연과 가려낼 수 없습니다. 적어도 {enough}개를 물으세요.",
                "en": f"{n} questions: no difference between two systems, however large, can be told apart from chance. "
                      f"Ask at least {enough}."}[language]
    points, share = math.ceil(100 * least), round(100 * max(discordant, least))
    return {"ko": f"문항 {n}개로는 두 시스템의 차이가 약 {points}%p보다 작으면 우연과 가려낼 수 없습니다 "
                  f"(검정력 80%, 유의수준 5%, 두 시스템의 정오가 문항의 약 {share}%에서 갈린다고 볼 때).",
            "en": f"{n} questions: a difference below about {points} points between two systems cannot be told apart "
                  f"from chance (80% power, 5% level, if only one of the two is right on about {share}% of them)."}[language]


def parts_told(answerable: int, unanswerable: int, language: Language = "ko", discordant: float = DISCORDANT) -> str:
    """Return what metrics of only one sort of questions cannot show, and what no interval here covers."""
    least = [detectable(n, discordant) for n in (answerable, unanswerable)]
    korean = [f"약 {math.ceil(100 * one)}%p보다 작은 차이를" if one else "어떤 차이도" for one in least]
    english = [f"differences below about {math.ceil(100 * one)} points" if one else "any difference" for one in least]
    return {"ko": f"답이 있는 {answerable}문항만 보는 지표는 {korean[0]}, 없는 {unanswerable}문항만 보는 지표는 {korean[1]} "
                  "가려내지 못합니다. 구간은 같은 문서에 대한 다른 문항을 두고 하는 말이며, 다른 문서에서는 더 달라질 수 있습니다.",
            "en": f"Metrics of the {answerable} answerable questions alone cannot tell {english[0]}, those of the {unanswerable} "
                  f"unanswerable ones {english[1]}. Intervals speak of other questions about the same documents; other "
                  "documents may differ by more."}[language]


def _check(difference: float, discordant: float, power: float, alpha: float) -> None:
    if not 0 < abs(difference) <= discordant <= 1:
        raise ValueError(f"0 < |difference| <= discordant <= 1 is wanted, not {difference} and {discordant}")
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError(f"power and alpha lie between 0 and 1, not {power} and {alpha}")
