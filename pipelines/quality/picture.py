"""The quality report as a picture: rows dropped by reason, each bar divided by kind, and the kinds kept."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from mundap.errors import MissingExtra
from mundap.plot_fonts import korean_font
from pipelines.quality.report import QualityReport


def draw(report: QualityReport, path: Path, title: str = "quality gate") -> Path:
    """Write the picture as PNG by way of a temporary name; return its path.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("drawing the quality report", "train", "matplotlib") from error
    with matplotlib.rc_context({"font.family": [*korean_font(), "sans-serif"], "axes.unicode_minus": False}):
        figure = Figure(figsize=(10, 1.6 + 0.4 * max(len(report.by_reason), len(report.kinds), 4)), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(2, 1))
        _reasons(left, report)
        _kinds(right, report)
        figure.suptitle(f"{title}: {report.rows_in:,} rows in, {report.rows_kept:,} kept")
        temporary = path.with_name(path.name + ".tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():   # without a Korean font its letters are boxes; the Markdown has them all
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
            figure.savefig(temporary, format="png", dpi=120)
    os.replace(temporary, path)
    return path


def _reasons(axes: Any, report: QualityReport) -> None:
    if not report.by_reason:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no row was dropped", ha="center", va="center", transform=axes.transAxes)
        return
    reasons = list(report.by_reason)[::-1]
    left = [0] * len(reasons)
    for kind in report.kinds:
        wide = [report.dropped[reason, kind] for reason in reasons]
        if any(wide):
            axes.barh(reasons, wide, left=left, label=kind or "(no kind)")
            left = [so_far + more for so_far, more in zip(left, wide, strict=True)]
    for reason, total in zip(reasons, left, strict=True):
        axes.text(total, reason, f" {total:,}", va="center")
    axes.set(xlabel="rows dropped", title="by reason")
    axes.margins(x=0.12)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(title="kind", loc="upper left", bbox_to_anchor=(1, 1))   # beside the bars, not on them


def _kinds(axes: Any, report: QualityReport) -> None:
    kinds = [kind for kind in report.kinds if report.kept[kind]][::-1]
    axes.barh([kind or "(no kind)" for kind in kinds], [report.kept[kind] for kind in kinds], color="tab:gray")
    for kind in kinds:
        axes.text(report.kept[kind], kind or "(no kind)",
                  f" {report.kept[kind]:,} ({report.kept[kind] / report.rows_kept:.1%})", va="center")
    axes.set(xlabel="rows kept", title="by kind")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.margins(x=0.6)
