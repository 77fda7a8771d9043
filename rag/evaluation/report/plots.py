"""The report's pictures as PNG bytes: the main metrics with intervals, invented against right, and a decoding sweep."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mundap.errors import MissingExtra
from mundap.plot_fonts import korean_font
from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report.metric_words import describe, main_metrics
from rag.evaluation.report.words import Words

_ACCENT, _INK, _QUIET, _SOFT = "#2f5d8a", "#1d2329", "#5b646d", "#bcd0e2"
_STYLE = {"axes.unicode_minus": False, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": _QUIET,
          "axes.labelcolor": _INK, "text.color": _INK, "xtick.color": _QUIET, "ytick.color": _INK, "font.size": 10,
          "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left", "text.parse_math": False}
_PER_ROW = 4
_LONGEST = 24   # letters of a name beside a bar; the page's tables have it whole
_AROUND = ((1, 1), (1, -1), (-1, 1), (-1, -1))   # where a point's name may stand


def pictures(content: Mapping[str, Any], metrics: Sequence[Metric], words: Words) -> dict[str, bytes]:
    """Return the pictures of an evaluation by name, those that it has the metrics for.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    found = {}
    main = [metric for metric in main_metrics(metrics, content["asked"])
            if any(one["metrics"][metric.name]["n"] for one in content["systems"])]
    if main:
        found["metrics"] = _metrics(content, main, words)
    if {"right", "hallucinated"} <= {metric.name for metric in main}:
        points = [one for one in content["systems"] if all(one["metrics"][name]["n"] for name in ("right", "hallucinated"))]
        found["tradeoff"] = _picture((9, 4.8), lambda figure: scatter(
            figure.subplots(), [(_short(one["name"]), one["metrics"]["right"], one["metrics"]["hallucinated"],
                                 one["name"] == content["baseline"]) for one in points], words))
    return found


def sweep_picture(rows: Sequence[Mapping[str, Any]], words: Words) -> bytes:
    """Return a sweep's picture: invented against right, and invented against speed; numbers are the table's rows."""
    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        scatter(left, [(str(at), row["right"], row["hallucinated"], row["best"]) for at, row in enumerate(rows, 1)], words)
        for at, row in enumerate(rows, 1):
            value = row["hallucinated"]["value"]
            if value is None:
                continue
            right.plot(row["tokens_per_s"], 100 * value, "o", color=_ACCENT if row["best"] else _SOFT, markersize=9)
            right.annotate(str(at), (row["tokens_per_s"], 100 * value), textcoords="offset points", xytext=(8, 5))
        right.set(xlabel=words("tokens_per_s"), ylabel=words("hallucinated") + " (%)")
        right.margins(0.15)

    return _picture((10.5, 4.6), draw)


def scatter(axes: Any, points: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any], bool]], words: Words) -> None:
    """Draw named points of (right, invented), each with both intervals, those that are marked filled."""
    taken, labels = list[tuple[float, float]](), list[tuple[str, float, float]]()
    for name, right, invented, filled in points:
        if right["value"] is None or invented["value"] is None:
            continue
        x, y = 100 * right["value"], 100 * invented["value"]
        axes.errorbar(x, y, xerr=_errors(right, 100), yerr=_errors(invented, 100), fmt="o", color=_ACCENT, ecolor=_SOFT,
                      elinewidth=1, markersize=8, markerfacecolor=_ACCENT if filled else "white")
        taken.append((x, y))
        labels.append((name, x, y))
    for name, x, y in labels:
        across, up = max(_AROUND, key=lambda side: min(_apart(side, (x, y), other) for other in taken))
        taken.append((x + 12 * across, y + 5 * up))
        axes.annotate(name, (x, y), textcoords="offset points", xytext=(9 * across, 8 * up), va="center",
                      ha="left" if across > 0 else "right")
    axes.set(xlabel=words("right") + " (%)", ylabel=words("hallucinated") + " (%)", xlim=(-2, 104), ylim=(-2, 104))


def _apart(side: tuple[int, int], point: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how far a label on one side of a point lies from something else; letters are wider than they are high."""
    return math.hypot((point[0] + 12 * side[0] - other[0]) / 3, point[1] + 5 * side[1] - other[1])


def _metrics(content: Mapping[str, Any], metrics: Sequence[Metric], words: Words) -> bytes:
    systems = content["systems"]
    columns = min(_PER_ROW, len(metrics))
    lines = -(-len(metrics) // columns)

    def draw(figure: Any) -> None:
        grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
        for axes in grid.flat[len(metrics):]:
            axes.set_axis_off()
        for axes, metric in zip(grid.flat, metrics, strict=False):
            _bars(axes, [one["metrics"][metric.name] for one in systems], metric)
            axes.set_title(f"{describe(metric, words)[0]}\n{words(metric.better or 'neither')}", fontsize=9, linespacing=1.5)
            axes.set_yticks(range(len(systems)), [_short(one["name"]) for one in systems])
            axes.set_ylim(len(systems) - 0.5, -0.5)

    return _picture((2.9 * columns + 1.2, lines * (1.1 + 0.38 * max(len(systems), 2))), draw)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _bars(axes: Any, records: Sequence[Mapping[str, Any]], metric: Metric) -> None:
    scale = 100 if metric.rate else 1
    for at, record in enumerate(records):
        if record["value"] is not None:
            axes.barh(at, scale * record["value"], height=0.55, color=_SOFT)
            axes.errorbar(scale * record["value"], at, xerr=_errors(record, scale), color=_INK, elinewidth=1.2, capsize=3)
    if metric.rate or not metric.unit:
        axes.set_xlim(0, scale)


def _errors(record: Mapping[str, Any], scale: float) -> list[list[float]] | None:
    if record["low"] is None or record["high"] is None:
        return None
    return [[max(0.0, scale * (record["value"] - record["low"]))], [max(0.0, scale * (record["high"] - record["value"]))]]


def _picture(size: tuple[float, float], draw: Callable[[Any], None]) -> bytes:
    """Return a figure as PNG: the same drawing, the same bytes. Names are never read as mathematics."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("the pictures of a report", "eval", "matplotlib") from error
    held = io.BytesIO()
    style: Any = {**_STYLE, "font.family": [*korean_font(), "sans-serif"]}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        with warnings.catch_warnings():   # without a Korean font its letters are boxes; the page's own drawings have them
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
            figure.savefig(held, format="png", dpi=130, metadata={"Software": None})
    return held.getvalue()
