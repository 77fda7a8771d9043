"""A TABLE element as a rectangular grid: COLSPAN and ROWSPAN spread out, TD, TH, TE and TU alike.

A nested TABLE's text is left out of the cell that holds it, to be read as a table of its own, unless it is asked for.
Every cell of every filing passes here, so the common case (no markup inside, no spans) takes the shortest way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from lxml import etree

from pipelines.readers.clean import LINE_BREAK
from pipelines.readers.stacked_rows import MIN_LINES, stacked_lines

CELLS = frozenset({"TD", "TH", "TE", "TU"})
_LINES = frozenset({"P", "TITLE", "TABLE", "TR"})
_CODED = frozenset({"TE", "TU"})
_NO_CODES = ("", "", "")
_NARROW = 64
_INDENTS = frozenset(" \u00a0\u3000\u2002\u2003\n\r\t\u2028")
MAX_CELLS = 250_000  # of one table; the largest seen has 20,000
_MAX_SPAN = 512


class Cell(NamedTuple):
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
            if cell.text and cell.row == y and cell.column == x
        ]


_Held = dict[int, tuple[Cell, int]]  # column -> the cell from a row above and how many rows it still covers


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
    if LINE_BREAK not in text:
        return " ".join(text.split())
    return "\n".join([line for part in text.split(LINE_BREAK) if (line := " ".join(part.split()))])


def read_grid(table: etree._Element, *, nested: bool = False) -> Grid:
    """Return the table's grid; one of more than MAX_CELLS is read without spreading spans, its rows made narrow."""
    placed: list[list[Cell | None]] = []
    held: _Held = {}
    total = heads = width = 0
    for row, in_head in _rows(table):
        heads += in_head
        line, below, tall = _place(row, len(placed), in_head, held, nested)
        if tall > 1 and not (held or below or in_head) and (stacked := _stacked(row, line, len(placed))):
            placed += stacked
            total += len(stacked) * len(line)
        else:
            placed.append(line)
            total += len(line)
        held = below
        width = max(width, len(line))
        if total > MAX_CELLS:
            return _without_spans(table, nested)
    return _without_spans(table, nested) if width * len(placed) > 4 * MAX_CELLS else _rectangle(placed, heads)


def _without_spans(table: etree._Element, nested: bool) -> Grid:
    """Return each cell once, where its row's text puts it; a row too wide goes on in the next line."""
    lines: list[list[Cell | None]] = []
    for row, in_head in _rows(table):
        cells = [cell for cell in row if cell.tag in CELLS]
        for at in range(0, len(cells), _NARROW):
            lines.append([Cell(squeeze(raw_text(cell, nested=nested)), str(cell.tag), len(lines), x, in_head, *_codes(cell))
                          for x, cell in enumerate(cells[at : at + _NARROW])])  # fmt: skip
    heads = sum(1 for line in lines if line[0] is not None and line[0].in_head)
    return _rectangle(lines, heads)


def _rows(table: etree._Element) -> Iterator[tuple[etree._Element, bool]]:
    for child in table:
        if child.tag == "TR":
            yield child, False
        elif child.tag in ("THEAD", "TBODY"):
            in_head = child.tag == "THEAD"
            for row in child:
                if row.tag == "TR":
                    yield row, in_head


def _place(
    row: etree._Element, y: int, in_head: bool, held: _Held, nested: bool
) -> tuple[list[Cell | None], _Held, int]:
    """Return the row's cells by column, those that still cover rows below, and how many cells have many lines."""
    line: list[Cell | None] = []
    below: _Held = {}
    tall = 0
    for element in row:
        tag = element.tag
        if tag not in CELLS:
            continue
        if held:
            _fill_held(line, held, below)
        raw = raw_text(element, nested=nested) if len(element) else element.text or ""
        if LINE_BREAK in raw:
            tall += raw.count(LINE_BREAK) >= MIN_LINES - 1
            text = squeeze(raw)
        else:
            text = " ".join(raw.split())  # squeeze, without the call
        indent = _indent(raw) if raw[:1] in _INDENTS else 0
        codes = _codes(element) if tag in _CODED else _NO_CODES
        cell = Cell(text, tag, y, len(line), in_head, *codes, indent)
        across, down = element.get("COLSPAN"), element.get("ROWSPAN")
        if across is None and down is None:
            line.append(cell)
            continue
        wide, rows_below = _span(across), _span(down) - 1
        if rows_below:
            below.update((column, (cell, rows_below)) for column in range(len(line), len(line) + wide))
        line += [cell] * wide
    if held:
        _fill_held(line, held, below)
        for x, (cell, left) in held.items():  # columns that this row does not reach
            if x >= len(line):
                line += [None] * (x - len(line)) + [cell]
                if left > 1:
                    below[x] = (cell, left - 1)
    return line, below, tall


def _fill_held(line: list[Cell | None], held: _Held, below: _Held) -> None:
    """Put the cells from above that cover the next columns of the line into it."""
    while (x := len(line)) in held:
        cell, left = held[x]
        line.append(cell)
        if left > 1:
            below[x] = (cell, left - 1)


def _rectangle(placed: list[list[Cell | None]], head_rows: int) -> Grid:
    """Return the rows filled up to one width; head_rows is not changed by that."""
    width = max(map(len, placed), default=0)
    ragged = False
    rows: list[tuple[Cell, ...]] = []
    for y, line in enumerate(placed):
        if len(line) != width or None in line:
            ragged = True
            line = [*line, *[None] * (width - len(line))]
            rows.append(tuple([cell or Cell("", "TD", y, x) for x, cell in enumerate(line)]))
        else:
            rows.append(cast("tuple[Cell, ...]", tuple(line)))
    return Grid(tuple(rows), head_rows, ragged)


def _codes(element: etree._Element) -> tuple[str, str, str]:
    return element.get("ACODE", ""), element.get("ACONTEXT", ""), element.get("ADECIMAL", "")


def _indent(raw: str) -> int:
    first = raw.lstrip("\n\r\t\u2028")
    return len(first) - len(first.lstrip())


def _span(value: str | None) -> int:
    if value is None or not (value := value.strip()).isascii() or not value.isdigit():
        return 1
    return min(max(int(value[:4]), 1), _MAX_SPAN)


def _stacked(row: etree._Element, line: list[Cell | None], y: int) -> list[list[Cell | None]] | None:
    """Return the rows that a row of many-lined cells stands for, or None; a row with spans is left as it is."""
    elements = [element for element in row if element.tag in CELLS]
    cells = [cell for cell in line if cell is not None]
    if len({id(cell) for cell in cells}) != len(elements):
        return None
    found = stacked_lines([_lines(element) for element in elements])
    if found is None:
        return None
    return [[cell._replace(text=squeeze(text), row=y + down, column=x, indent=_indent(text))
             for x, (cell, text) in enumerate(zip(cells, texts, strict=True))]
            for down, texts in enumerate(found)]  # fmt: skip


def _lines(cell: etree._Element) -> list[str]:
    """Return a cell's lines, blank ones included: a P is a line, an empty P a blank one."""
    if not any(child.tag in _LINES for child in cell):
        return raw_text(cell).split(LINE_BREAK)
    beside = [cell.text, *(child.tail for child in cell)]
    if any(child.tag != "P" for child in cell) or any(text and text.strip() for text in beside):
        return [raw_text(cell)]
    return [line for paragraph in cell for line in raw_text(paragraph).split(LINE_BREAK)]


def _gather(element: etree._Element, parts: list[str], nested: bool) -> None:
    """Append the element's text; a line feed between two elements is layout, not text."""
    if text := element.text:
        parts.append(_text(text))
    for child in element:
        tag = child.tag
        if nested or tag != "TABLE":
            edge = LINE_BREAK if tag in _LINES else " " if tag in CELLS else ""
            if edge:
                parts.append(edge)
            if len(child):
                _gather(child, parts, nested)
            elif text := child.text:
                parts.append(_text(text))
            if edge:
                parts.append(edge)
        if text := child.tail:
            parts.append(_text(text))


def _text(text: str) -> str:
    return "" if "\n" in text and text.isspace() and LINE_BREAK not in text else text
