"""A decoding sweep: what each setting invents and gets right, and how fast it is, as a table, JSON, a picture and a page."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from mundap.provenance import write_text
from rag.evaluation.report.content import plain
from rag.evaluation.report.files import write_bytes
from rag.evaluation.report.markdown import table
from rag.evaluation.report.page import cell, render
from rag.evaluation.report.plots import sweep_picture
from rag.evaluation.report.words import Words
from rag.evaluation.statistics import Interval

_HIGH, _TOP, _LEFT, _WIDE = 290.0, 10.0, 6.0, 92.0   # the drawing: its base and top in pixels, its sides in per cent


class SweepRow(Protocol):
    """One decoding setting: its keys and values, the rates of invented and of right answers, and its speed."""

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    @property
    def hallucinated(self) -> Interval: ...
    @property
    def right(self) -> Interval: ...
    @property
    def tokens_per_s(self) -> float: ...
    @property
    def seconds_per_answer(self) -> float: ...
    @property
    def best(self) -> bool: ...


def write_sweep(rows: Sequence[SweepRow], folder: Path, language: str = "ko") -> Path:
    """Write sweep.json, sweep.md, sweep.png and sweep.html; return sweep.html.

    Raises:
        MissingExtra: jinja2 or matplotlib is not installed.
    """
    words, records = Words(language), sweep_records(rows)
    picture = sweep_picture(records, words)
    write_text(folder / "sweep.json", json.dumps({"rows": records}, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    write_text(folder / "sweep.md", f"# {words('sweep')}\n\n{sweep_markdown(rows, words)}\n")
    write_bytes(folder / "sweep.png", picture)
    page = folder / "sweep.html"
    write_text(page, render("sweep.html.jinja", words, {
        "sweep": sweep_view(rows, words), "pictures": [(words("sweep"), base64.b64encode(picture).decode())]}))
    return page


def sweep_records(rows: Sequence[SweepRow]) -> list[dict[str, Any]]:
    """Return the rows as JSON holds them, without NaN."""
    return [{"number": at, "name": row.name, "settings": plain(row.settings), "hallucinated": plain(row.hallucinated),
             "right": plain(row.right), "tokens_per_s": plain(row.tokens_per_s),
             "seconds_per_answer": plain(row.seconds_per_answer), "best": row.best} for at, row in enumerate(rows, 1)]


def sweep_markdown(rows: Sequence[SweepRow], words: Words) -> str:
    """Return the table as Markdown; the chosen setting is in bold."""
    names = _names(rows)
    head = ["#", words("setting"), *names, *(words(key) for key in ("hallucinated", "right", "tokens_per_s", "seconds_per_answer"))]
    body = []
    for at, row in enumerate(rows, 1):
        rates = [f"{_cell(one, words)['value']} ({_cell(one, words)['interval']})" for one in (row.hallucinated, row.right)]
        body.append([f"{at} ({words('preset')})" if row.best else str(at), row.name, *_settings(row, names, words), *rates,
                     words.plain(round(row.tokens_per_s, 1)), words.plain(round(row.seconds_per_answer, 2))])
    return table(head, body)


def sweep_view(rows: Sequence[SweepRow], words: Words) -> dict[str, Any]:
    """Return what the page's section shows: the table's texts and every point's place in the drawing."""
    names, found = _names(rows), []
    reached = max((row.hallucinated.high for row in rows if row.hallucinated.n), default=1.0)
    highest = math.ceil(reached * 5) / 5   # the drawing's top: the next fifth, so that its four ticks are whole per cents
    for at, row in enumerate(rows, 1):
        right, invented = plain(row.right), plain(row.hallucinated)
        found.append({
            "number": at, "name": row.name, "best": row.best, "settings": _settings(row, names, words),
            "hallucinated": _cell(row.hallucinated, words), "right": _cell(row.right, words),
            "tokens_per_s": words.plain(round(row.tokens_per_s, 1)),
            "seconds_per_answer": words.plain(round(row.seconds_per_answer, 2)),
            "x": _across(right["value"]), "left": _across(right["low"]), "far": _across(right["high"]),
            "y": _up(invented["value"], highest), "low": _up(invented["low"], highest), "top": _up(invented["high"], highest)})
    across = [{"at": _across(at / 4), "label": f"{at / 4:.0%}"} for at in range(5)]
    up = [{"at": _up(highest * at / 4, highest), "label": f"{highest * at / 4:.0%}"} for at in range(5)]
    return {"names": names, "rows": found, "across": across, "up": up}


def _names(rows: Sequence[SweepRow]) -> list[str]:
    return list(dict.fromkeys(str(name) for row in rows for name in row.settings))


def _settings(row: SweepRow, names: Sequence[str], words: Words) -> list[str]:
    known = {str(name): value for name, value in row.settings.items()}
    return [", ".join(map(str, value)) if isinstance(value := known.get(name), list | tuple) and value else
            words.plain(None) if value in (None, (), [], "") else str(value) for name in names]


def _cell(found: Interval, words: Words) -> dict[str, Any]:
    return cell({**plain(found), "rate": True, "unit": ""}, 1.0, words)


def _across(share: float | None) -> float:
    return round(_LEFT + _WIDE * (share or 0.0), 2)


def _up(share: float | None, highest: float) -> float:
    return round(_HIGH - (_HIGH - _TOP) * (share or 0.0) / highest, 1)
