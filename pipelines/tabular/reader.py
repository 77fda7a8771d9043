"""A table file opened: its layout first, then its rows in batches, and the rows that could not be taken.

    table = open_table(path, where="datasets/raw/hira/a.csv")
    for batch in table.batches(): ...
    table.rejected, table.warnings      # whole once the batches are read

Memory holds some blocks of a CSV, whatever its size; a workbook is held whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mundap.errors import DataError
from mundap.korean import nfc
from pipelines.readers.numerals import is_nil
from pipelines.tabular import columns as cells_of
from pipelines.tabular.delimited import Sample, sample, stream
from pipelines.tabular.encoding import Encoding, detect
from pipelines.tabular.header import Header, figure_columns, find_header, is_note
from pipelines.tabular.layout import Batch, Column, Layout, RejectedRow
from pipelines.tabular.workbook import read_sheet

_WORKBOOKS = (".xlsx", ".xlsm")
_SHEET_BATCH = 50_000
_SHEET_SAMPLE = 5_000   # rows that settle what a column holds


@dataclass(slots=True, kw_only=True)
class Table:
    """An opened table. numbers_parsed and rows grow as the batches are read; problems counts cells by what was wrong."""

    layout: Layout
    rejected: list[RejectedRow] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    numbers_parsed: int = 0
    first_wrong: dict[str, str] = field(default_factory=dict)
    _raw: Any = None
    _decomposed: bool = False

    @property
    def warnings(self) -> list[str]:
        """Return what was odd: the layout's warnings, then those of the rows read so far."""
        told = [f"{what} ({count} times)" if count > 1 else what for what, count in self.problems.items()]
        if self.rejected:
            first = self.rejected[0]
            told.append(f"{len(self.rejected)} rows were left out, the first is row {first.number}: {first.reason}")
        return [*self.layout.warnings, *told]

    def batches(self) -> Iterator[Batch]:
        """Yield the rows in order, header repeats and remarks below the table left out; may be called once.

        Raises:
            DataError: the rows cannot be taken apart, or a second header with other columns begins.
        """
        last = self.layout.header_last
        for raw in self._raw(self.rejected):
            numbers = _numbers(last, len(raw[0]), self.rejected)
            last = numbers[-1]
            batch = self._batch(raw, numbers)
            if len(batch):
                yield batch

    def _batch(self, raw: Sequence[Any], numbers: Sequence[int]) -> Batch:
        """Return one batch of text columns with every column as what it holds."""
        import pyarrow as pa

        texts = [cells_of.trimmed_array(cells, column.kind, decomposed=self._decomposed)
                 for column, cells in zip(self.layout.columns, raw, strict=True)]
        typed: dict[str, Any] = {}
        wrong: dict[str, list[tuple[int, str]]] = {}
        for column, array in zip(self.layout.columns, texts, strict=True):
            typed[column.name], wrong[column.name] = cells_of.typed(column.kind, array)
        gone = self._no_records(texts, typed, wrong, numbers)
        if gone:
            mask = pa.array([place not in gone for place in range(len(numbers))])
            typed = {name: array.filter(mask) for name, array in typed.items()}
        self._tell(wrong, gone, numbers)
        kept = [number for place, number in enumerate(numbers) if place not in gone] if gone else numbers
        words = [typed[column.name] for column in self.layout.columns if column.kind == "text"]
        figures = [typed[column.name] for column in self.layout.columns if column.kind != "text"]
        self.rows += len(kept)
        self.numbers_parsed += sum(len(typed[column.name]) - typed[column.name].null_count
                                   for column in self.layout.columns if column.kind == "number")
        return Batch(columns=typed, numbers=kept, marks=cells_of.marks(words, figures, len(kept)))

    def _tell(self, wrong: Mapping[str, Sequence[tuple[int, str]]], gone: set[int], numbers: Sequence[int]) -> None:
        """Count the cells that are not what their column holds; the first of each column is told."""
        for column in self.layout.columns:
            cells = [(place, text) for place, text in wrong[column.name] if place not in gone]
            if cells:
                if column.name not in self.first_wrong:
                    place, text = cells[0]
                    self.first_wrong[column.name] = f"row {numbers[place]}: {text[:40]!r}"
                self.problems[f"column {column.name!r}: a cell that is no {column.kind} was left empty, "
                              f"first {self.first_wrong[column.name]}"] += len(cells)

    def _no_records(self, texts: Sequence[Any], typed: Mapping[str, Any],
                    wrong: Mapping[str, Sequence[tuple[int, str]]], numbers: Sequence[int]) -> set[int]:
        """Return which rows are header repeats or remarks; refuse a second header with other columns."""
        figures = [column.name for column in self.layout.columns if column.kind == "number"]
        if not figures:
            return set()
        gone: set[int] = set()
        places = sorted({place for name in figures for place, _ in wrong[name]}
                        | set(cells_of.all_null([typed[name] for name in figures])))
        for place in places:
            row = [column[place].as_py() for column in texts]
            told = sum(1 for cell in row if cell)
            words = sum(any(place == at and not any(map(str.isdigit, text)) for at, text in wrong[name])
                        for name in figures)
            if self._is_header(row):
                self.problems["a repeat of the header was left out"] += 1
            elif told <= 2 and is_note(row):
                self.rejected.append(RejectedRow(number=numbers[place], reason="a remark", text=" ".join(row).strip()))
            elif len(figures) > 1 and words == len(figures):
                raise DataError(f"row {numbers[place]}: a second header begins, with other columns: "
                                f"{', '.join(cell for cell in row if cell)}.", where=self.layout.where,
                                fix="Put each table into a file of its own.")
            else:
                continue
            gone.add(place)
        return gone

    def _is_header(self, row: Sequence[str]) -> bool:
        return [cell.replace(" ", "") for cell in row] == [column.printed.replace(" ", "")
                                                           for column in self.layout.columns]


def open_table(path: Path, *, where: str, options: Mapping[str, Any] | None = None) -> Table:
    """Return a table opened: its encoding, delimiter, header and columns found, none of its rows read yet.

    options: encoding, delimiter, sheet, header_row (the header's last row, from 1), text_columns (names kept as text).

    Raises:
        DataError: the file is missing, empty, undecodable or damaged, or has no header.
        MissingExtra: a workbook, and python-calamine is not installed.
    """
    given = dict(options or {})
    if not path.is_file():
        raise DataError("there is no such file.", where=where, fix="Correct the source's path in data.yaml.")
    if path.suffix.lower() in _WORKBOOKS:
        return _open_workbook(path, where, given)
    return _open_text(path, where, given)


def _open_text(path: Path, where: str, given: Mapping[str, Any]) -> Table:
    encoding = detect(path, where, given.get("encoding"))
    found = sample(path, encoding, where, given.get("delimiter"))
    header = find_header([[nfc(cell) for cell in row] for row in found.rows], where, given.get("header_row"))
    kinds = _columns(header, found.rows[header.last + 1:], given)
    layout = _layout(where, header, kinds, format="tsv" if found.delimiter == "\t" else "csv", encoding=encoding.name,
                     delimiter=found.delimiter)
    if path.suffix.lower() == ".xls":
        raise DataError("the file is named .xls but holds text.", where=where, fix="Rename it to .csv.")
    return Table(layout=layout, _raw=_text_columns(path, encoding, found, header, where),
                 _decomposed=encoding.decomposed)


def _text_columns(path: Path, encoding: Encoding, found: Sample, header: Header, where: str) -> Any:
    def columns(rejected: list[RejectedRow]) -> Iterator[list[Any]]:
        for batch in stream(path, encoding, found, header.last + 1, len(header.names), where, rejected):
            if batch.num_rows:
                yield batch.columns
    return columns


def _open_workbook(path: Path, where: str, given: Mapping[str, Any]) -> Table:
    sheet = read_sheet(path, where, given.get("sheet"))
    rows = [[nfc(cell) for cell in row] for row in sheet.rows]
    header = find_header(rows[:400], f"{where}: sheet {sheet.name}", given.get("header_row"))
    layout = _layout(f"{where}: sheet {sheet.name}", header, _columns(header, rows[header.last + 1:_SHEET_SAMPLE], given),
                     format="xlsx", sheet=sheet.name, warnings=sheet.warnings)
    width = len(header.names)

    def columns(rejected: list[RejectedRow]) -> Iterator[list[Any]]:
        import pyarrow as pa

        body = [(*row, *[""] * width)[:width] for row in rows[header.last + 1:]]
        for start in range(0, len(body), _SHEET_BATCH):
            part = body[start:start + _SHEET_BATCH]
            yield [pa.array([row[at] for row in part], pa.string()) for at in range(width)]
    return Table(layout=layout, _raw=columns)


def _layout(where: str, header: Header, columns: Sequence[Column], *, warnings: Sequence[str] = (), **told: Any) -> Layout:
    title = next((note for note in header.notes if not is_note([note])), "")
    return Layout(where=where, header_first=header.first + 1, header_last=header.last + 1, columns=tuple(columns),
                  title=title, notes=header.notes, warnings=(*warnings, *header.warnings), **told)


def _columns(header: Header, rows: Sequence[Sequence[str]], given: Mapping[str, Any]) -> list[Column]:
    """Return the columns with what they hold, from the rows seen first; total, repeated and ragged rows do not count."""
    width, kept = len(header.names), []
    for row in rows:
        if len(row) == width and [cell.strip() for cell in row] != list(header.printed) and not is_note(row):
            kept.append(row)
    figures = figure_columns(kept, width)
    kept = [row for row in kept if not figures or not all(_is_word(row[at]) for at in figures)]  # a second header
    text = set(given.get("text_columns") or ())
    made = []
    for at, name in enumerate(header.names):
        kind, unit = cells_of.kind_of(name, [row[at] for row in kept])
        if name in text or header.printed[at] in text:
            kind, unit = "text", ""
        made.append(Column(name=name, printed=header.printed[at], kind=kind,
                           unit=(header.units[at] or unit) if kind == "number" else ""))
    return made


def _is_word(cell: str) -> bool:
    return not is_nil(cell) and not any(map(str.isdigit, cell))


def _numbers(last: int, length: int, rejected: Sequence[RejectedRow]) -> Sequence[int]:
    """Return the row numbers of the next `length` rows after row `last`, rejected rows passed over."""
    gone = {row.number for row in rejected if row.number > last}
    if not gone:
        return range(last + 1, last + 1 + length)
    found: list[int] = []
    while len(found) < length:
        last += 1
        if last not in gone:
            found.append(last)
    return found
