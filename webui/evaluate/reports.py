"""The evaluation reports of a project (reports/*/report.json, as `mundap eval` writes them), read back for the page.

A report is data like any other: its names and sentences may hold anything, so all of it is escaped, and a file that is
no report of ours is an error and not half a page. Answers are in the report.html beside it, which is not served.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mundap.errors import DataError
from webui.highlight import escape

FOLDER = "reports"
MOST_BYTES = 64_000_000   # one value a question, metric and system: thousands of questions take some megabytes
_HIDDEN = '<td class="drawn" aria-hidden="true">'   # what is drawn stands in the cells before it
_FIX = "Run `mundap eval` again; it writes the report anew from the answers it kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """One report: its folder's name below reports/, which is its key, and when it was written."""

    key: str
    path: Path
    written: datetime


def found(project: Path) -> list[ReportFile]:
    """Return a project's reports, the one written last first; what leads out of its folder is not there."""
    folder = (project / FOLDER).resolve()
    files = [path for path in folder.glob("*/report.json") if path.is_file() and path.resolve().is_relative_to(folder)]
    reports = [ReportFile(key=path.parent.name, path=path, written=datetime.fromtimestamp(path.stat().st_mtime).astimezone())
               for path in files]
    return sorted(reports, key=lambda one: (one.written, one.key), reverse=True)


def read(project: Path, key: str) -> Mapping[str, Any]:
    """Return a report by its key.

    Raises:
        DataError: there is none, or it is damaged.
    """
    file = next((one for one in found(project) if one.key == key), None)
    if file is None:
        raise DataError("there is no such report.", where=FOLDER, fix="Choose one that is listed.")
    where = f"{FOLDER}/{key}/report.json"
    try:
        if file.path.stat().st_size > MOST_BYTES:
            raise DataError(f"the report is larger than {MOST_BYTES // 1_000_000} MB.", where=where, fix=_FIX)
        held = json.loads(file.path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"the report cannot be read: {type(error).__name__}.", where=where, fix=_FIX) from error
    if not isinstance(held, dict):
        raise DataError("the file is JSON, but no report.", where=where, fix=_FIX)
    return held


def html(project: Path, key: str, language: str) -> str:
    """Return a report as the page shows it: its verdict, its main metrics with intervals, its differences.

    Raises:
        DataError: there is none, or it is damaged.
    """
    held = read(project, key)
    try:
        return _html(held, language)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"the report is damaged: {type(error).__name__} {error}.", where=f"{FOLDER}/{key}/report.json",
                        fix=_FIX) from error


def _html(held: Mapping[str, Any], language: str) -> str:
    from rag.evaluation.metrics import METRICS
    from rag.evaluation.report.metric_words import main_metrics
    from rag.evaluation.report.page import panel
    from rag.evaluation.report.words import Words

    words = Words(language)
    told = [metric for metric in METRICS if metric.name in held["asked"]]
    panels = [panel(held, metric, words) for metric in main_metrics(told, held["asked"])]
    verdict = "".join(f'<li><b>{escape(one["about"])}</b> {escape(one["says"])}</li>' for one in held["verdict"])
    day = str(held["data"].get("day", ""))
    return (f'<section class="report"><h3>{escape(held["title"])}</h3><p class="note">{escape(day)}</p>'
            f'<h4>{escape(words("verdict"))}</h4><ul class="verdicts">{verdict}</ul>'
            f'<h4>{escape(words("summary"))}</h4><p class="note">{escape(words("summary_note"))}</p>'
            f'<div class="panels">{"".join(_panel(one, words) for one in panels)}</div>'
            f"{_differences(held, words)}</section>")


def _panel(one: Mapping[str, Any], words: Any) -> str:
    """Return a metric over all systems as a table whose last column draws value and interval."""
    rows = "".join(
        f'<tr><th scope="row">{escape(row["system"])}</th><td>{escape(row["value"])}{_best(row, words)}</td>'
        f'<td>{escape(row["interval"])}</td><td>{int(row["n"])}</td>{_HIDDEN}{_drawn(row["bar"])}</td></tr>'
        for row in one["rows"])
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in (words("system"), one["better"], words("interval"), "n"))
    caption = f'<caption>{escape(one["label"])}<small>{escape(one["says"])}</small></caption>'
    return (f'<div class="scroll"><table class="figures">{caption}<thead><tr>{head}{_HIDDEN}</td></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>")


def _best(row: Mapping[str, Any], words: Any) -> str:
    return f' <small class="best">{escape(words("best"))}</small>' if row["best"] else ""


def _drawn(bar: Mapping[str, float | None] | None) -> str:
    if bar is None or bar["value"] is None:
        return ""
    low, high = bar["low"], bar["high"]
    whisker = ("" if low is None or high is None else
               f'<i class="whisker" style="left:{float(low)}%;width:{max(0.0, float(high) - float(low))}%"></i>')
    return f'<span class="track"><i class="fill" style="width:{float(bar["value"])}%"></i>{whisker}</span>'


def _differences(held: Mapping[str, Any], words: Any) -> str:
    from rag.evaluation.metrics import METRICS
    from rag.evaluation.report.metric_words import describe

    named = {metric.name: metric for metric in METRICS}
    rows: Sequence[str] = [
        f'<tr><th scope="row">{escape(one["system"])}</th>'
        f'<td>{escape(describe(named[one["metric"]], words)[0] if one["metric"] in named else one["metric"])}</td>'
        f'<td>{escape(words.p(one["p_holm"]))}</td><td>{escape(one["words"])}</td></tr>'
        for one in held["differences"] if one["main"]]
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(words(key))}</th>' for key in ("system", "metric", "p_holm", "in_words"))
    return (f'<details class="differences"><summary>{escape(words("differences"))}</summary>'
            f'<p class="note">{escape(words("differences_note"))}</p>'
            f'<div class="scroll"><table class="figures words"><thead><tr>{head}</tr></thead>'
            f'<tbody>{"".join(rows)}</tbody></table></div></details>')
