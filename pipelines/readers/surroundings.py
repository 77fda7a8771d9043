"""What stands before a table in its section: headings above it, its caption's unit and dates, the last sentence.

A caption holds for the next table only, and only while few paragraphs come between; a table with the same heading row
as the last one is its continuation and keeps that one's unit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pipelines.readers.labels import basis_in, clean_label
from pipelines.readers.periods import Calendar, Period, read_period
from pipelines.readers.table_grid import Grid
from pipelines.readers.units import caption_units

_MAX_GAP = 3
_MAX_HEADING_CHARS = 200
_RANKS = (  # what a heading begins with, outermost first
    r"^(?:[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]|[IVX]{1,5}\s*\.)",
    r"^\d{1,2}(?:-\d{1,2})?\s*\.(?!\d{2})",
    r"^\d{1,2}\.\d{1,2}\.?\s",
    r"^[가-하]\s*\.",
    r"^\(\s*\d{1,2}\s*\)|^\d{1,2}\s*\)",
    r"^\(?\s*[가-하]\s*\)|^[①-⑳]",
    r"^[\[<【〈《(◎○●□■◆◇▶▷ㆍ·-]",
)
_SENTENCE_END = re.compile(r"(?:다|음|임|함|요)\s*[.:]?$|습니다|[.,]$")
_UNIT_PART = re.compile(r"[(\[（]?\s*단\s{0,3}위[^)\]）]{0,40}[)\]）]?")
_GLUED = re.compile(r"(\d{1,2}\.\s{0,2}[가-힣][가-힣 ,ㆍ·]{1,24}?)\s{0,2}(?=\d{1,2}\.\d|\(\d{1,2}\)|\([가-하]\))")
_REFERENCE_DATE = re.compile(r"기준일\s*[:：]?|현재|[()<>\[\]〈〉:：]")
FOOTNOTE = re.compile(r"^(?:※|\(\s?\*|\*|주\s?\d{0,2}\)|\(주\d)")


class Surroundings:
    """The state of one section while it is read from top to bottom."""

    def __init__(self, path: Sequence[str], calendar: Calendar) -> None:
        self._calendar = calendar
        self._any_year = Calendar(annual=calendar.annual)
        self._headings: list[tuple[int, str]] = []
        self._section_title = path[-1] if path else ""
        self._captions: list[str] = []
        self._gap = 0
        self._last: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self.caption_number = 0
        self.period_lines: tuple[str, ...] = ()
        self.units: tuple[str, ...] = ()
        self.title = ""
        self.before = ""
        self.in_notes = False
        self._dates: list[str] = []
        self._unused: list[str] = []

    def heading(self, text: str) -> None:
        """Note a TITLE inside the section."""
        self._captions.append(text)
        self._gap = 0
        self._set_heading(text[:_MAX_HEADING_CHARS])

    def line(self, line: str) -> bool:
        """Note a line of a paragraph; return whether it is text of its own (a caption goes with its table)."""
        line = line.strip()
        if not line:
            return False
        if FOOTNOTE.match(line):
            self.pause()
            return True
        if len(line) < 90 and caption_units(line) is not None:
            self._note_caption(line)
            alone = _UNIT_PART.sub("", line).strip(" ()[]<>")
            if 2 < len(alone) < 60 and not _SENTENCE_END.search(alone):
                self._set_heading(alone)
            return False
        if self.is_dated(line):
            self._note_caption(line)
            return False
        self.pause()
        if len(line) <= 60 and not _SENTENCE_END.search(line):
            self._set_heading(line)
        else:
            self._prose(line)
        return True

    def pause(self) -> None:
        """Note something between a caption and its table; too much of it and the caption no longer holds."""
        self._gap += 1
        if self._gap > _MAX_GAP:
            self._drop()

    def caption(self, lines: Sequence[str], *, number: int = 0) -> None:
        """Note the lines of a caption table, and its number in the document."""
        self.caption_number = number or self.caption_number
        if (
            lines
            and self._gap == 0
            and self._captions
            and any(caption_units(line) is not None for line in self._captions)
        ):
            self._drop()
        for line in lines:
            if line.strip():
                self._note_caption(line.strip())

    def take(self, grid: Grid) -> list[str]:
        """Return the caption lines of the grid that comes now and fix units, title and dates for it."""
        header = tuple(cell.text for cell in grid.rows[0]) if grid.rows else ()
        captions, units = (
            self._captions,
            next((found for line in reversed(self._captions) if (found := caption_units(line)) is not None), None),
        )
        if units is None and header == self._last[0]:
            units = self._last[1]
        self.units = units or ()
        self.title = next(
            (alone for line in captions if len(alone := _alone(line)) > 2 and not self.is_dated(alone)), ""
        )
        self._dates = [_REFERENCE_DATE.sub(" ", _UNIT_PART.sub("", line)) for line in captions]
        self._last = (header, self.units)
        self.period_lines = tuple(alone for line in captions if self.is_dated(alone := _UNIT_PART.sub("", line).strip()))
        self._forget()
        return captions

    def period(self) -> Period | None:
        """Return the one period that the caption gives the whole table, None when it gives none or several."""
        if self._caption_period(self._any_year) is None:
            return None
        return self._caption_period(self._calendar) or Period(None)

    @property
    def since_first_day(self) -> bool:
        """Return whether the caption dates a part of the year, and only from the year's first day on."""
        found = [read_period(line, self._calendar) for line in self._dates]
        spans = {period.span for period in found if period is not None and period.stage > 1}
        return spans == {"누적"}

    @property
    def basis(self) -> str:
        """Return 연결 or 별도 from the nearest heading that says so."""
        return next((found for _, text in reversed(self._headings) if (found := basis_in(text))), "")

    def mentions(self, pattern: re.Pattern[str]) -> bool:
        """Return whether a heading or the sentence before the table matches."""
        return any(pattern.search(text) for text in (self.before, *(text for _, text in self._headings)))

    def topic(self, *, notes: bool) -> str:
        """Return what the table is about: the nearest heading; in notes the note's title and the nearest heading."""
        names = [name for _, text in self._headings if (name := _topic(text))]
        if notes:
            top = next((_topic(text) for rank, text in self._headings if rank <= 1), "")
            return " ".join(dict.fromkeys(part for part in (top, names[-1] if names else "") if part)) if top else ""
        return names[-1] if names else _topic(self._section_title)

    def _caption_period(self, calendar: Calendar) -> Period | None:
        read = [read_period(line, calendar) for line in self._dates]
        found = [period for period in read if period is not None and period.named and len(period.rest) < 3]
        return found[0] if len(found) == 1 else None

    def _note_caption(self, line: str) -> None:
        self._captions.append(line)
        self._gap = 0

    def leftover(self, *, at_end: bool = False) -> str:
        """Return caption lines that no table came to take, once; at_end also those that were still waiting."""
        if at_end:
            self._drop()
        text, self._unused = "\n".join(self._unused), []
        return text

    def _drop(self) -> None:
        self._unused += self._captions
        self._forget()

    def _forget(self) -> None:
        self._captions = []
        self._gap = 0

    def is_dated(self, line: str) -> bool:
        """Return whether a line names a period and nothing else."""
        if len(line) > 60:
            return False
        period = read_period(_REFERENCE_DATE.sub(" ", line), self._any_year)
        return period is not None and period.named and len(period.rest) < 3

    def _prose(self, line: str) -> None:
        """Note a sentence; one that begins with a number ends the headings it is level with."""
        rank = _rank(line)
        if rank < len(_RANKS) - 1:
            self._headings = [(other, kept) for other, kept in self._headings if other < rank]
            if match := _GLUED.match(line):
                self._set_heading(match[1])
        self.before = line

    def _set_heading(self, text: str) -> None:
        if not text:
            return
        rank = _rank(text)
        self._headings = [(other, kept) for other, kept in self._headings if other < rank] + [(rank, text)]
        if "석" in text and clean_label(text).replace(" ", "") in (
            "주석",
            "재무제표주석",
            "재무제표에대한주석",
            "연결재무제표에대한주석",
        ):
            self.in_notes = True
        self.before = ""


@lru_cache(maxsize=4096)
def _rank(text: str) -> int:
    return next((rank for rank, pattern in enumerate(_RANKS) if re.match(pattern, text)), len(_RANKS))


def _alone(line: str) -> str:
    return _UNIT_PART.sub("", line).strip(" ()[]<>:：")


@lru_cache(maxsize=4096)
def _topic(text: str) -> str:
    """Return a heading as a topic: no numbering, no remarks in brackets."""
    name = clean_label(_UNIT_PART.sub("", text))
    name = re.sub(r"\s*[(（\[<][^()（）\[\]<>]{0,40}[)）\]>]", "", name).strip(" <>[]()-:")
    return name if 1 < len(name) <= 40 else ""
