"""What a table is for: figures in a grid, a caption of the next table, a layout of labels and boxes, or signatures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.readers.table_columns import is_figure
from pipelines.readers.table_grid import Cell, Grid
from pipelines.readers.units import caption_units
from pipelines.reading import TableKind

_SIGNATURE = re.compile(r"대표이사|대표집행임원|\(?서명\)?$|\(서명|\(인\)|서명또는날인|작성책임자|신고업무담당")
_MAX_SIGNATURE_CELLS = 40
_MAX_LAYOUT_ROWS = 15
_MAX_CAPTION_ROWS = 9
_MAX_CAPTION_CELLS = 12


def is_caption(grid: Grid, texts: Sequence[str]) -> bool:
    """A few cells that name a unit, a date or periods and hold no figure."""
    if grid.head_rows or len(grid.rows) > _MAX_CAPTION_ROWS or len(texts) > _MAX_CAPTION_CELLS:
        return False
    if any(len(text) > 120 for text in texts) or any(is_figure(text) for text in texts):
        return False
    return any(caption_units(text) is not None or text.lstrip("( ").startswith("기준일") for text in texts) or (
        grid.width == 1
        and len(texts) > 1
        and len(texts[0]) < 40
        and "제" in "".join(texts)
        and "기" in "".join(texts)
        and not texts[0].startswith(("※", "주", "(*"))
        and all(len(text) < 60 for text in texts)
    )


def kind_of(grid: Grid, texts: Sequence[str], *, borderless: bool) -> TableKind:
    """Return what a table that is no caption is for."""
    if grid.head_rows == 0 and len(texts) <= _MAX_SIGNATURE_CELLS and not any(is_figure(text) for text in texts):
        if any(_SIGNATURE.search(text.replace(" ", "")) for text in texts):
            return "signature"
    if grid.width == 1 or len(texts) == 1:
        return "layout"
    if borderless and grid.head_rows == 0 and len(grid.rows) <= _MAX_LAYOUT_ROWS:
        figures = sum(1 for text in texts if is_figure(text))
        return "layout" if figures * 4 <= len(texts) else "data"
    return "data"


def own_texts(row: Sequence[Cell], y: int) -> list[str]:
    """Return the texts of the cells that begin in this row."""
    return [cell.text for x, cell in enumerate(row) if cell.text and cell.row == y and cell.column == x]


def without_captions(grid: Grid) -> tuple[Grid, list[str], int]:
    """Return the grid without leading rows that are captions ("(단위 : 원)" across it), these, and how many rows went.

    A unit in the first cell of a heading is a caption too, but stays where it is.
    """
    captions: list[str] = []
    cut = 0
    for y, row in enumerate(grid.rows[:4]):
        texts = own_texts(row, y)
        spread = len(texts) == 1 and (caption_units(texts[0]) is not None or row[0] is row[-1])
        if not spread or len(grid.rows) - cut < 3:
            break
        captions.append(texts[0])
        cut += 1
    if cut and not any(caption_units(text) is not None for text in captions):
        return grid, [], 0
    if not cut:
        first = grid.rows[0][0].text if grid.rows else ""
        return grid, [first] if len(first) < 40 and caption_units(first) else [], 0
    return Grid(moved_rows(grid.rows[cut:], -cut), max(grid.head_rows - cut, 0), grid.ragged), captions, cut


def moved_rows(rows: Sequence[tuple[Cell, ...]], by: int) -> tuple[tuple[Cell, ...], ...]:
    """Return rows whose cells begin by rows further down; a spread cell stays one object."""
    moved: dict[int, Cell] = {}
    for row in rows:
        for cell in row:
            if id(cell) not in moved:
                moved[id(cell)] = cell._replace(row=cell.row + by)
    return tuple(tuple(moved[id(cell)] for cell in row) for row in rows)
