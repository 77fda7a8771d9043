"""Grids and sections as Markdown: real tables, one line a row, spread cells written once where they begin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipelines.readers.table_columns import header_height
from pipelines.readers.table_grid import Grid
from pipelines.reading import Section

_HASHES = re.compile(r"^(#{1,6}\s)", re.MULTILINE)  # a paragraph must not open a heading


def grid_markdown(grid: Grid, captions: Sequence[str] = ()) -> str:
    """Return the grid as a Markdown table under its caption lines; its heading rows are merged into one."""
    height = max(header_height(grid), 1)
    head = [_heading(grid, x, height) for x in range(grid.width)]
    lines = [*captions, *([""] if captions else []), _line(head), "|" + " --- |" * grid.width]
    lines += [_line([cell.text for cell in row]) for row in grid.rows[height:] if any(cell.text for cell in row)]
    return "\n".join(lines)


def sections_markdown(sections: Iterable[Section]) -> str:
    """Return sections as a document's body: a heading for each new title of the path, then the blocks."""
    parts: list[str] = []
    path: tuple[str, ...] = ()
    for section in sections:
        shared = 0
        while shared < min(len(path), len(section.path)) and path[shared] == section.path[shared]:
            shared += 1
        path = section.path
        parts += [
            f"{'#' * min(depth + 1, 6)} {title}" for depth, title in enumerate(path) if depth >= shared and title
        ]
        parts += [_HASHES.sub(r"\\\1", block.text) for block in section.blocks if block.text]
    return "\n\n".join(parts)


def _heading(grid: Grid, x: int, height: int) -> str:
    texts: list[str] = []
    for row in grid.rows[:height]:
        if row[x].text and row[x].text not in texts:
            texts.append(row[x].text)
    return " ".join(texts)


def _line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|").replace("\n", "<br>") for text in texts) + " |"
