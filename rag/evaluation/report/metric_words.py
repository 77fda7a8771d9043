"""What each metric is called, how it is defined in one line, and in which section of the report it stands.

A metric that is not in metric_table.yaml is reported all the same: under its own name, defined by its docstring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report.words import Words

SECTIONS = ("correct", "hallucination", "declining", "citations", "retrieval", "wording", "speed", "other")
# The verdict, the summary and the groups are about these, as far as the run has them, in this order.
ENOUGH = 10   # questions; of fewer an interval is so wide that a metric among the main ones would say more than it can
_MAIN = ("right", "articles_right", "right_and_cited", "hallucinated", "wrong_figure_shown", "declined_rightly",
         "wrongly_declined", "character_f1")


def describe(metric: Metric, words: Words) -> tuple[str, str]:
    """Return a metric's name and its one-line definition for a reader."""
    known = _table().get(metric.name)
    if known is not None:
        name, says = known[words.language]
        return name, says
    return metric.name, " ".join((metric.of.__doc__ or "").strip().split("\n\n")[0].split())


def section_of(metric: Metric) -> str:
    """Return the section a metric stands in; "other" for one that is not in the table."""
    return str(_table().get(metric.name, {}).get("section", "other"))


def main_metrics(metrics: Sequence[Metric], asked: Mapping[str, int]) -> list[Metric]:
    """Return the few metrics that the verdict is about: the known ones in their order, else the first that have a better.

    asked is how many questions each applies to. One of fewer than ENOUGH is left out, unless none has more.
    """
    found = _candidates(metrics)
    return [one for one in found if asked.get(one.name, 0) >= ENOUGH] or found


def too_few(metrics: Sequence[Metric], asked: Mapping[str, int]) -> list[Metric]:
    """Return the metrics that would be main ones, had they been asked of more questions."""
    main = main_metrics(metrics, asked)
    return [one for one in _candidates(metrics) if one not in main]


def _candidates(metrics: Sequence[Metric]) -> list[Metric]:
    named = {metric.name: metric for metric in metrics}
    return [named[name] for name in _MAIN if name in named] or [one for one in metrics if one.better][: len(_MAIN)]


@cache
def _table() -> Mapping[str, Any]:
    text = Path(__file__).with_name("metric_table.yaml").read_text(encoding="utf-8")
    table: Mapping[str, Any] = yaml.safe_load(text)
    return table
