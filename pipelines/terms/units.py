"""The units of an article: each 항, 호 and 목 with its text, in order, and the unit it stands under.

A mark opens a unit when its number goes on from the last one of its kind, or begins at 1; otherwise the line is text that
a page break put at a line's start ("지급합니|다. 다만", "2018.|7. 10."). Box-drawing and Markdown tables are units of
their own, one row a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.terms.box_table import BOX, box_table
from pipelines.terms.numbering import Mark, mark_of
from pipelines.terms.source_lines import SourceLines
from pipelines.terms.wrapping import Joiner

_ITEMS = ("①", "1.", "가.")            # what a citation names; marks below are lines of their 목 or 호
_PARAGRAPH_STARTS = "【<[※*○◦●■□◆▶-|《〈"
_OVER = (".", ")", "]", ">", "」", ":", "】", "|", "음", "함", "임", "우", "때", "자", "것")
# A table's column comes out of a PDF as a line for each cell: joined, 55 and 15 would be a figure nobody wrote.
_CELL = re.compile(r"[\d\s.,%~∼\-–+×/()]*\d[\d\s.,%~∼\-–+×/()]*(?:[백천만억]*원|개?월|주|일|회|년|세)?")
_BEFORE_DA = "니한이된있없는린든른운란낸둔친"
_MAX_SKIP = 3
_CELL_CHARS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A 항, 호, 목, a table, or text under none of them.

    cite is the names from the article in: ("제2항", "제1호"), () for text directly under the heading. above is the place in
    the same list of the unit it stands under, -1 for none. text has one line for each paragraph; table: rows of Markdown.
    """

    cite: tuple[str, ...]
    text: str
    above: int = -1
    table: bool = False


def units(lines: SourceLines, start: int, end: int, rest: str, joiner: Joiner, *, numbered: bool = True) -> tuple[list[Unit], int]:
    """Return the units of lines start..end, after the text that stood on the heading's line, and the ink of table borders.

    numbered False: marks cite nothing (an annex), yet each still begins a paragraph.
    """
    maker = _Maker(joiner, lines.wrapped, numbered)
    if rest:
        maker.add(rest, lines.spaced[start - 1] if start else False)
    at = start
    while at < end:
        text = lines.texts[at]
        if text[0] == "|" or text[0] in BOX:
            rows = at + 1
            while rows < end and (lines.texts[rows][0] == "|" or lines.texts[rows][0] in BOX):
                rows += 1
            if text[0] == "|" and rows - at == 1:
                maker.add(text, lines.spaced[at])
            else:
                maker.table(lines.texts[at:rows])
            at = rows
            continue
        maker.add(text, lines.spaced[at])
        at += 1
    return maker.finish(), maker.borders


class _Open:
    """A unit being filled: its paragraphs, each as lines with whether a blank ended them."""

    __slots__ = ("above", "cite", "paragraphs", "style")

    def __init__(self, style: str, cite: tuple[str, ...], above: int) -> None:
        self.style, self.cite, self.above = style, cite, above
        self.paragraphs: list[tuple[list[str], list[bool]]] = []


class _Maker:
    def __init__(self, joiner: Joiner, wrapped: bool, numbered: bool) -> None:
        self.joiner, self.wrapped, self.numbered = joiner, wrapped, numbered
        self.made: list[Unit | _Open] = []
        self.stack: list[tuple[Mark, int]] = []     # open marks from the outermost, with the place of their unit
        self.current: _Open | None = None
        self.last = ""
        self.borders = 0

    def add(self, text: str, spaced: bool) -> None:
        mark = mark_of(text)
        if mark is not None and self._fits(mark, text):
            self._enter(mark)
            self._paragraph(text, spaced)
        elif self.current is None:
            self._open("", ())
            self._paragraph(text, spaced)
        elif not self.wrapped or not self.current.paragraphs or self._begins(text):
            self._paragraph(text, spaced)
        else:
            held, blanks = self.current.paragraphs[-1]
            held.append(text)
            blanks.append(spaced)
        self.last = text

    def table(self, rows: Sequence[str]) -> None:
        """Add a table as a unit under the current one."""
        if rows[0][0] == "|":
            text = "\n".join(rows)
        else:
            text, borders = box_table(rows)
            self.borders += borders
        place = self.stack[-1][1] if self.stack else -1
        cite = self.made[place].cite if place >= 0 else ()
        if text:
            self.made.append(Unit(cite=cite, text=text, above=place, table=text[0] == "|"))
        self.current = None
        self.last = "|"

    def finish(self) -> list[Unit]:
        return [one if isinstance(one, Unit) else
                Unit(cite=one.cite, above=one.above,
                     text="\n".join(self.joiner.joined(held, blanks) for held, blanks in one.paragraphs))
                for one in self.made]

    def _paragraph(self, text: str, spaced: bool) -> None:
        assert self.current is not None
        self.current.paragraphs.append(([text], [spaced]))

    def _begins(self, text: str) -> bool:
        """Return whether a line of wrapped text begins a paragraph."""
        if len(text) <= _CELL_CHARS and _CELL.fullmatch(text) or len(self.last) <= _CELL_CHARS and _CELL.fullmatch(self.last):
            return True
        return text[0] in _PARAGRAPH_STARTS and self.last[-1] in ".)]>」】다음:|" or text.startswith(("다만,", "【", "주)", "(*"))

    def _fits(self, mark: Mark, text: str) -> bool:
        if self.wrapped and self.last:
            end = self.last[-1]
            if mark.style == "가." and mark.number == 3 and end in _BEFORE_DA:
                return False       # "지급합니|다. 다만"
            if mark.style == "1." and end == "." and self.last[-2:-1].isdigit() and text[mark.length:].lstrip()[:1].isdigit():
                return False       # "2018.|7. 10."
            if mark.style == "①" and end in ",ㆍ·(제":
                return False
        before = next((one for one, _ in reversed(self.stack) if one.style == mark.style), None)
        if before is None:
            return mark.number == 1 or mark.style == "①" and self._over() or mark.style in ("1.", "가.") and \
                mark.number <= _MAX_SKIP and self._over()
        if mark.number in (before.number, before.number + 1) or mark.number == 1:
            return True
        return before.number < mark.number <= before.number + _MAX_SKIP and self._over()

    def _over(self) -> bool:
        return not self.wrapped or not self.last or self.last.endswith(_OVER)

    def _enter(self, mark: Mark) -> None:
        styles = [one.style for one, _ in self.stack]
        if mark.style in styles:
            del self.stack[styles.index(mark.style):]
        elif mark.style in _ITEMS:     # a 호 never stands under a 목, nor an 항 under either
            rank = _ITEMS.index(mark.style)
            while self.stack and (self.stack[-1][0].style not in _ITEMS or _ITEMS.index(self.stack[-1][0].style) > rank):
                self.stack.pop()
        above = self.stack[-1][1] if self.stack else -1
        if mark.style in _ITEMS and self.numbered:
            outer = self.made[above].cite if above >= 0 else ()
            self._open(mark.style, (*outer, mark.cite), above)
            self.stack.append((mark, len(self.made) - 1))
            return
        if self.current is None:
            self._open("", self.made[above].cite if above >= 0 else (), above)
        self.stack.append((mark, above if above >= 0 else self.made.index(self.current)))  # type: ignore[arg-type]

    def _open(self, style: str, cite: tuple[str, ...], above: int = -1) -> None:
        self.current = _Open(style, cite, above)
        self.made.append(self.current)
