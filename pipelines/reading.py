"""What every reader hands on: a document, its sections in order, and what had to be repaired to read it.

A reader turns one source file into one or more Readings. A section's blocks are paragraphs of text, or facts: figures
taken from a table, each of which can be said on a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mundap.document import Document

Status = Literal["OK", "REPAIRED", "RECOVERED", "FAILED"]
TableKind = Literal["data", "layout", "signature", "caption"]
Source = Literal["table", "xbrl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure of a table: "가온누리전자 2023년 매출액: 1,234,567백만원".

    value is as printed, thousands separators kept, the sign written as a leading '-' whatever the table used (△, ()).
    unit is the one that holds for this cell ("백만원", "%", "원", "명"), or "" when the document gives none.
    period is the part of fiscal_year that the figure covers, as a Korean reader says it: "" is the whole year, or its end
    for a balance; "1분기", "2분기", "3분기", "4분기" are three months, "상반기" and "3분기 누적" run from the year's first
    day, and "1분기말", "반기말", "3분기말" are balances.
    """

    company: str
    fiscal_year: int
    item: str
    value: str
    unit: str
    basis: str = ""       # "연결", "별도", or "" when the document does not say
    locator: str = ""     # "table 12, row 3, column 2": where in the source
    period: str = ""
    source: Source = "table"   # what named the year and basis: the table's headings, or the cell's XBRL context

    @property
    def subject(self) -> str:
        """Return what the figure is of: company, year, period, basis and item."""
        year = f"{self.fiscal_year}년"
        return " ".join(part for part in (self.company, year, self.period, self.basis, self.item) if part)

    @property
    def line(self) -> str:
        """Return the fact as a line that stands on its own."""
        return f"{self.subject}: {self.value}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """What one table is, and what stands around it in the source.

    number counts the source's tables from 1, in document order; a table put together from several has the first one's
    number and says in joined how many there were. rows and columns are those of its grid, header_rows included.
    """

    number: int
    kind: TableKind = "data"
    title: str = ""
    period: str = ""           # the caption's lines on periods and dates, as printed
    basis: str = ""            # "연결", "별도", or ""
    units: tuple[str, ...] = ()     # one for each column, "" where none is sure
    header_rows: int = 0
    rows: int = 0
    columns: int = 0
    footnotes: tuple[str, ...] = ()  # "(*) ...", "※ ...", "(주1) ..." after the table, as printed
    joined: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph (text, no facts), or one table (its Markdown in text, its figures in facts, possibly none)."""

    text: str
    title: str = ""
    facts: tuple[Fact, ...] = ()
    table: TableInfo | None = None
    cite: str = ""        # what a person calls this part of its section: "제2항 제1호"
    lead: str = ""        # the sentence this part depends on ("다음 각 호의 …"): repeated where a chunk begins here
    links: tuple[str, ...] = ()   # what the text refers to: breadcrumbs where known, else the reference as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of a document. path holds the titles from the outermost in: ("III. 재무에 관한 사항", "1. 요약재무정보")."""

    path: tuple[str, ...]
    blocks: tuple[Block, ...]
    code: str = ""        # the source's own stable section code (DART: AASSOCNOTE), if any
    superseded: bool = False   # text the source itself calls outdated (DART: 정정 전)
    cite: str = ""        # what a person calls the section, when its path is not that: "민법 제3조의2"
    extra: Mapping[str, str | int] = field(default_factory=dict)   # flat values that its chunks carry to be filtered by


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One source document, read."""

    document: Document
    sections: tuple[Section, ...]
    status: Status = "OK"
    repairs: Mapping[str, int] = field(default_factory=dict)
    supersedes: str = ""       # doc_id or description of the filing this one amends
    question_answer: tuple[str, str] | None = None   # a QA CSV's pair, given by its author
    # non-blank characters of the source not in the output: by the name of what was left out on purpose ("TOC"), and under
    # "unaccounted" those missing without a reason
    left_out: Mapping[str, int] = field(default_factory=dict)
