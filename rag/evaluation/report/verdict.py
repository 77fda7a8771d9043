"""The verdict in words: who is best on what, what is a real difference and what could not be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report import summary
from rag.evaluation.report.content import groups_of, untrained
from rag.evaluation.report.metric_words import describe, main_metrics
from rag.evaluation.report.words import Words
from rag.evaluation.results import Evaluation, SystemResult
from rag.evaluation.statistics import minimum_told


def verdict(evaluation: Evaluation, content: Mapping[str, Any], metrics: Sequence[Metric], words: Words) -> list[str]:
    """Return the sentences at the top of the report, the sample first."""
    questions = {one.gold.id: one for system in evaluation.systems for one in system.scored}
    answerable = sum(one.gold.answerable for one in questions.values())
    said = [words("sample", n=len(questions), yes=answerable, no=len(questions) - answerable,
                  systems=len(evaluation.systems))]
    if questions:
        said[0] += " " + minimum_told(len(questions), words.language)
    for metric in main_metrics(metrics):
        if metric.better:
            said += _of_metric(evaluation, content, metric, words)
    for one in content["systems"]:
        if not one["questions"]:
            said.append(words("empty_system", system=one["name"]))
        elif one["errors"]:
            said.append(words("errors", system=one["name"], n=one["errors"]))
    topics = untrained(evaluation)
    apart = sum(groups_of(one, topics).get("trained") == "no" for one in questions.values())
    if apart:
        said.append(words("untrained_note", n=apart, topics=", ".join(sorted(topics))))
    return said


def best(content: Mapping[str, Any], metric: str) -> list[str]:
    """Return the names of the systems with the best value of a metric; empty where none has one or neither is better."""
    found = {one["name"]: one["metrics"][metric] for one in content["systems"] if one["metrics"][metric]["n"]}
    better = next((record["better"] for record in found.values()), "")
    if not better:
        return []
    pick = max if better == "higher" else min
    top = pick(record["value"] for record in found.values())
    return [name for name, record in found.items() if record["value"] == top]


def _of_metric(evaluation: Evaluation, content: Mapping[str, Any], metric: Metric, words: Words) -> list[str]:
    """Return one sentence about a metric: its best system, the lead over the next, and who really differs from the base."""
    records = {one["name"]: one["metrics"][metric.name] for one in content["systems"] if one["metrics"][metric.name]["n"]}
    top, shape = best(content, metric.name), {"rate": metric.rate, "unit": metric.unit}
    if not top:
        return []
    record = records[top[0]]
    value = words.number(record["value"], **shape)
    said = [words("best_are" if len(top) > 1 else "best_is", metric=describe(metric, words)[0], value=value,
                  systems=", ".join(top), interval=words.interval(record["low"], record["high"], **shape))]
    others = [name for name in records if name not in top]
    if len(top) == 1 and others:
        pick = max if metric.better == "higher" else min
        second = pick(others, key=lambda name: records[name]["value"])
        lead = summary.difference(_named(evaluation, second), _named(evaluation, top[0]), metric)
        said.append(words("runner_real" if lead.significant else "runner_not", other=second, p=words.p(lead.p)))
    compared = [one for one in content["differences"] if one["metric"] == metric.name]
    for key, wanted in (("real", True), ("not_real", False)):
        names = [f"{one['system']} ({words.change(one['value'], **shape)})" for one in compared if one["significant"] is wanted]
        if names:
            said.append(words(key, baseline=evaluation.baseline, list=", ".join(names)))
    return [" ".join(said)]


def _named(evaluation: Evaluation, name: str) -> SystemResult:
    return next(one for one in evaluation.systems if one.name == name)
