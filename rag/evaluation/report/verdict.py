"""The verdict in words: who is best on what, what is a real difference and what could not be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report import summary
from rag.evaluation.report.content import groups_of, untrained
from rag.evaluation.report.metric_words import ENOUGH, describe, main_metrics, too_few
from rag.evaluation.report.words import Words
from rag.evaluation.results import Evaluation, SystemResult
from rag.evaluation.sample_size import minimum_told


def verdict(evaluation: Evaluation, content: Mapping[str, Any], metrics: Sequence[Metric], words: Words
            ) -> list[dict[str, str]]:
    """Return what stands at the top of the report: what each line is about, and what it says; the sample first."""
    main = [metric for metric in main_metrics(metrics, content["asked"]) if metric.better]
    lines = [(words("about_sample"), _sample(evaluation, words)), (words("about_best"), _best(content, main, words)),
             (words("about_lead"), _lead(evaluation, content, main, words)),
             *((words("about_system", system=one["name"], baseline=evaluation.baseline),
                _against(one["name"], content, main, words))
               for one in content["systems"])]
    few = too_few(metrics, content["asked"])
    if few:
        lines.append((words("about_few"), words("few", least=ENOUGH, list=", ".join(
            f"{describe(metric, words)[0]} (n={content['asked'][metric.name]})" for metric in few))))
    for one in content["systems"]:
        if not one["questions"]:
            lines.append((one["name"], words("empty_system")))
        elif one["errors"]:
            lines.append((one["name"], words("errors", n=one["errors"])))
    topics = untrained(evaluation)
    apart = {each.gold.id for system in evaluation.systems for each in system.scored
             if groups_of(each, topics).get("trained") == "no"}
    if apart:
        lines.append((words("about_untrained"), words("untrained_note", n=len(apart), topics=", ".join(sorted(topics)))))
    return [{"about": about, "says": says} for about, says in lines if says]


def best(content: Mapping[str, Any], metric: str) -> list[str]:
    """Return the names of the systems with the best value of a metric; empty where none has one or neither is better."""
    found = _records(content, metric)
    better = next((record["better"] for record in found.values()), "")
    if not better:
        return []
    pick = max if better == "higher" else min
    top = pick(record["value"] for record in found.values())
    return [name for name, record in found.items() if record["value"] == top]


def _sample(evaluation: Evaluation, words: Words) -> str:
    questions = {one.gold.id: one.gold for system in evaluation.systems for one in system.scored}
    answerable = sum(gold.answerable for gold in questions.values())
    said = words("sample", n=len(questions), yes=answerable, no=len(questions) - answerable, systems=len(evaluation.systems))
    return f"{said} {minimum_told(len(questions), words.language)}" if questions else said


def _best(content: Mapping[str, Any], metrics: Sequence[Metric], words: Words) -> str:
    """Return each system with the metrics it is best at, and their values; those that several share go to all of them."""
    won: dict[str, list[str]] = {}
    for metric in metrics:
        top = best(content, metric.name)
        if top:
            value = _records(content, metric.name)[top[0]]["value"]
            won.setdefault(", ".join(top), []).append(
                f"{describe(metric, words)[0]} {words.number(value, rate=metric.rate, unit=metric.unit)}")
    return " ".join(f"{systems}: {', '.join(told)}." for systems, told in won.items())


def _lead(evaluation: Evaluation, content: Mapping[str, Any], metrics: Sequence[Metric], words: Words) -> str:
    """Return on which metrics the first system is really ahead of the second, and on which that could not be shown."""
    found: dict[tuple[bool, str], list[str]] = {}
    for metric in metrics:
        records, top = _records(content, metric.name), best(content, metric.name)
        others = [name for name in records if name not in top]
        if len(top) != 1 or not others:
            continue
        pick = max if metric.better == "higher" else min
        second = pick(others, key=lambda name: records[name]["value"])
        lead = summary.difference(_named(evaluation, second), _named(evaluation, top[0]), metric)
        found.setdefault((lead.significant, f"{top[0]} – {second}"), []).append(
            f"{describe(metric, words)[0]} (p={words.p(lead.p)})".replace("p=<", "p<"))
    return " ".join(words("lead_real" if real else "lead_not", pair=pair, list=", ".join(told))
                    for (real, pair), told in sorted(found.items(), key=lambda item: not item[0][0])) + (
        " " + words("lead_how") if found else "")


def _against(system: str, content: Mapping[str, Any], metrics: Sequence[Metric], words: Words) -> str:
    """Return what really differs between a system and the baseline after Holm's correction, and what could not be shown."""
    compared = {one["metric"]: one for one in content["differences"] if one["system"] == system and one["main"]}
    found: dict[str, list[str]] = {}
    for metric in metrics:
        one = compared.get(metric.name)
        if one is not None:
            gain = one["value"] > 0 if metric.better == "higher" else one["value"] < 0
            key = "not_real" if not one["significant"] else "real_better" if gain else "real_worse"
            found.setdefault(key, []).append(
                f"{describe(metric, words)[0]} {words.change(one['value'], rate=metric.rate, unit=metric.unit)}")
    return " ".join(words(key, list=", ".join(found[key])) for key in ("real_better", "real_worse", "not_real") if key in found)


def _records(content: Mapping[str, Any], metric: str) -> dict[str, Any]:
    return {one["name"]: one["metrics"][metric] for one in content["systems"] if one["metrics"][metric]["n"]}


def _named(evaluation: Evaluation, name: str) -> SystemResult:
    return next(one for one in evaluation.systems if one.name == name)
