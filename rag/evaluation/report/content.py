"""Everything the report says, as plain data: report.json. The page and the Markdown are made from it and the evaluation."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report import summary
from rag.evaluation.report.metric_words import main_metrics, section_of
from rag.evaluation.results import Evaluation, Scored, SystemResult
from rag.evaluation.statistics import Interval, in_words, with_holm

_ORDER = {value: at for values in (("초급", "중급", "고급"), ("하", "중", "상"), ("쉬움", "보통", "어려움"))
          for at, value in enumerate(values)}


def content(evaluation: Evaluation, metrics: Sequence[Metric], language: summary.Language) -> dict[str, Any]:
    """Return report.json: every interval, difference and count, with no NaN and in a stable order."""
    shown, asked = used(evaluation, metrics), asked_of(evaluation)
    main = main_metrics(shown, asked)
    topics = untrained(evaluation)
    return {
        "domain": evaluation.domain, "title": evaluation.title, "baseline": evaluation.baseline,
        "data": plain(evaluation.data), "verifier": plain(evaluation.verifier), "human": plain(evaluation.human),
        "judge": plain(evaluation.judge), "notes": list(evaluation.notes),
        "asked": {metric.name: asked[metric.name] for metric in shown},
        "systems": [_system(one, shown, main, topics) for one in evaluation.systems],
        "differences": _differences(evaluation, shown, main, language),
    }


def used(evaluation: Evaluation, metrics: Sequence[Metric]) -> list[Metric]:
    """Return the metrics that apply to at least one question of the run."""
    known = {name for system in evaluation.systems for one in system.scored for name in one.values}
    return [metric for metric in metrics if metric.name in known]


def asked_of(evaluation: Evaluation) -> dict[str, int]:
    """Return to how many questions each metric applies, a question counted once however many systems answered it."""
    found: dict[str, set[str]] = {}
    for system in evaluation.systems:
        for one in system.scored:
            for name in one.values:
                found.setdefault(name, set()).add(one.gold.id)
    return {name: len(ids) for name, ids in found.items()}


def untrained(evaluation: Evaluation) -> frozenset[str]:
    """Return the topics, or other group values, that no training row was about (data["untrained"])."""
    named = evaluation.data.get("untrained") or ()
    if isinstance(named, Mapping):   # {"topic": ["계약법"]}
        return frozenset(str(value) for values in named.values() for value in values)
    return frozenset([named] if isinstance(named, str) else map(str, named))


def groups_of(scored: Scored, topics: frozenset[str]) -> dict[str, str]:
    """Return what a question is counted under; where untrained topics are named, also whether it is of one."""
    found = dict(scored.gold.groups)
    if topics:
        found["trained"] = "no" if topics & set(found.values()) else "yes"
    return found


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: records as objects, sets sorted, no NaN or infinity."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=str)
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return round(value, 10) if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _record(found: Interval, metric: Metric) -> dict[str, Any]:
    """Return an interval as the report holds it; what is not known is null."""
    numbers = plain(found) if found.n else {"value": None, "low": None, "high": None, "n": 0}
    return {**numbers, "rate": metric.rate, "better": metric.better, "unit": metric.unit}


def _system(system: SystemResult, metrics: Sequence[Metric], main: Sequence[Metric], topics: frozenset[str]) -> dict[str, Any]:
    counted = Counter(kind for one in system.scored for kind, _ in one.invented)
    by_question = {metric.name: summary.values(system, metric.name) for metric in metrics}
    return {
        "name": system.name, "settings": {str(key): str(value) for key, value in system.settings.items()},
        "questions": len(system.scored), "errors": sum(bool(one.reply.error) for one in system.scored),
        "metrics": {metric.name: _record(summary.interval(list(by_question[metric.name].values()), metric), metric)
                    for metric in metrics},
        "values": plain(by_question), "groups": _groups(system, metrics, main, topics),
        "inventions": dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))),
        "speed": plain(system.speed),
    }


def _groups(system: SystemResult, metrics: Sequence[Metric], main: Sequence[Metric], topics: frozenset[str]
            ) -> dict[str, Any]:
    """Return the main metrics by every group of the questions; by level, how answers are worded as well."""
    rows = [(groups_of(one, topics), one) for one in system.scored]
    found: dict[str, Any] = {}
    for name in dict.fromkeys(key for groups, _ in rows for key in groups):
        told = [metric for metric in metrics if metric in main or (name == "level" and section_of(metric) == "wording")]
        members: dict[str, list[Scored]] = {}
        for groups, one in rows:
            if name in groups:
                members.setdefault(groups[name], []).append(one)
        found[name] = {value: {metric.name: _record(summary.interval(
            [one.values[metric.name] for one in members[value] if metric.name in one.values], metric), metric)
            for metric in told} for value in sorted(members, key=lambda value: (_ORDER.get(value, 0), value))}
    return found


def _differences(evaluation: Evaluation, metrics: Sequence[Metric], main: Sequence[Metric], language: summary.Language
                 ) -> list[dict[str, Any]]:
    """Return every system's differences from the baseline: the main metrics, corrected as one family, then the rest."""
    rest = [metric for metric in metrics if metric not in main and metric.better]
    return [*_family(evaluation, main, language, True), *_family(evaluation, rest, language, False)]


def _family(evaluation: Evaluation, metrics: Sequence[Metric], language: summary.Language, main: bool
            ) -> list[dict[str, Any]]:
    base = summary.baseline(evaluation)
    if base is None:
        return []
    pairs = [(metric, system) for metric in metrics for system in evaluation.systems if system is not base]
    found = with_holm([summary.difference(base, system, metric) for metric, system in pairs])
    return [{"system": system.name, "baseline": base.name, "metric": metric.name, "value": plain(one.value),
             "low": plain(one.low), "high": plain(one.high), "p": plain(one.p), "p_holm": plain(one.p_holm),
             "words": in_words(one, language, metric.unit), "significant": one.significant, "main": main, "n": one.n,
             "gained": one.gained, "lost": one.lost}
            for (metric, system), one in zip(pairs, found, strict=True) if one.n]
