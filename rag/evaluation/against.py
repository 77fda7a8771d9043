"""`mundap eval --against reports/old/report.json`: has a named metric fallen by more than its interval? For CI.

    outcome = compare(json of the old report, json of the new, ["right_figure", "declines_rightly"])
    outcome.lines -> what to print;  outcome.falls -> exit 1 where there is one

For every system that both reports have, by its name, and every metric, on the questions that both have a value for: a
fall is a difference on the worse side whose interval excludes 0. Where the two reports share no question, it is a new
value outside the old interval, on the worse side. One comparison calls a fall that is none about once in forty; of many,
some will: name the few metrics that matter.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import DataError, closest
from rag.evaluation.statistics import SEED, Difference, compare_means, compare_rates

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """One metric of one system that is worse than it was: its values on the shared questions.

    Where no question was shared, difference is None and the values are of all questions.
    """

    system: str
    metric: str
    old: float
    new: float
    difference: Difference | None
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a comparison: the falls, every line to print, and how many metrics of systems were compared."""

    falls: tuple[Fall, ...]
    lines: tuple[str, ...]
    compared: int


def read_report(path: Path) -> dict[str, Any]:
    """Return a report.json, or the one in a folder.

    Raises:
        DataError: it is not there, no JSON, or no report of mundap eval.
    """
    path = path / "report.json" if path.is_dir() else path
    try:
        report = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}.", where=str(path),
                        fix="Name the report.json of an earlier evaluation: --against reports/<name>/report.json") from error
    except (ValueError, RecursionError) as error:
        raise DataError("is no JSON.", where=str(path), fix="Name the report.json that mundap eval wrote.") from error
    try:
        _systems(report)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError("is no report of mundap eval: it holds no systems with metrics and values.", where=str(path),
                        fix="Name the report.json that mundap eval wrote; one of an older version must be made again.") from error
    return dict(report)


def compare(old: Report, new: Report, metrics: Sequence[str] | None = None, *, seed: int = SEED) -> Outcome:
    """Return which metrics fell from the old report to the new.

    metrics None: every metric of the new report that has a better direction; one that the old has not is told. What is
    named must be there.

    Raises:
        DataError: no system is in both, a named metric is in neither or only one of the two or has no better direction,
            or nothing at all could be compared: a lock that looks at nothing must not pass.
    """
    before, after = _systems(old), _systems(new)
    shared = [name for name in after if name in before]
    if not shared:
        raise DataError(f"no system is in both reports; old: {', '.join(before)}; new: {', '.join(after)}.",
                        where="--against", fix="Name the systems of eval.yaml as they were named in the old report.")
    lines = _told(old, new, before, after)
    falls, compared = [], 0
    for system in shared:
        for metric in _metrics(metrics, system, before[system], after[system], lines):
            difference, was, now, line = _one(metric, before[system], after[system], seed)
            line = f"{system}, {metric}: {line}"
            worse = _fell(metric, before[system], after[system], difference)
            compared += worse is not None
            lines.append({True: "FELL  ", False: "ok    ", None: "?     "}[worse] + line)
            if worse:
                falls.append(Fall(system=system, metric=metric, old=was, new=now, difference=difference, line=line))
    if not compared:
        raise DataError("nothing could be compared.\n" + "\n".join(lines), where="--against",
                        fix="Ask more questions, or name metrics under guard: that both reports have values of.")
    lines.append(f"{len(falls)} of {compared} compared metrics fell.")
    return Outcome(falls=tuple(falls), lines=tuple(lines), compared=compared)


def _systems(report: Report) -> dict[str, Report]:
    """Return a report's systems by name, each looked at far enough that what follows cannot miss a key."""
    found = {}
    for system in report["systems"]:
        for told in system["metrics"].values():
            told["value"], told["low"], told["high"], told.get("rate"), told.get("better")
        for values in system["values"].values():
            values.items()
        found[str(system["name"])] = system
    return found


def _told(old: Report, new: Report, before: Mapping[str, Report], after: Mapping[str, Report]) -> list[str]:
    """Return what a reader must know before the figures: other questions, systems that are gone or new."""
    lines = []
    hashes = [[(report.get("data") or {}).get(key) for key in ("questions_sha256", "asked_sha256")] for report in (old, new)]
    if hashes[0] != hashes[1]:
        lines.append("note  the question sets are not the same; only the questions that both have are compared.")
    lines += [f"note  {name} is not in the new report." for name in before if name not in after]
    lines += [f"note  {name} is not in the old report." for name in after if name not in before]
    return lines


def _metrics(named: Sequence[str] | None, system: str, before: Report, after: Report, lines: list[str]) -> list[str]:
    """Return the metrics to compare for one system; see compare()."""
    if named is None:
        wanted = [name for name, told in after["metrics"].items() if told.get("better")]
        lines += [f"note  {system}, {name}: is not in the old report." for name in wanted if name not in before["metrics"]]
        lines += [f"note  {system}, {name}: is not in the new report." for name, told in before["metrics"].items()
                  if told.get("better") and name not in after["metrics"]]
        return [name for name in wanted if name in before["metrics"] and _alike(name, system, before, after)]
    for name in named:
        for which, report in (("old", before), ("new", after)):
            if name not in report["metrics"]:
                raise DataError(f"the {which} report has no metric {name!r} for {system}.", where="guard",
                                fix=f"{closest(name, report['metrics'])}It has: {', '.join(report['metrics'])}.")
        if not after["metrics"][name].get("better"):
            raise DataError(f"{name} has no better direction, so it cannot fall.", where="guard", fix="Take it out of guard.")
        _alike(name, system, before, after)
    return list(dict.fromkeys(named))


def _alike(name: str, system: str, before: Report, after: Report) -> bool:
    """Return True where a metric means the same in both reports.

    Raises:
        DataError: it is a rate in one and none in the other, or its better direction changed.
    """
    one, other = before["metrics"][name], after["metrics"][name]
    if (bool(one.get("rate")), one.get("better")) != (bool(other.get("rate")), other.get("better")):
        raise DataError(f"{name} of {system} is another metric in the new report: a rate or its better direction changed.",
                        where="--against", fix="Make the old report again with this version.")
    return True


def _one(metric: str, before: Report, after: Report, seed: int) -> tuple[Difference | None, float, float, str]:
    """Return the paired difference (None where no question is shared), the old value, the new, and what to say."""
    first, second = (_values(report, metric) for report in (before, after))
    shared = sorted(first.keys() & second.keys())
    if not shared:
        was, now = (_value(report, metric) for report in (before, after))
        low, high = (_number(before["metrics"][metric][end]) for end in ("low", "high"))
        return None, was, now, f"{was:.4g} ({low:.4g} to {high:.4g}) -> {now:.4g}; no question is in both reports"
    pairs = [first[name] for name in shared], [second[name] for name in shared]
    if after["metrics"][metric].get("rate"):
        if not {*pairs[0], *pairs[1]} <= {0.0, 1.0}:
            raise DataError(f"{metric} is a rate but has values other than 0 and 1.", where="--against",
                            fix="The report was changed or is broken; make it again.")
        difference = compare_rates([value == 1 for value in pairs[0]], [value == 1 for value in pairs[1]])
    else:
        difference = compare_means(*pairs, seed=seed)
    left_out = f"; only {len(shared)} of {len(first)} old and {len(second)} new values are of shared questions" * (
        len(shared) < max(len(first), len(second)))
    was, now = (sum(values) / len(values) for values in pairs)
    return difference, was, now, f"{was:.4g} -> {now:.4g}; {_change(difference)}{left_out}"


def _change(difference: Difference) -> str:
    """Return a change with the interval it is judged by."""
    if math.isnan(difference.low):
        return f"changed by {difference.value:+.4g}; too few questions for an interval"
    return f"changed by {difference.value:+.4g} (95% {difference.low:+.4g} to {difference.high:+.4g}, {difference.n} questions)"


def _fell(metric: str, before: Report, after: Report, difference: Difference | None) -> bool | None:
    """Return whether a metric fell; None where that cannot be told."""
    sign = 1 if after["metrics"][metric]["better"] == "higher" else -1
    if difference is not None:
        if math.isnan(difference.low):
            return None
        return difference.excludes_zero and sign * difference.value < 0
    now, told = _value(after, metric), before["metrics"][metric]
    edge = _number(told["low" if sign > 0 else "high"])
    return None if math.isnan(now) or math.isnan(edge) else sign * now < sign * edge


def _values(report: Report, metric: str) -> dict[str, float]:
    """Return a metric's values by question, those that are no numbers left out."""
    values = {name: _number(value) for name, value in report["values"].get(metric, {}).items()}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def _value(report: Report, metric: str) -> float:
    return _number(report["metrics"][metric]["value"])


def _number(value: Any) -> float:
    """Return a JSON number or boolean as a float, NaN for what is none (null stands for not known)."""
    return float(value) if isinstance(value, int | float) else math.nan
