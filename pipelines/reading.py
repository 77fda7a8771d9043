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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure of a table: "가온누리전자 2023년 매출액: 1,234,567백만원".

    value is as printed, thousands separators kept, the sign written as a leading '-' whatever the table used (△, ()).
    unit is the one that holds for this cell ("백만원", "%", "원", "명"), or "" when the document gives none.
    """

    company: str
    fiscal_year: int
    item: str
    value: str
    unit: str
    basis: str = ""       # "연결", "별도", or "" when the document does not say
    locator: str = ""     # "table 12, row 3, column 2": where in the source

    @property
    def subject(self) -> str:
        """Return what the figure is of: company, year, basis and item."""
        return " ".join(part for part in (self.company, f"{self.fiscal_year}년", self.basis, self.item) if part)

    @property
    def line(self) -> str:
        """Return the fact as a line that stands on its own."""
        return f"{self.subject}: {self.value}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph (text, no facts), or one table (its Markdown in text, its figures in facts, possibly none)."""

    text: str
    title: str = ""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of a document. path holds the titles from the outermost in: ("III. 재무에 관한 사항", "1. 요약재무정보")."""

    path: tuple[str, ...]
    blocks: tuple[Block, ...]
    code: str = ""        # the source's own stable section code (DART: AASSOCNOTE), if any
    superseded: bool = False   # text the source itself calls outdated (DART: 정정 전)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One source document, read."""

    document: Document
    sections: tuple[Section, ...]
    status: Status = "OK"
    repairs: Mapping[str, int] = field(default_factory=dict)
    supersedes: str = ""       # doc_id or description of the filing this one amends
    question_answer: tuple[str, str] | None = None   # a QA CSV's pair, given by its author
