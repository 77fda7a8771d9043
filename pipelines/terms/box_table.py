"""Tables drawn with box characters (┏━┳━┓ ┃ ┃), as law and disclosure sites print them, turned into Markdown rows.

Lines between two horizontal borders are one row: their cells' lines are put together. A table inside a cell stays text of
that cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

BOX = frozenset("".join(map(chr, range(0x2500, 0x2580))))
_CELL = re.compile("[│┃┆┇┊┋║|]")
_BORDER = re.compile(r"[\s─-╿+\-=]*")
_MARKS = re.compile("[─-╿]")


def box_table(lines: Sequence[str]) -> tuple[str, int]:
    """Return the table as Markdown, and how many characters were borders. One column is a frame: its text, without a table."""
    borders = sum(len(_MARKS.findall(line)) for line in lines)
    groups: list[list[list[str]]] = [[]]
    for line in lines:
        if _BORDER.fullmatch(line):
            groups.append([])
        else:
            cells = [cell.strip() for cell in _CELL.split(_outer(line))]
            groups[-1].append([_MARKS.sub(" ", cell).strip() for cell in cells])
    rows = [_row(group) for group in groups if group]
    if not rows:
        return "", borders
    width = max(map(len, rows))
    if width == 1:
        return "\n".join(row[0] for row in rows if row[0]), borders
    full = [row + [""] * (width - len(row)) for row in rows]
    printed = [f"| {' | '.join(row)} |" for row in full]
    return "\n".join([printed[0], "|" + " --- |" * width, *printed[1:]]), borders


def _outer(line: str) -> str:
    """Return a line without the borders at its ends."""
    return line.strip().strip("│┃║┆┇┊┋|├┤┠┨┝┥┣┫")


def _row(group: Sequence[Sequence[str]]) -> list[str]:
    width = max(map(len, group))
    return [" ".join(line[at] for line in group if at < len(line) and line[at]) for at in range(width)]
