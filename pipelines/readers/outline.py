"""A DART document's BODY as sections in order: paragraphs, and tables with what stands around them.

LIBRARY and INSERTION are transparent; a contents page, page breaks and images are left out. A table's caption (unit,
periods, statement name) stands in a borderless table or paragraph before it and is printed above it, not on its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from lxml import etree

from pipelines.readers.accounting import Tally
from pipelines.readers.corrections import AFTER, BEFORE, old_column, split_correction
from pipelines.readers.dart_head import Head
from pipelines.readers.labels import normal_title
from pipelines.readers.raw_section import RawBlock, RawSection
from pipelines.readers.surroundings import Surroundings
from pipelines.readers.table_blocks import TableBlocks
from pipelines.readers.table_grid import flat_text, read_grid
from pipelines.reading import TableInfo

__all__ = ["SECTIONS", "OutlineReader", "RawBlock", "RawSection"]

SECTIONS = frozenset({"PART", "SECTION-1", "SECTION-2", "SECTION-3", "COVER", "CORRECTION", "APPENDIX"})
_TRANSPARENT = frozenset({"LIBRARY", "INSERTION", "TABLE-GROUP", "BODY", "DOCUMENT", "IMAGE"})
_IGNORED = frozenset(
    "TOC PGBRK IMG COMMENT LIBRARYLIST FILENAME WARNING SUMMARY EXTRACTION DOCUMENT-HEADER "
    "DOCUMENT-NAME FORMULA-VERSION COMPANY-NAME".split()
)
_MAX_TITLE_CHARS = 200


class OutlineReader:
    """Walks one document once; tables are numbered in the order they stand in it."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.sections: list[RawSection] = []
        self.tally = Tally()
        self.tables = TableBlocks(head, self.tally)
        self._titles: list[str] = []
        self._titled: set[int] = set()  # id() of the sections that a title of the source begins

    def read(self, root: etree._Element) -> list[RawSection]:
        """Return the sections that hold any text, in document order."""
        self._container(root, (), RawSection(path=(self.head.name,)))
        self.tables.close()
        sections = self._worth_keeping()
        self._note_titles(sections)
        return sections

    def _worth_keeping(self) -> list[RawSection]:
        """Return the sections that hold text, and those without whose title no other section's path says."""
        after: list[tuple[str, ...]] = []  # the path of the next section with text, for each section
        path: tuple[str, ...] = ()
        for section in reversed(self.sections):
            after.append(path)
            path = section.path if section.blocks else path
        kept: list[RawSection] = []
        for section, following in zip(self.sections, reversed(after), strict=True):
            paths = (kept[-1].path if kept else (), following)
            said = any(other[: len(section.path)] == section.path for other in paths)
            if section.blocks or (id(section) in self._titled and not said):
                kept.append(section)
        return kept

    def _note_titles(self, sections: Sequence[RawSection]) -> None:
        """Note the titles that are not the source's ("표지"), and those that are said once for two sections."""
        printed: Counter[str] = Counter()
        before: tuple[str, ...] = ()
        for section in sections:
            shared = next((depth for depth, (one, other) in enumerate(zip(before, section.path, strict=False))
                           if one != other), min(len(before), len(section.path)))
            printed.update(section.path[shared:])
            before = section.path
        own = Counter(self._titles)
        for title, count in (printed - own).items():
            self.tally.repeat(title, count)
        for title, count in (own - printed).items():
            if title in printed:
                self.tally.leave_out("repeated titles", title * count)

    def _container(
        self, element: etree._Element, path: tuple[str, ...], section: RawSection,
        title: etree._Element | None = None,
    ) -> None:  # fmt: skip
        """Read an element's own blocks into section and its sub-sections into sections of their own."""
        self.sections.append(section)
        around = Surroundings(section.path, self.head.calendar)
        for child in _flattened(element):
            self._keep(around, section, at_end=child.tag in SECTIONS)
            if child.tag in SECTIONS:
                self._section(child, path)
                section = RawSection(path=section.path, code=section.code, superseded=section.superseded)
                self.sections.append(section)  # blocks after a sub-section keep their place in the document
            elif child.tag == "TABLE":
                self._table(child, section, around)
            elif child is title:
                continue  # read already: the section's own
            elif child.tag == "TITLE":
                if text := flat_text(child):
                    around.heading(text)
            elif child.tag not in _IGNORED:
                self._paragraph(child, section, around)
            else:
                self.tally.leave_out(str(child.tag), _all_text(child))
        self._keep(around, section, at_end=True)

    def _section(self, element: etree._Element, path: tuple[str, ...]) -> None:
        title_element = next((child for child in _flattened(element) if child.tag in ("TITLE", "COVER-TITLE")), None)
        whole = flat_text(title_element) if title_element is not None else ""
        title = normal_title(whole[:_MAX_TITLE_CHARS])
        self._titles += [title] if title else []
        if not title and element.tag == "COVER":
            title = "표지"
        below = (*path, title) if title else path
        code = (title_element.get("AASSOCNOTE", "") if title_element is not None else "") or element.get(
            "AASSOCNOTE", ""
        )
        section = RawSection(path=below or (self.head.name,), code=code)
        if title_element is not None and title:
            self._titled.add(id(section))
        if len(whole) > _MAX_TITLE_CHARS:
            section.blocks.append(RawBlock(text=whole[_MAX_TITLE_CHARS:]))
        if element.tag == "CORRECTION":
            self._correction(element, section, title_element)
        else:
            self._container(element, below, section, title_element)

    def _correction(self, element: etree._Element, section: RawSection, title: etree._Element | None) -> None:
        """Read a correction; what it quotes from before the correction goes to a section marked superseded."""
        old = RawSection(path=(*section.path, "정정 전"), code=section.code, superseded=True)
        self.sections += [section, old]
        around = Surroundings(section.path, self.head.calendar)
        current = section
        for child in _flattened(element):
            if child.tag in SECTIONS:
                self._section(child, section.path)
            elif child.tag == "TABLE":
                self.tables.number += 1
                grid = read_grid(child, nested=True)
                before = old_column(grid)
                if before is None:
                    self.tables.add(grid, current, around, facts=False, borderless=child.get("BORDER") == "0")
                else:
                    split_correction(grid, before, section, old, self.tally)
            elif child is title:
                continue
            elif child.tag in _IGNORED:
                self.tally.leave_out(str(child.tag), _all_text(child))
            else:
                for line in flat_text(child).split("\n"):
                    if AFTER.search(line) and len(line) < 30:
                        current = section
                    elif BEFORE.search(line) and len(line) < 30:
                        current = old
                    if line:
                        current.blocks.append(RawBlock(text=line))
        self._keep(around, section, at_end=True)

    def _paragraph(self, element: etree._Element, section: RawSection, around: Surroundings) -> None:
        text = flat_text(element)
        if not text:
            return
        lines = [line for line in text.split("\n") if around.line(line)]
        if lines:
            section.blocks.append(RawBlock(text="\n".join(lines)))
            self.tables.footnote(section)

    def _table(self, element: etree._Element, section: RawSection, around: Surroundings) -> None:
        self.tables.number += 1
        nested = [child for child in element.iter("TABLE") if child is not element]
        nested = [child for child in nested if next(child.iterancestors("TABLE")) is element]
        grid = read_grid(element)
        if nested:
            for text in grid.texts():
                if around.line(text):
                    self.tables.add_text(text, section, "layout")
            for child in nested:
                self._table(child, section, around)
            return
        self.tables.add(grid, section, around, form=element.get("ACLASS") == "EXTRACTION",
                        borderless=element.get("BORDER") == "0")

    def _keep(self, around: Surroundings, section: RawSection, *, at_end: bool) -> None:
        """Add caption lines that no table came to take."""
        if text := around.leftover(at_end=at_end):
            info = TableInfo(number=around.caption_number, kind="caption") if around.caption_number else None
            section.blocks.append(RawBlock(text=text, table=info))


def _flattened(element: etree._Element) -> Iterator[etree._Element]:
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if child.tag in _TRANSPARENT:
            yield from _flattened(child)
        else:
            yield child


def _all_text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())
