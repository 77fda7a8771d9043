"""Grids and sections as Markdown: real tables, one line a row, and the way back to the text that they were made from.

A cell that spans rows or columns stands in each of them, as a reader of one row expects; what is written more than once
goes to the Tally, so that the self-check can tell it from text of the source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pipelines.readers.accounting import REPEATED_HEADINGS, Tally
from pipelines.readers.table_columns import header_height
from pipelines.readers.table_grid import Grid
from pipelines.reading import Block, Section

_HASHES = re.compile(r"^(#{1,6}\s)", re.MULTILINE)  # a paragraph must not open a heading
_EDGE = "\x1f"  # stands between cells until what is in them is escaped; no document holds it
_LITERAL_BREAK = "&lt;br>"  # a cell's own "<br>" that is no line break


def grid_markdown(grid: Grid, captions: Sequence[str] = (), tally: Tally | None = None, height: int | None = None) -> str:
    """Return the grid as a Markdown table under its caption lines; its heading rows are merged into one.

    height is the number of heading rows, where it is known already.
    """
    height = max(header_height(grid) if height is None else height, 1)
    head = _headings(grid, height)
    lines = [*captions, *([""] if captions else []), _line([" ".join(texts) for texts in head])]
    lines.append(_rule(grid.width))
    lines += [_line(texts) for row in grid.rows[height:] if any(texts := [cell[0] for cell in row])]
    if tally is not None:
        _note_repeats(grid, head, height, tally)
    return "\n".join(lines)


def sections_markdown(sections: Iterable[Section]) -> str:
    """Return sections as a document's body: a heading for each new title of the path, then the blocks."""
    return "\n\n".join(f"{'#' * min(depth, 6)} {piece}" if isinstance(piece, str)
                       else _HASHES.sub(r"\\\1", piece.text) for depth, piece in _pieces(sections))


def sections_text(sections: Iterable[Section]) -> str:
    """Return what sections_markdown prints without the Markdown: the text of titles, paragraphs and cells."""
    return "\n".join(piece if isinstance(piece, str) else plain(piece) for _, piece in _pieces(sections))


def plain(block: Block) -> str:
    """Return a block's text as it was before grid_markdown escaped it; a paragraph comes back as it is."""
    if block.table is None or block.table.columns < 2:
        return block.text
    captions, blank, grid = block.text.rpartition("\n\n")  # no cell and no caption has an empty line
    head, _, rest = grid.partition("\n")
    rule, _, rows = rest.partition("\n")
    if rule != _rule(block.table.columns):
        return block.text
    cells = f"{head}\n{rows}".replace("\\|", _EDGE).replace("|", " ").replace(_EDGE, "|")
    return captions + blank + cells.replace("<br>", "\n").replace(_LITERAL_BREAK, "<br>")


def _rule(columns: int) -> str:
    return "|" + " --- |" * columns


def _pieces(sections: Iterable[Section]) -> Iterator[tuple[int, str | Block]]:
    """Yield each new title with its depth from 1, and each block that holds text."""
    path: tuple[str, ...] = ()
    for section in sections:
        shared = 0
        while shared < min(len(path), len(section.path)) and path[shared] == section.path[shared]:
            shared += 1
        path = section.path
        yield from ((depth + 1, title) for depth, title in enumerate(path) if depth >= shared and title)
        yield from ((0, block) for block in section.blocks if block.text)


def _headings(grid: Grid, height: int) -> list[list[str]]:
    """Return each column's heading texts from the top; the same words in two rows are said once."""
    return [list(dict.fromkeys(text for row in grid.rows[:height] if (text := row[x][0]))) for x in range(grid.width)]


def _note_repeats(grid: Grid, head: Sequence[Sequence[str]], height: int, tally: Tally) -> None:
    """Note which texts are printed more often than the source has them, and which headings less often."""
    cells = [cell for row in grid.rows for cell in row]
    distinct = {id(cell): cell[0] for cell in cells}
    if len(distinct) == len(cells) and height == 1:
        return
    own = Counter(distinct.values())
    printed = Counter(text for texts in head for text in texts)
    printed.update(cell[0] for cell in cells[height * grid.width :])
    for text, count in (printed - own).items():
        tally.repeat(text, count)
    for text, count in (own - printed).items():
        if text in printed:
            tally.leave_out(REPEATED_HEADINGS, text * count)


def _line(texts: Sequence[str]) -> str:
    line = _EDGE.join(texts)
    if "|" in line:
        line = line.replace("|", "\\|")
    if "<br>" in line:
        line = line.replace("<br>", _LITERAL_BREAK)
    if "\n" in line:
        line = line.replace("\n", "<br>")
    return f"| {line.replace(_EDGE, ' | ')} |"
