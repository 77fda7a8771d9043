"""--against: planted falls are found, gains and noise are none, and a lock that looks at nothing does not pass."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from rag.evaluation.against import compare, read_report
from rag.evaluation.statistics import mean, rate

N = 60


def report(right: list[float], seconds: list[float], name: str = "v2", first: int = 0, questions: str = "a") -> dict[str, Any]:
    """Return a report of one system: a rate, a mean that is better lower, and a mean that has no better direction."""
    ids = [f"q{first + at}" for at in range(len(right))]
    times, share = mean(seconds), rate(sum(right), len(right))

    def told(interval: Any, is_rate: bool, better: str) -> dict[str, Any]:
        return {"value": interval.value, "low": interval.low, "high": interval.high, "n": interval.n, "rate": is_rate,
                "better": better}

    return {"baseline": name, "data": {"questions": "datasets/eval.json", "questions_sha256": questions}, "systems": [
        {"name": name, "metrics": {"right_figure": told(share, True, "higher"), "latency": told(times, False, "lower"),
                                   "answer_length": told(times, False, "")},
         "values": {"right_figure": dict(zip(ids, right, strict=True)), "latency": dict(zip(ids, seconds, strict=True)),
                    "answer_length": dict(zip(ids, seconds, strict=True))}}]}


@pytest.fixture
def old() -> dict[str, Any]:
    rng = random.Random(2)
    return report([1.0] * 45 + [0.0] * 15, [rng.uniform(1, 9) for _ in range(N)])


def changed(old: dict[str, Any], metric: str, change: Callable[[int, float], float]) -> dict[str, Any]:
    """Return a report in which a metric's values are others; its summary is made again."""
    new = copy.deepcopy(old)
    [system] = new["systems"]
    values = {name: change(at, value) for at, (name, value) in enumerate(system["values"][metric].items())}
    system["values"][metric] = values
    interval = rate(sum(values.values()), N) if system["metrics"][metric]["rate"] else mean(list(values.values()))
    system["metrics"][metric] |= {"value": interval.value, "low": interval.low, "high": interval.high}
    return new


def test_the_same_report_has_not_fallen(old: dict[str, Any]) -> None:
    outcome = compare(old, old)
    assert outcome.falls == ()
    assert outcome.compared == 2, "answer_length has no better direction"
    assert outcome.lines[-1] == "0 of 2 compared metrics fell."
    assert not any(line.startswith("note") for line in outcome.lines)


def test_a_planted_fall_of_a_rate_is_found_and_named(old: dict[str, Any]) -> None:
    [fall] = compare(old, changed(old, "right_figure", lambda at, value: 0.0 if at < 9 else value)).falls
    assert (fall.system, fall.metric, fall.old, fall.new) == ("v2", "right_figure", 0.75, 0.6)
    assert fall.difference is not None
    assert (fall.difference.lost, fall.difference.gained) == (9, 0)
    assert "0.75 -> 0.6" in fall.line
    assert "changed by -0.15 (95% " in fall.line


def test_a_planted_fall_of_a_mean_that_is_better_lower(old: dict[str, Any]) -> None:
    slower = changed(old, "latency", lambda at, value: value + 0.2 + 0.01 * (at % 3))
    outcome = compare(old, slower)
    assert [fall.metric for fall in outcome.falls] == ["latency"]
    assert any(line.startswith("FELL  v2, latency: ") for line in outcome.lines)
    assert compare(slower, old).falls == (), "faster is a gain"


def test_a_gain_is_no_fall(old: dict[str, Any]) -> None:
    assert compare(old, changed(old, "right_figure", lambda at, value: 1.0)).falls == ()


def test_noise_is_no_fall(old: dict[str, Any]) -> None:
    flipped = changed(old, "right_figure", lambda at, value: 1 - value if at in (0, 1, 2, 50, 51) else value)
    shaken = changed(flipped, "latency", lambda at, value: value + (0.3 if at % 2 else -0.29))
    outcome = compare(old, shaken)
    assert outcome.falls == ()
    assert any("changed by -0.01667 (95% " in line for line in outcome.lines)


def test_noise_sets_off_the_lock_rarely(old: dict[str, Any]) -> None:
    """400 seeded reruns that flip each answer with the same chance to either side: one in forty, and three standard errors."""
    rng, base = random.Random(9), report([float(at % 2) for at in range(N)], [1.0 + at for at in range(N)])
    falls = 0
    for _ in range(400):
        new = changed(base, "right_figure", lambda at, value: 1 - value if rng.random() < 0.2 else value)
        falls += bool(compare(base, new, ["right_figure"]).falls)
    assert falls / 400 <= 0.025 + 3 * (0.025 * 0.975 / 400) ** 0.5


def test_only_what_is_named_is_guarded(old: dict[str, Any]) -> None:
    fallen = changed(old, "right_figure", lambda at, value: 0.0)
    assert compare(old, fallen, ["latency"]).falls == ()
    assert compare(old, fallen, ["right_figure", "right_figure"]).compared == 1


def test_other_questions_are_compared_with_the_old_interval(old: dict[str, Any]) -> None:
    times = list(old["systems"][0]["values"]["latency"].values())
    inside = report([1.0] * 40 + [0.0] * 20, times, first=1000, questions="b")
    outside = report([1.0] * 30 + [0.0] * 30, [value + 9 for value in times], first=1000, questions="b")
    outcome = compare(old, inside)
    assert outcome.falls == ()
    assert outcome.lines[0].startswith("note  the question sets are not the same")
    assert {fall.metric for fall in compare(old, outside).falls} == {"right_figure", "latency"}
    assert compare(old, outside).falls[0].difference is None
    assert compare(outside, old).falls == ()


def test_partly_shared_questions_are_paired_on_those(old: dict[str, Any]) -> None:
    times = [1.0 + at for at in range(N)]
    new = report([0.0] * 30 + [1.0] * 30, times, first=30, questions="b")  # shares q30 to q59, of which 15 were right
    [fall] = compare(old, new, ["right_figure"]).falls
    assert fall.difference is not None
    assert (fall.difference.n, fall.difference.lost, fall.difference.gained) == (30, 15, 0)
    assert (fall.old, fall.new) == (0.5, 0.0), "of the shared questions, not of all"
    assert "only 30 of 60 old and 60 new values are of shared questions" in fall.line


def test_missing_things_are_told_or_refused(old: dict[str, Any]) -> None:
    renamed = copy.deepcopy(old)
    renamed["systems"][0]["name"] = "v3"
    with pytest.raises(DataError, match="no system is in both reports; old: v2; new: v3"):
        compare(old, renamed)
    both = {**old, "systems": old["systems"] + renamed["systems"]}
    assert "note  v3 is not in the new report." in compare(both, old).lines
    assert "note  v3 is not in the old report." in compare(old, both).lines
    with pytest.raises(DataError, match=r"old report has no metric 'right_figur' for v2(.|\n)*Did you mean 'right_figure'"):
        compare(old, old, ["right_figur"])
    with pytest.raises(DataError, match="answer_length has no better direction"):
        compare(old, old, ["answer_length"])
    less = copy.deepcopy(old)
    del less["systems"][0]["metrics"]["latency"]
    assert "note  v2, latency: is not in the new report." in compare(old, less).lines
    assert "note  v2, latency: is not in the old report." in compare(less, old).lines
    with pytest.raises(DataError, match="the new report has no metric 'latency'"):
        compare(old, less, ["latency"])


def test_a_metric_that_became_another_is_refused(old: dict[str, Any]) -> None:
    turned = copy.deepcopy(old)
    turned["systems"][0]["metrics"]["latency"]["better"] = "higher"
    with pytest.raises(DataError, match="another metric"):
        compare(old, turned)
    graded = changed(old, "latency", lambda at, value: value)
    graded["systems"][0]["values"]["right_figure"]["q0"] = 0.5
    with pytest.raises(DataError, match="a rate but has values other than 0 and 1"):
        compare(old, graded)


def test_a_lock_that_looks_at_nothing_does_not_pass(old: dict[str, Any]) -> None:
    empty = copy.deepcopy(old)
    [system] = empty["systems"]
    system["values"] = {"latency": dict(list(system["values"]["latency"].items())[:4])}
    system["metrics"]["right_figure"] |= {"value": None, "low": None, "high": None}
    with pytest.raises(DataError, match="nothing could be compared"):
        compare(empty, empty)


def test_a_report_is_read_and_what_is_none_is_refused(tmp_path: Path, old: dict[str, Any]) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(old), encoding="utf-8-sig")
    assert compare(read_report(path), old).falls == ()
    assert read_report(tmp_path) == read_report(path), "its folder will do"
    for text in ("[1, 2]", '{"systems": [{"name": "a"}]}', "{", '{"v1": {"rates": {}}}', "[" * 100_000):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match="is no"):
            read_report(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_report(tmp_path / "none.json")
