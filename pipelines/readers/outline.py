"""A DART document's BODY as sections in order: paragraphs, and tables with what stands around them.

LIBRARY and INSERTION are transparent; a contents page, page breaks and images are left out. A table's caption (unit,
periods, statement name) stands in a borderless table or paragraph before it and is printed above it, not on its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from pipelines.readers.dart_head import AUDIT, Head
from pipelines.readers.labels import basis_in, normal_title
from pipelines.readers.markdown import grid_markdown
from pipelines.readers.surroundings import Surroundings
from pipelines.readers.table_columns import is_figure
from pipelines.readers.table_facts import (
    CASH_FLOW,
    FORM,
    NOTE,
    OTHER,
    STATEMENT,
    SUMMARY,
    Candidate,
    TableContext,
    read_facts,
)
from pipelines.readers.table_grid import Grid, flat_text, read_grid
from pipelines.readers.units import caption_units

SECTIONS = frozenset({"PART", "SECTION-1", "SECTION-2", "SECTION-3", "COVER", "CORRECTION", "APPENDIX"})
_TRANSPARENT = frozenset({"LIBRARY", "INSERTION", "TABLE-GROUP", "BODY", "DOCUMENT"})
_IGNORED = frozenset(
    "TOC PGBRK IMAGE IMG IMG-CAPTION COMMENT LIBRARYLIST FILENAME WARNING SUMMARY EXTRACTION DOCUMENT-HEADER "
    "DOCUMENT-NAME FORMULA-VERSION COMPANY-NAME".split()
)
_OTHERS = re.compile(
    r"종속\s?(?:기업|회사)|관계\s?(?:기업|회사)|공동\s?(?:기업|영업)|특수관계|타법인|피투자|계열\s?회사|자회사|공동지배|해외법인"
)
_STATEMENTS = re.compile(r"^(?:(?:\d+(?:-\d+)?\.)?(?:연결|별도|개별)?재무제표|(?:\(첨부\))?(?:연결)?재무제표)$")
_MAX_TITLE_CHARS = 200
_BEFORE = re.compile(r"정\s*정\s*전")
_AFTER = re.compile(r"정\s*정\s*후")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBlock:
    """A paragraph or table before the document's figures are compared."""

    text: str
    title: str = ""
    candidates: tuple[Candidate, ...] = ()


@dataclass(slots=True, kw_only=True)
class RawSection:
    """A section while it is being read."""

    path: tuple[str, ...]
    code: str = ""
    superseded: bool = False
    blocks: list[RawBlock] = field(default_factory=list)


class OutlineReader:
    """Walks one document once; tables are numbered in the order they stand in it."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.sections: list[RawSection] = []
        self.tables = 0

    def read(self, root: etree._Element) -> list[RawSection]:
        """Return the sections that hold any text, in document order."""
        self._container(root, (), RawSection(path=(self.head.name,)))
        return [section for section in self.sections if section.blocks]

    def _container(self, element: etree._Element, path: tuple[str, ...], section: RawSection) -> None:
        """Read an element's own blocks into section and its sub-sections into sections of their own."""
        self.sections.append(section)
        around = Surroundings(section.path)
        for child in _flattened(element):
            _keep(around.leftover(at_end=child.tag in SECTIONS), section)
            if child.tag in SECTIONS:
                self._section(child, path)
                section = RawSection(path=section.path, code=section.code, superseded=section.superseded)
                self.sections.append(section)  # blocks after a sub-section keep their place in the document
            elif child.tag == "TABLE":
                self._table(child, section, around)
            elif child.tag == "TITLE":
                if text := flat_text(child):
                    around.heading(text)
            elif child.tag not in _IGNORED:
                self._paragraph(child, section, around)
        _keep(around.leftover(at_end=True), section)

    def _section(self, element: etree._Element, path: tuple[str, ...]) -> None:
        title_element = next((child for child in _flattened(element) if child.tag in ("TITLE", "COVER-TITLE")), None)
        title = normal_title(flat_text(title_element)[:_MAX_TITLE_CHARS]) if title_element is not None else ""
        if title_element is not None:
            title_element.tag = "COMMENT"  # read here; not a heading of its own section
        if not title and element.tag == "COVER":
            title = "표지"
        below = (*path, title) if title else path
        code = (title_element.get("AASSOCNOTE", "") if title_element is not None else "") or element.get(
            "AASSOCNOTE", ""
        )
        section = RawSection(path=below or (self.head.name,), code=code)
        if element.tag == "CORRECTION":
            self._correction(element, section)
        else:
            self._container(element, below, section)

    def _correction(self, element: etree._Element, section: RawSection) -> None:
        """Read a correction; what it quotes from before the correction goes to a section marked superseded."""
        old = RawSection(path=(*section.path, "정정 전"), code=section.code, superseded=True)
        self.sections += [section, old]
        around = Surroundings(section.path)
        current = section
        for child in _flattened(element):
            if child.tag in SECTIONS:
                self._section(child, section.path)
            elif child.tag == "TABLE":
                self.tables += 1
                grid = read_grid(child, nested=True)
                before = _column_named(grid, _BEFORE)
                if before is None:
                    self._add_table(grid, current, around, facts=False)
                else:
                    _split_correction(grid, before, section, old)
            elif child.tag not in _IGNORED:
                for line in flat_text(child).split("\n"):
                    if _AFTER.search(line) and len(line) < 30:
                        current = section
                    elif _BEFORE.search(line) and len(line) < 30:
                        current = old
                    if line:
                        current.blocks.append(RawBlock(text=line))
        _keep(around.leftover(at_end=True), section)

    def _paragraph(self, element: etree._Element, section: RawSection, around: Surroundings) -> None:
        text = flat_text(element)
        if not text:
            return
        lines = [line for line in text.split("\n") if around.line(line)]
        if lines:
            section.blocks.append(RawBlock(text="\n".join(lines)))

    def _table(self, element: etree._Element, section: RawSection, around: Surroundings) -> None:
        self.tables += 1
        nested = [child for child in element.iter("TABLE") if child is not element]
        nested = [child for child in nested if next(child.iterancestors("TABLE")) is element]
        grid = read_grid(element)
        if nested:
            for text in grid.texts():
                around.line(text)
                section.blocks.append(RawBlock(text=text))
            for child in nested:
                self._table(child, section, around)
            return
        self._add_table(grid, section, around, form=element.get("ACLASS") == "EXTRACTION")

    def _add_table(
        self, grid: Grid, section: RawSection, around: Surroundings, *, form: bool = False, facts: bool = True
    ) -> None:
        texts = grid.texts()
        if not texts:
            return
        if _is_caption(grid, texts):
            around.caption([" ".join(_row_texts(row)) for row in grid.rows])
            return
        if grid.width == 1 or len(grid.rows) == 1 and len(texts) == 1:
            around.pause()
            section.blocks.append(RawBlock(text="\n".join(texts)))
            return
        peeled, captions = _peel(grid)
        around.caption(captions)
        shown, context = around.take(peeled), self._context(section, around, peeled, form)
        candidates = tuple(read_facts(peeled, context, self.head.calendar)) if facts and not section.superseded else ()
        section.blocks.append(
            RawBlock(text=grid_markdown(peeled, shown), title=context.title or context.topic, candidates=candidates)
        )

    def _context(self, section: RawSection, around: Surroundings, grid: Grid, form: bool) -> TableContext:
        leaf = section.path[-1].replace(" ", "")
        title = around.title
        kind = OTHER
        if "주석" in leaf or around.in_notes:
            kind = NOTE
        elif _STATEMENTS.match(leaf):
            kind = CASH_FLOW if "현금흐름" in title.replace(" ", "") else STATEMENT
        elif "요약재무" in leaf:
            kind = SUMMARY
        elif form or any(cell.acode for row in grid.rows for cell in row):
            kind = FORM
        basis = basis_in(title) or around.basis or basis_in(leaf) or AUDIT.get(self.head.acode, "")
        if not basis and kind in (STATEMENT, CASH_FLOW, NOTE):
            basis = "별도"  # a periodic report's plain 재무제표 stand beside its 연결재무제표
        topic = around.topic(notes=kind == NOTE)
        others = bool(_OTHERS.search(leaf) or _OTHERS.search(title) or around.mentions(_OTHERS))
        if kind in (OTHER, NOTE) and _OTHERS.search(topic):
            others = False  # the items then carry the words that tell whose figures they are
        return TableContext(
            kind=kind, number=self.tables, topic=topic, title=title, basis=basis, units=around.units,
            dated_caption=around.dated, year=around.year(self.head.calendar), about_others=others,
            section=section.path[-1],
        )  # fmt: skip


def _keep(text: str, section: RawSection) -> None:
    if text:
        section.blocks.append(RawBlock(text=text))


def _flattened(element: etree._Element) -> Iterator[etree._Element]:
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if child.tag in _TRANSPARENT:
            yield from _flattened(child)
        else:
            yield child


def _is_caption(grid: Grid, texts: list[str]) -> bool:
    """A few cells that name a unit, a date or periods and hold no figure."""
    if grid.head_rows or len(grid.rows) > 9 or len(texts) > 12 or any(len(text) > 120 for text in texts):
        return False
    if any(is_figure(text) for text in texts):
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


def _row_texts(row: tuple[object, ...]) -> list[str]:
    texts: list[str] = []
    for cell in row:
        text = getattr(cell, "text", "")
        if text and (not texts or texts[-1] != text):
            texts.append(text)
    return texts


def _peel(grid: Grid) -> tuple[Grid, list[str]]:
    """Return the grid without leading rows that are captions ("(단위 : 원)" across the table), and those captions."""
    captions: list[str] = []
    cut = 0
    for row in grid.rows[:4]:
        texts = _row_texts(row)
        if (
            len(texts) != 1
            or len(grid.rows) - cut < 3
            or not (caption_units(texts[0]) is not None or row[0] is row[-1])
        ):
            break
        captions.append(texts[0])
        cut += 1
    if cut and not any(caption_units(text) is not None for text in captions):
        return grid, []
    if not cut:
        first = grid.rows[0][0].text if grid.rows else ""
        return grid, [first] if len(first) < 40 and caption_units(first) else []
    return Grid(grid.rows[cut:], max(grid.head_rows - cut, 0), grid.ragged), captions


def _column_named(grid: Grid, pattern: re.Pattern[str]) -> int | None:
    if not grid.rows:
        return None
    return next((x for x, cell in enumerate(grid.rows[0]) if len(cell.text) < 20 and pattern.search(cell.text)), None)


def _split_correction(grid: Grid, before: int, section: RawSection, old: RawSection) -> None:
    """Put a row's old text into the superseded section and the rest into the correction's own."""
    for row in grid.rows[1:]:
        kept = [cell.text for x, cell in enumerate(row) if x != before and cell.text]
        item = row[0].text
        if kept:
            section.blocks.append(RawBlock(text="\n".join(dict.fromkeys(kept))))
        if row[before].text:
            old.blocks.append(RawBlock(text=f"{item}\n{row[before].text}" if item and before else row[before].text))
