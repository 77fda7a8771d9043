"""Tables of a section as blocks: each with its caption, kind, figures and the footnotes that follow it.

A table cut into several (for a page's sake) that repeat its heading rows is put together again: the heading once, the
rows in order. Each figure's locator still names the table and row of the source that it stood in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.readers.accounting import Tally
from pipelines.readers.candidates import Candidate
from pipelines.readers.dart_head import Head
from pipelines.readers.event_forms import event_name, read_event_form
from pipelines.readers.markdown import grid_markdown
from pipelines.readers.raw_section import RawBlock, RawSection
from pipelines.readers.surroundings import FOOTNOTE, Surroundings
from pipelines.readers.table_columns import Column, header_height, is_figure
from pipelines.readers.table_context import table_context
from pipelines.readers.table_facts import TableContext, TableFigures, read_facts
from pipelines.readers.table_grid import Grid
from pipelines.readers.table_kind import is_caption, kind_of, moved_rows, own_texts, without_captions
from pipelines.readers.units import unit_for
from pipelines.reading import TableInfo, TableKind

JOINED_HEADINGS = "headings of joined tables"
_ROW = re.compile(r", row (\d+),")


@dataclass(slots=True, kw_only=True)
class _Open:
    """The last table, which another may continue: section.blocks[at] is its block, still without its text."""

    section: RawSection
    at: int
    parts: list[Grid]
    height: int
    captions: list[str]
    context: TableContext
    kind: TableKind
    columns: Sequence[Column] = ()
    candidates: list[Candidate] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    period: str = ""


class TableBlocks:
    """Adds tables to sections; number counts the document's tables. Call close() at the end."""

    def __init__(self, head: Head, tally: Tally) -> None:
        self.head = head
        self.tally = tally
        self.number = 0
        self.disagreements = 0
        self._open: _Open | None = None

    def add(
        self, grid: Grid, section: RawSection, around: Surroundings, *,
        form: bool = False, facts: bool = True, borderless: bool = False,
    ) -> None:  # fmt: skip
        """Add a table's block to its section, or note it as the caption of the next one."""
        texts = grid.texts()
        if not texts:
            return
        if is_caption(grid, texts):
            around.caption([" ".join(own_texts(row, y)) for y, row in enumerate(grid.rows)], number=self.number)
            return
        kind = kind_of(grid, texts, borderless=borderless)
        if grid.width == 1 or len(grid.rows) == 1 and len(texts) == 1:
            around.pause()
            self.add_text("\n".join(texts), section, kind, grid)
            return
        self._add_grid(grid, kind, section, around, form=form, facts=facts)

    def add_text(self, text: str, section: RawSection, kind: TableKind, grid: Grid | None = None) -> None:
        """Add a box or a caption without a table as lines of text; a footnote goes with the table before it too."""
        rows, columns = (len(grid.rows), grid.width) if grid is not None else (0, 0)
        info = TableInfo(number=self.number, kind=kind, rows=rows, columns=columns)
        section.blocks.append(RawBlock(text=text, table=info))
        self.footnote(section)

    def footnote(self, section: RawSection) -> None:
        """Attach the section's last block to the table before it, when it is a note and follows that table."""
        last = self._open
        if last is not None and last.section is section and len(section.blocks) - 1 == last.at + 1 + len(last.footnotes):
            if FOOTNOTE.match(text := section.blocks[-1].text):
                last.footnotes.append(text)

    def close(self) -> None:
        """Write the block of the last table."""
        last, self._open = self._open, None
        if last is None:
            return
        grid = _together(last.parts, last.height)
        context = last.context
        units = tuple(_unit(column, context.units) for column in last.columns) or ("",) * grid.width
        info = TableInfo(
            number=context.number, kind=last.kind, title=context.title or context.topic, period=last.period,
            basis=context.basis, units=units, header_rows=last.height, rows=len(grid.rows), columns=grid.width,
            footnotes=tuple(last.footnotes), joined=len(last.parts),
        )  # fmt: skip
        last.section.blocks[last.at] = RawBlock(
            text=grid_markdown(grid, last.captions, self.tally, last.height), title=context.title or context.topic,
            candidates=tuple(last.candidates), table=info,
        )  # fmt: skip

    def _add_grid(
        self, grid: Grid, kind: TableKind, section: RawSection, around: Surroundings, *, form: bool, facts: bool
    ) -> None:
        peeled, captions, cut = without_captions(grid)
        if captions and peeled is grid:
            self.tally.repeat(captions[0])  # it stays in the grid as well
        around.caption(captions)
        shown = around.take(peeled)
        height = header_height(peeled)
        context = table_context(self.head, section.path, around, peeled, self.number, form=form)
        figures = TableFigures()
        if facts and kind == "data" and not section.superseded:
            figures = self._figures(peeled, height, context, section)
        self.disagreements += figures.disagreements
        candidates = [_in_source(candidate, cut) for candidate in figures.candidates]
        if kind == "data" and self._continues(peeled, height, section, shown):
            self._join(peeled, height, shown, candidates)
            return
        self.close()
        section.blocks.append(RawBlock(text=""))
        self._open = _Open(
            section=section, at=len(section.blocks) - 1, parts=[peeled], height=height, captions=shown,
            context=context, kind=kind, columns=figures.columns, candidates=candidates,
            period=", ".join(around.period_lines),
        )  # fmt: skip

    def _figures(self, grid: Grid, height: int, context: TableContext, section: RawSection) -> TableFigures:
        name = event_name(self.head, section.path)
        if name:
            return TableFigures(candidates=tuple(read_event_form(grid, name, self.head.calendar, context.number)))
        return read_facts(grid, height, context, self.head.calendar)

    def _continues(self, grid: Grid, height: int, section: RawSection, captions: Sequence[str]) -> bool:
        """Whether a table continues the last one: the same heading rows, nothing between, no row said again."""
        last = self._open
        if last is None or last.kind != "data" or last.section is not section or len(section.blocks) - 1 != last.at:
            return False
        first = last.parts[0]
        if not height or height != last.height or grid.width != first.width or not set(captions) <= set(last.captions):
            return False
        if any(one[0] != other[0] for y in range(height) for one, other in zip(grid.rows[y], first.rows[y], strict=True)):
            return False
        return _labels(grid, height) != _labels(first, height)

    def _join(self, grid: Grid, height: int, captions: Sequence[str], candidates: Sequence[Candidate]) -> None:
        assert self._open is not None
        heading = [text for y in range(height) for text in own_texts(grid.rows[y], y)]
        self.tally.leave_out(JOINED_HEADINGS, "\n".join([*captions, *heading]))
        self._open.parts.append(grid)
        self._open.candidates += candidates


def _together(parts: Sequence[Grid], height: int) -> Grid:
    """Return one grid: the first part's, and the other parts' rows below their heading rows."""
    if len(parts) == 1:
        return parts[0]
    rows = list(parts[0].rows)
    for part in parts[1:]:
        rows += moved_rows(part.rows[height:], len(rows) - height)
    return Grid(tuple(rows), parts[0].head_rows, any(part.ragged for part in parts))


def _labels(grid: Grid, height: int) -> list[str]:
    """Return the texts of the first body row that are no figures: what a copy of the table would say again."""
    return [cell.text for cell in grid.rows[height] if not is_figure(cell.text)] if len(grid.rows) > height else []


def _in_source(candidate: Candidate, cut: int) -> Candidate:
    """Return the candidate with the row that it has in the source, cut rows of captions above it counted."""
    if not cut:
        return candidate
    return candidate._replace(locator=_ROW.sub(lambda match: f", row {int(match[1]) + cut},", candidate.locator))


def _unit(column: Column, units: Sequence[str]) -> str:
    return column.unit or unit_for(column.measure, "", units) if column.kind == "value" else ""
