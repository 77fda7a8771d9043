"""A TABLE element as a rectangular grid: COLSPAN and ROWSPAN spread out, TD, TH, TE and TU alike.

A nested TABLE's text is left out of the cell that holds it, to be read as a table of its own, unless it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from pipelines.readers.clean import LINE_BREAK

CELLS = frozenset({"TD", "TH", "TE", "TU"})
_LINES = frozenset({"P", "TITLE", "TABLE", "TR"})
MAX_CELLS = 1_000_000
_MAX_SPAN = 512
_BLANKS = re.compile(r"[^\S\u2028]+")
_BREAKS = re.compile(r"[ \u2028]*\u2028[ \u2028]*")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. row and column are where it begins, so a spread cell is the same object at every place it covers."""

    text: str
    tag: str
    row: int
    column: int
    in_head: bool = False
    acode: str = ""
    acontext: str = ""
    adecimal: str = ""
    indent: int = 0  # blanks before the text: how statements show which account is part of which


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of equal width; head_rows counts those inside THEAD; ragged says that a row had to be filled up."""

    rows: tuple[tuple[Cell, ...], ...]
    head_rows: int
    ragged: bool = False

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return len(self.rows[0]) if self.rows else 0

    def texts(self) -> list[str]:
        """Return each cell's text once, in reading order, empty ones left out."""
        return [
            cell.text
            for y, row in enumerate(self.rows)
            for x, cell in enumerate(row)
            if cell.row == y and cell.column == x and cell.text
        ]


def flat_text(element: etree._Element) -> str:
    """Return the text of an element with blanks collapsed; P and &cr; end lines, nested tables are left out."""
    return squeeze(raw_text(element))


def raw_text(element: etree._Element, *, nested: bool = False) -> str:
    """Return the text of an element with LINE_BREAK at its line ends; nested adds inner tables."""
    if not len(element):
        return element.text or ""
    parts: list[str] = []
    _gather(element, parts, nested)
    return "".join(parts)


def squeeze(text: str) -> str:
    """Return text with runs of blanks (also ideographic and no-break ones) as one, LINE_BREAK as a line feed."""
    if not text or text.isspace():
        return ""
    return _BREAKS.sub("\n", _BLANKS.sub(" ", text)).strip()


def read_grid(table: etree._Element, *, nested: bool = False) -> Grid:
    """Return the table's grid; past MAX_CELLS, or in an absurdly wide row, spans are no longer spread out."""
    rows = [(row, in_head) for row, in_head in _rows(table)]
    placed: list[list[Cell | None]] = []
    held: dict[int, tuple[Cell, int]] = {}  # column -> the cell from a row above and how many rows it still covers
    total = 0
    for y, (row, in_head) in enumerate(rows):
        line, held = _place(row, y, in_head, held if total < MAX_CELLS else {}, total < MAX_CELLS, nested)
        total += len(line)
        placed.append(line)
    return _rectangle(placed, sum(1 for _, in_head in rows if in_head))


def _rows(table: etree._Element) -> Iterator[tuple[etree._Element, bool]]:
    for child in table:
        if child.tag == "TR":
            yield child, False
        elif child.tag in ("THEAD", "TBODY"):
            for row in child:
                if row.tag == "TR":
                    yield row, child.tag == "THEAD"


def _place(
    row: etree._Element, y: int, in_head: bool, held: dict[int, tuple[Cell, int]], spread: bool, nested: bool
) -> tuple[list[Cell | None], dict[int, tuple[Cell, int]]]:
    """Return the row's cells by column and the cells that still cover rows below."""
    line: list[Cell | None] = []
    below: dict[int, tuple[Cell, int]] = {}

    def fill_held() -> None:
        while (x := len(line)) in held:
            cell, left = held[x]
            line.append(cell)
            if left > 1:
                below[x] = (cell, left - 1)

    for element in row:
        if element.tag not in CELLS:
            continue
        fill_held()
        cell = _cell(element, y, len(line), in_head, nested)
        wide = not spread or len(line) > _MAX_SPAN * 4
        across = 1 if wide else _span(element.get("COLSPAN"))
        down = 1 if wide else _span(element.get("ROWSPAN"))
        for _ in range(across):
            if down > 1:
                below[len(line)] = (cell, down - 1)
            line.append(cell)
    fill_held()
    for x, (cell, left) in held.items():  # columns that this row does not reach
        if x >= len(line):
            line += [None] * (x - len(line)) + [cell]
            if left > 1:
                below[x] = (cell, left - 1)
    return line, below


def _rectangle(placed: list[list[Cell | None]], head_rows: int) -> Grid:
    width = max((len(line) for line in placed), default=0)
    ragged = any(len(line) != width or None in line for line in placed)
    rows = []
    for y, line in enumerate(placed):
        filled = [cell if cell is not None else Cell("", "TD", y, x) for x, cell in enumerate(line)]
        rows.append((*filled, *(Cell("", "TD", y, x) for x in range(len(filled), width))))
    return Grid(tuple(rows), head_rows, ragged)


def _cell(element: etree._Element, row: int, column: int, in_head: bool, nested: bool) -> Cell:
    get, raw = element.get, raw_text(element, nested=nested)
    first = raw.lstrip("\n\r\t\u2028")
    return Cell(
        squeeze(raw),
        str(element.tag),
        row,
        column,
        in_head,
        get("ACODE", ""),
        get("ACONTEXT", ""),
        get("ADECIMAL", ""),
        len(first) - len(first.lstrip()),
    )


def _span(value: str | None) -> int:
    if value is None or not (value := value.strip()).isascii() or not value.isdigit():
        return 1
    return min(max(int(value[:4]), 1), _MAX_SPAN)


def _gather(element: etree._Element, parts: list[str], nested: bool) -> None:
    """Append the element's text; a line feed between two elements is layout, not text."""
    parts.append(_text(element.text))
    for child in element:
        if nested or child.tag != "TABLE":
            edge = LINE_BREAK if child.tag in _LINES else " " if child.tag in CELLS else ""
            parts.append(edge)
            _gather(child, parts, nested)
            parts.append(edge)
        parts.append(_text(child.tail))


def _text(text: str | None) -> str:
    return "" if not text or ("\n" in text and text.isspace() and LINE_BREAK not in text) else text
