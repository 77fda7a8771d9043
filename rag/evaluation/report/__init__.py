"""The report of an evaluation: one page that opens from disk, the same as Markdown, and every number of it as JSON.

    content.py   the numbers: report.json             metric_words.py  names and definitions of metrics
    verdict.py   what they say, in words              words.py         all other words, and how numbers are printed
    worst.py     which answers are shown              sweep.py         a decoding sweep's own table and page
    page.py, reading.py, templates/  report.html      plots.py         pictures as PNG
    markdown.py  report.md                            summary.py       where intervals and differences come from
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mundap.provenance import write_text
from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report.content import content, untrained, used
from rag.evaluation.report.files import write_bytes
from rag.evaluation.report.markdown import markdown
from rag.evaluation.report.page import page
from rag.evaluation.report.plots import pictures
from rag.evaluation.report.sweep import SweepRow, sweep_markdown, sweep_view, write_sweep
from rag.evaluation.report.verdict import verdict
from rag.evaluation.report.words import Words
from rag.evaluation.results import Evaluation

__all__ = ["SweepRow", "write", "write_sweep"]


def write(evaluation: Evaluation, folder: Path, metrics: Sequence[Metric], language: str = "ko",
          sweep: Sequence[SweepRow] = ()) -> Path:
    """Write report.json, report.md, the pictures and last report.html; return report.html.

    The same evaluation gives the same bytes. Metrics that apply to no question of the run are left out. language is "ko"
    or "en"; questions, answers and names stay as they are.

    Raises:
        MissingExtra: jinja2, matplotlib, scipy or statsmodels is not installed.
    """
    words, told = Words(language), used(evaluation, metrics)
    held = content(evaluation, told, words.language)
    held["verdict"] = verdict(evaluation, held, told, words)
    drawn = pictures(held, told, words)
    write_text(folder / "report.json", json.dumps(held, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    write_text(folder / "report.md", markdown(held, told, words, untrained(evaluation),
                                              sweep_markdown(sweep, words) if sweep else ""))
    for name, data in drawn.items():
        write_bytes(folder / f"{name}.png", data)
    report = folder / "report.html"
    write_text(report, page(evaluation, held, told, words, drawn, sweep_view(sweep, words) if sweep else None))
    return report
