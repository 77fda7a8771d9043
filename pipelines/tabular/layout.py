"""What a table is: where its header stands, its columns, and a batch of its rows. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "number", "date"]
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name without the unit, the name as printed, what it holds, and its unit ("" when none is told)."""

    name: str
    printed: str
    kind: Kind = "text"
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is laid out. Row numbers count from 1, as a spreadsheet shows them; a quoted newline makes no row.

    warnings say what was odd and what was done about it before the first row was read.
    """

    where: str
    format: Literal["csv", "tsv", "xlsx"]
    encoding: str = ""                # "utf-8", "utf-8-sig", "euc-kr", "cp949", "utf-16-le", "utf-16-be"; "" for XLSX
    delimiter: str = ""
    sheet: str = ""
    title: str = ""
    notes: tuple[str, ...] = ()
    header_first: int
    header_last: int
    columns: tuple[Column, ...]
    warnings: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Return the columns' names in order; no two are equal."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column | None:
        """Return the column of a name, with or without its unit, or None."""
        return next((column for column in self.columns if name in (column.name, column.printed)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows. columns: name -> Arrow array (text: string; number: int64, or decimal128 where a fraction occurs, null
    for nil; date: string "2024-12-31", "2024-12" or "2024"). numbers are the row numbers in the file; marks is "",
    "blank" or "total" for each row.
    """

    columns: Mapping[str, Any]
    numbers: Sequence[int]
    marks: Sequence[str]

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that is not in any batch: its number, why, and its text as it stands in the file."""

    number: int
    reason: str
    text: str
