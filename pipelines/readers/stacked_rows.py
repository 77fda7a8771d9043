"""Rows that hold a whole statement: in filings of 2001-2005 each cell of one row has many lines, one for each account.

Such a row becomes that many rows. It is told by its cells' line counts: all the same, or the same once blank lines at
the end are left out, and figures in at least one column. Where the counts differ nothing is done, since a line could
then be given another line's figure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MIN_LINES = 4
_FIGURE = re.compile(r"[(△▲-]?\s*\d[\d,.]*\s*[)%]?")
_NIL = frozenset({"-", "－", "―", "–"})


def stacked_lines(cells: Sequence[Sequence[str]]) -> list[tuple[str, ...]] | None:
    """Return the rows that one row's cells hold, or None when they are one row; cells are given as their lines.

    A cell without any text is blank in every row. Blank lines count: they keep a heading beside its empty figure.
    """
    filled = [lines for lines in cells if any(line.strip() for line in lines)]
    if len(filled) < 2:
        return None
    counts = {len(lines) for lines in filled}
    if len(counts) > 1:
        filled = [_without_blank_end(lines) for lines in filled]
        counts = {len(lines) for lines in filled}
    if len(counts) > 1 or (height := counts.pop()) < MIN_LINES or not any(map(_is_figures, filled)):
        return None
    rest = iter(filled)
    columns = [next(rest) if any(line.strip() for line in lines) else [""] * height for lines in cells]
    return list(zip(*columns, strict=True))


def _without_blank_end(lines: Sequence[str]) -> Sequence[str]:
    height = len(lines)
    while height and not lines[height - 1].strip():
        height -= 1
    return lines[:height]


def _is_figures(lines: Sequence[str]) -> bool:
    """Return whether a column holds figures and nothing else, two of them at least."""
    texts = [text for line in lines if (text := line.strip())]
    figures = sum(1 for text in texts if _FIGURE.fullmatch(text))
    return figures >= 2 and figures + sum(1 for text in texts if text in _NIL) == len(texts)
