"""report.md: the verdict and the tables, for a repository or a terminal. What names and settings hold is never markup."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report.metric_words import SECTIONS, describe, main_metrics, section_of
from rag.evaluation.report.page import facts, groups, inventions, panel, speed
from rag.evaluation.report.words import Words

_MARKUP = re.compile(r"([\\|`*_\[\]<>#$]|~(?=~))")


def markdown(content: Mapping[str, Any], metrics: Sequence[Metric], words: Words, topics: frozenset[str], sweep: str = ""
             ) -> str:
    """Return the report as Markdown; answers are in report.html alone."""
    main = main_metrics(metrics, content["asked"])
    said = [f"- **{escaped(one['about'])}** {escaped(one['says'])}" for one in content["verdict"]]
    parts = [f"# {escaped(content['title'])}", "\n".join(said),
             f"## {words('summary')}", _panels(content, main, words), words("summary_note"),
             *([f"## {words('differences')}", _differences(content, metrics, words), words("differences_note")]
               if content["differences"] else []),
             f"## {words('hallucination')}", _inventions(content, words)]
    for section in SECTIONS:
        told = [metric for metric in metrics if section_of(metric) == section and metric not in main]
        if told:
            parts += [f"## {words(section)}", _panels(content, told, words)]
    parts += [f"## {words('groups')}", *_groups(content, metrics, words, topics), f"## {words('speed')}", _speed(content, words)]
    if sweep:
        parts += [f"## {words('sweep')}", sweep]
    for key in ("verifier", "human", "judge", "data"):
        if content[key]:
            parts += [f"## {words(key)}", _facts(content[key], words)]
    parts += [f"## {words('settings')}", *(f"### {escaped(one['name'])}\n\n" + _facts(one["settings"], words)
                                           for one in content["systems"] if one["settings"])]
    if content["notes"]:
        parts += [f"## {words('notes')}", "\n".join(f"- {escaped(note)}" for note in content["notes"])]
    parts += [f"## {words('definitions')}", "\n".join(
        f"- {escaped(name)} ({escaped(metric.name)}): {escaped(says)}"
        for metric in metrics for name, says in (describe(metric, words),))]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; every cell is one line of plain text."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(text if text == "---" else escaped(text) for text in line) + " |" for line in lines)


def escaped(text: str) -> str:
    """Return a text as one line whose signs Markdown and HTML read as signs."""
    text = _MARKUP.sub(r"\\\1", " ".join(text.split()).replace("&", "&amp;"))
    return text.replace("\\<", "&lt;").replace("\\>", "&gt;")


def _panels(content: Mapping[str, Any], metrics: Sequence[Metric], words: Words) -> str:
    found = [panel(content, metric, words) for metric in metrics]
    rows = [[_name(one["name"], content, words), *(f"{each['rows'][at]['value']} ({each['rows'][at]['interval']}; "
                                                   f"n={each['rows'][at]['n']})" for each in found)]
            for at, one in enumerate(content["systems"])]
    return table([words("system"), *(f"{each['label']} ({each['better']})" for each in found)], rows)


def _differences(content: Mapping[str, Any], metrics: Sequence[Metric], words: Words) -> str:
    named = {metric.name: metric for metric in metrics}
    return table([words("system"), words("metric"), words("p_holm"), words("in_words")],
                 [[one["system"], describe(named[one["metric"]], words)[0], words.p(one["p_holm"]), one["words"]]
                  for one in content["differences"] if one["main"]])


def _inventions(content: Mapping[str, Any], words: Words) -> str:
    found = inventions(content, words)
    return table([words("system"), *found["kinds"], words("total")],
                 [[row["system"], *map(str, row["counts"]), str(row["total"])] for row in found["rows"]])


def _groups(content: Mapping[str, Any], metrics: Sequence[Metric], words: Words, topics: frozenset[str]) -> list[str]:
    parts = []
    for group in groups(content, metrics, words, topics):
        parts.append(f"### {escaped(group['label'])}")
        for one in group["tables"]:
            rows = [[row["value"] + (f" ({words('untrained')})" if row["apart"] else ""),
                     *("" if cell is None else f"{cell['value']} ({cell['interval']}; n={cell['n']})" for cell in row["cells"])]
                    for row in one["rows"]]
            parts.append(table([one["label"], *group["systems"]], rows))
    return parts


def _speed(content: Mapping[str, Any], words: Words) -> str:
    told = speed(content, words)
    return table([words("system"), *told["head"]], [[name, *texts] for name, texts in told["rows"]])


def _facts(value: Any, words: Words) -> str:
    return "\n".join(f"- {escaped(row['name'])}: " + (f"{row['value']} ({row['interval']}; n={row['n']})" if row["bar"]
                                                      else escaped(row["text"])) for row in facts(value, words))


def _name(name: str, content: Mapping[str, Any], words: Words) -> str:
    return f"{name} ({words('baseline')})" if name == content["baseline"] else name
