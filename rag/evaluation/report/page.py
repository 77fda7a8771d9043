"""report.html: one file with its own type, drawings and pictures; no script, no request, nothing of a document is markup."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.errors import MissingExtra
from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report.content import untrained
from rag.evaluation.report.metric_words import SECTIONS, describe, main_metrics, section_of
from rag.evaluation.report.reading import answers_view, worst_view
from rag.evaluation.report.verdict import best
from rag.evaluation.report.words import Words
from rag.evaluation.results import Evaluation

_INTERVAL = ("value", "mean", "low", "high", "n", "of", "hits")
_TEMPLATES = Path(__file__).with_name("templates")


def page(evaluation: Evaluation, content: Mapping[str, Any], metrics: Sequence[Metric], words: Words,
         pictures: Mapping[str, bytes], sweep: Mapping[str, Any] | None = None) -> str:
    """Return the HTML. pictures are PNG bytes by their name in the words' table ("picture_" + name)."""
    main = main_metrics(metrics, content["asked"])
    view = {
        "title": evaluation.title, "domain": evaluation.domain, "baseline": evaluation.baseline,
        "verdict": content["verdict"],
        "systems": content["systems"], "main": [panel(content, one, words) for one in main],
        "forests": [forest(content, one, words) for one in main if _compared(content, one, True)],
        "other_forests": [forest(content, one, words) for one in metrics if _compared(content, one, False)],
        "sections": {section: [panel(content, one, words) for one in metrics if section_of(one) == section]
                     for section in SECTIONS},
        "inventions": inventions(content, words), "groups": groups(content, metrics, words, untrained(evaluation)),
        "speed": speed(content, words), "worst": worst_view(evaluation, words), "answers": answers_view(evaluation, words),
        "verifier": facts(content["verifier"], words), "human": facts(content["human"], words),
        "judge": facts(content["judge"], words), "notes": _new_notes(content),
        "data": facts(content["data"], words),
        "definitions": [(one.name, *describe(one, words), words(one.better or "neither")) for one in metrics],
        "pictures": _pictures(pictures, words), "sweep": sweep,
    }
    return render("report.html.jinja", words, view)


def render(template: str, words: Words, view: Mapping[str, Any]) -> str:
    """Return a template of this package filled in, everything escaped, with the style sheet and the hash that allows it.

    Raises:
        MissingExtra: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup
    except ImportError as error:
        raise MissingExtra("the report of an evaluation", "eval", "jinja2") from error
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.globals["w"] = words
    return environment.get_template(template).render(**view, style=Markup(style), style_hash=digest)


def panel(content: Mapping[str, Any], metric: Metric, words: Words) -> dict[str, Any]:
    """Return one metric over all systems: every value with its interval in words and as places on a bar, in per cent."""
    records = {one["name"]: one["metrics"][metric.name] for one in content["systems"]}
    top, leaders = _top(records.values()), best(content, metric.name)
    name, says = describe(metric, words)
    return {"name": metric.name, "label": name, "says": says, "better": words(metric.better or "neither"),
            "rows": [{"system": system, "best": system in leaders, **cell(record, top, words)}
                     for system, record in records.items()]}


def cell(record: Mapping[str, Any], top: float, words: Words) -> dict[str, Any]:
    """Return an interval as a reader sees it: texts, and places on a bar that ends at top."""
    shape = {"rate": record.get("rate", False), "unit": record.get("unit", "")}
    return {"value": words.number(record["value"], **shape), "n": record["n"],
            "interval": words.interval(record["low"], record["high"], **shape),
            "bar": None if record["value"] is None else
            {key: None if record[key] is None else _place(record[key] / top) for key in ("value", "low", "high")}}


def forest(content: Mapping[str, Any], metric: Metric, words: Words) -> dict[str, Any]:
    """Return one metric's differences from the baseline, drawn about a middle line at 50%."""
    found = [one for one in content["differences"] if one["metric"] == metric.name]
    widest = max((abs(one[key]) for one in found for key in ("value", "low", "high") if one[key] is not None), default=0.0)
    shape: dict[str, Any] = {"rate": metric.rate, "unit": metric.unit}

    def at(value: float | None) -> float | None:
        return None if value is None else _place(0.5 + 0.48 * value / (widest or 1.0))

    side = {"higher": "better_right", "lower": "better_left", "": "better_none"}[metric.better]
    return {"label": describe(metric, words)[0], "side": words(side), "rows": [
        {"system": one["system"], "value": words.change(one["value"], **shape), "real": one["significant"],
         "interval": _between(one, words, shape), "p": words.p(one["p_holm"]), "words": words(_judged(one, metric)),
         "n": one["n"], "gained": one["gained"], "lost": one["lost"],
         "at": {key: at(one[key]) for key in ("value", "low", "high")}} for one in found]}


def inventions(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return the counts by kind, and every system's stacked bar: (kind number, left, width) in per cent."""
    totals: dict[str, int] = {}
    for one in content["systems"]:
        for kind, count in one["inventions"].items():
            totals[kind] = totals.get(kind, 0) + count
    kinds = sorted(totals, key=lambda kind: (-totals[kind], kind))
    most = max((sum(one["inventions"].values()) for one in content["systems"]), default=0) or 1
    rows = []
    for one in content["systems"]:
        counts, segments, left = [one["inventions"].get(kind, 0) for kind in kinds], [], 0.0
        for number, count in enumerate(counts):
            segments += [(number % 8, _place(left / most), _place(count / most))] if count else []
            left += count
        rows.append({"system": one["name"], "counts": counts, "total": sum(counts), "segments": segments})
    return {"kinds": [words.kind(kind) for kind in kinds], "rows": rows}


def groups(content: Mapping[str, Any], metrics: Sequence[Metric], words: Words, topics: frozenset[str]
           ) -> list[dict[str, Any]]:
    """Return a table for every group and metric: rows are the group's values, columns the systems."""
    names = dict.fromkeys(name for one in content["systems"] for name in one["groups"])
    found = []
    for name in names:
        systems = [one for one in content["systems"] if one["groups"].get(name)]
        held: dict[str, None] = dict.fromkeys(value for one in systems for value in one["groups"][name])
        tables = []
        for metric in metrics:
            records = {(value, one["name"]): one["groups"][name].get(value, {}).get(metric.name)
                       for value in held for one in systems}
            known = [record for record in records.values() if record is not None and record["n"]]
            if known:
                top = _top(known)
                tables.append({"label": describe(metric, words)[0], "better": words(metric.better or "neither"), "rows": [
                    {"value": words(f"trained={value}") if name == "trained" else value, "apart": value in topics,
                     "cells": [None if (record := records[value, one["name"]]) is None else cell(record, top, words)
                               for one in systems]} for value in held]})
        found.append({"name": name, "label": words(name), "tables": tables, "systems": [one["name"] for one in systems]})
    return sorted(found, key=lambda one: one["name"] != "trained")


def speed(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return the speed table: a head and a row of texts for every system."""
    def texts(told: Mapping[str, Any]) -> list[str]:
        times = [words.number(told[key].get(part), rate=False, unit="s") for key in ("first_token_s", "latency_s")
                 for part in ("p50", "p95")]
        memory = f"{told['peak_bytes'] / 2**30:.2f} GiB" if told["peak_bytes"] else words.plain(None)
        return [words.plain(told["asked"]), *times, *(words.plain(round(told[key], 2) or None)
                                                      for key in ("tokens_per_s", "answers_per_minute")), memory]

    head = [words("asked"), *(f"{words(key)} {part}" for key in ("first_token_s", "latency_s") for part in ("p50", "p95")),
            *(words(key) for key in ("tokens_per_s", "answers_per_minute", "peak_bytes"))]
    return {"head": head, "rows": [(one["name"], texts(one["speed"])) for one in content["systems"]]}


def facts(value: Any, words: Words, path: str = "") -> list[dict[str, Any]]:
    """Return nested data as rows of a name and a text; what looks like an interval is one row, drawn.

    Values by question are left to report.json.
    """
    if isinstance(value, Mapping):
        own = [_fact(value, words, path)] if {"low", "high"} <= value.keys() and value.keys() & {"value", "mean"} else []
        rest = {key: part for key, part in value.items() if key not in (*(_INTERVAL if own else ()), "values")}
        return [*own, *(row for key, part in rest.items()
                        for row in facts(part, words, f"{path} · {words.fact(key)}" if path else words.fact(key)))]
    if isinstance(value, list) and any(isinstance(part, Mapping | list) for part in value):
        return [row for at, part in enumerate(value, 1) for row in facts(part, words, f"{path} {at}".strip())]
    text = ", ".join(map(words.plain, value)) if isinstance(value, list) else words.plain(value)
    return [{"name": path, "text": text, "bar": None, "value": "", "interval": "", "n": 0}]


def _fact(value: Mapping[str, Any], words: Words, path: str) -> dict[str, Any]:
    """Return one row of an interval: a share where it is called value and lies in 0 to 1, else a mean score out of 5."""
    middle = value.get("value", value.get("mean"))
    numbers = {"value": middle, "low": value["low"], "high": value["high"], "n": value.get("n", value.get("of", 0))}
    share = "value" in value and all(one is None or 0 <= one <= 1 for one in (middle, value["low"], value["high"]))
    return {"name": path, "text": "", **cell({**numbers, "rate": share, "unit": ""}, 1.0 if share else 5.0, words)}


def _judged(one: Mapping[str, Any], metric: Metric) -> str:
    """Return the key of the short word for a difference."""
    if not one["significant"]:
        return "short_none"
    gain = {"higher": one["value"] > 0, "lower": one["value"] < 0}.get(metric.better)
    return "short_other" if gain is None else "short_better" if gain else "short_worse"


def _new_notes(content: Mapping[str, Any]) -> list[str]:
    """Return the notes that the verdict does not say already."""
    said = [one["says"] for one in content["verdict"]]
    return [note for note in content["notes"] if not any(note in one for one in said)]


def _compared(content: Mapping[str, Any], metric: Metric, main: bool) -> bool:
    return any(one["metric"] == metric.name and one["main"] is main for one in content["differences"])


def _between(one: Mapping[str, Any], words: Words, shape: Mapping[str, Any]) -> str:
    if one["low"] is None or one["high"] is None:
        return words.plain(None)
    return f"{words.change(one['low'], **shape)} ~ {words.change(one['high'], **shape)}"


def _top(records: Any) -> float:
    """Return where a metric's bars end: 1 for shares, else the largest number there is."""
    known = [record for record in records if record["value"] is not None]
    if all(record["rate"] for record in known):
        return 1.0
    largest = max((record[key] for record in known for key in ("value", "high") if record[key] is not None), default=1.0)
    return 1.0 if largest <= 1.0 and not any(record["unit"] for record in known) else max(largest, 1e-9)


def _place(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 2)


def _pictures(pictures: Mapping[str, bytes], words: Words) -> list[tuple[str, str]]:
    return [(words(f"picture_{name}"), base64.b64encode(data).decode()) for name, data in pictures.items()]
