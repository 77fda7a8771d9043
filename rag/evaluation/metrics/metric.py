"""What a metric is: a plain function of a question's truth and a system's reply, with how its values are averaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rag.evaluation.asked import Gold, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. `of` returns a value, or None where it does not apply to the question.

    rate: every value is 0 or 1, and the share of ones is told with a Wilson interval; else the mean is told with a
    bootstrap interval. better says which direction is an improvement, "" where neither is.
    """

    name: str                                    # its key in report.json: snake_case
    of: Callable[[Gold, Reply], float | None]
    rate: bool = False
    better: Literal["higher", "lower", ""] = "higher"
    unit: str = ""                               # "s", "characters"; "" for a share between 0 and 1
