"""A section while it is being read: its blocks with candidates, before the document's figures are compared."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.readers.candidates import Candidate
from pipelines.reading import TableInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBlock:
    """A paragraph or table before the document's figures are compared."""

    text: str
    title: str = ""
    candidates: tuple[Candidate, ...] = ()
    table: TableInfo | None = None


@dataclass(slots=True, kw_only=True)
class RawSection:
    """A section while it is being read."""

    path: tuple[str, ...]
    code: str = ""
    superseded: bool = False
    blocks: list[RawBlock] = field(default_factory=list)
