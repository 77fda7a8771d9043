"""A correction's table of what was said before and after: the old text apart, to be marked as superseded."""

from __future__ import annotations

import re

from pipelines.readers.accounting import Tally
from pipelines.readers.raw_section import RawBlock, RawSection
from pipelines.readers.table_grid import Grid

BEFORE = re.compile(r"정\s*정\s*전")
AFTER = re.compile(r"정\s*정\s*후")


def old_column(grid: Grid) -> int | None:
    """Return the column of the text before the correction, None when the table has none."""
    if not grid.rows:
        return None
    return next((x for x, cell in enumerate(grid.rows[0]) if len(cell.text) < 20 and BEFORE.search(cell.text)), None)


def split_correction(grid: Grid, before: int, section: RawSection, old: RawSection, tally: Tally) -> None:
    """Put a row's old text into the superseded section and the rest, its heading row too, into the correction's own."""
    for y, row in enumerate(grid.rows):
        kept = [cell.text for x, cell in enumerate(row)
                if cell.text and cell.row == y and cell.column == x and (cell is not row[before] or not y)]
        if kept:
            section.blocks.append(RawBlock(text=("\n" if y else " ").join(kept)))
        item, quoted = row[0].text, row[before]
        if y and quoted.text and quoted.row == y:
            tally.repeat(item if before else "")
            old.blocks.append(RawBlock(text=f"{item}\n{quoted.text}" if item and before else quoted.text))
