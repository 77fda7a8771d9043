"""The one place where the report meets the statistics: a system's values to intervals, pairs of systems to differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rag.evaluation import statistics
from rag.evaluation.metrics.metric import Metric
from rag.evaluation.results import Evaluation, SystemResult
from rag.evaluation.statistics import Difference, Interval

SEED = 42
Language = Literal["ko", "en"]


def interval(numbers: Sequence[float], metric: Metric) -> Interval:
    """Return the interval of one metric's values: Wilson's for a rate, else the bootstrap's; n is 0 for no value."""
    if metric.rate:
        return statistics.rate(sum(value >= 0.5 for value in numbers), len(numbers))
    return statistics.mean(numbers, SEED)


def difference(first: SystemResult, second: SystemResult, metric: Metric) -> Difference:
    """Return how far the second lies from the first on the questions that both have a value for; n is 0 for none."""
    before, after = values(first, metric.name), values(second, metric.name)
    shared = [key for key in before if key in after]
    if metric.rate:
        return statistics.compare_rates([before[key] >= 0.5 for key in shared], [after[key] >= 0.5 for key in shared])
    return statistics.compare_means([before[key] for key in shared], [after[key] for key in shared], SEED)


def values(system: SystemResult, metric: str) -> dict[str, float]:
    """Return a system's values of one metric by question id, in the questions' order."""
    return {one.gold.id: one.values[metric] for one in system.scored if metric in one.values}


def baseline(evaluation: Evaluation) -> SystemResult | None:
    """Return the system that the others are compared with; None where the evaluation holds no such system."""
    return next((one for one in evaluation.systems if one.name == evaluation.baseline), None)
