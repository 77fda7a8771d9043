"""CSV and TSV as a stream of Arrow batches of text: the delimiter, the first rows, and the rest in flat memory.

Arrow's CSV reader was measured beside pandas and polars and is the engine: the fastest of the three, in the least
memory, and the only one that hands back each ragged row with its number; benchmarks/tables.py repeats the comparison.
"""

from __future__ import annotations

import codecs
import csv
import io
import queue
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import DataError
from pipelines.tabular.encoding import BLOCK, Encoding
from pipelines.tabular.header import SAMPLE_ROWS
from pipelines.tabular.layout import RejectedRow

_SAMPLE_BYTES = 2**20
_DELIMITERS = (",", "\t", ";", "|")
_AHEAD = 2  # blocks read while one is worked on
_MAX_CELL_BYTES = BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a file, and for each the count of characters before it; whole: there are no more."""

    rows: list[list[str]]
    starts: list[int]
    text: str
    delimiter: str
    whole: bool


def sample(path: Path, encoding: Encoding, where: str, given: str | None = None) -> Sample:
    """Return the first rows of a file and the delimiter that fits them (or the given one).

    Raises:
        DataError: a quote is not closed or not doubled.
    """
    with path.open("rb") as file:
        file.seek(encoding.bom)
        data = file.read(_SAMPLE_BYTES)
        whole = not file.read(1)
    text = codecs.getincrementaldecoder(encoding.codec)("strict").decode(data, final=whole)
    delimiter = given or _delimiter(text, path.suffix.lower())
    rows, starts = _rows(text, delimiter, where, whole)
    return Sample(rows=rows, starts=starts, text=text, delimiter=delimiter, whole=whole)


def _delimiter(text: str, suffix: str) -> str:
    """Return the delimiter that makes the most rows of one width above 1; a tab or a comma, by suffix, when none does."""
    best, chosen = 0.0, "\t" if suffix == ".tsv" else ","
    for delimiter in _DELIMITERS:
        rows = []
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                rows.append(len(row))
                if len(rows) == SAMPLE_ROWS:
                    break
        except csv.Error:
            continue
        counted = Counter(width for width in rows if width > 1)
        if counted:
            score = max(counted.values()) / len(rows)
            if score > best:
                best, chosen = score, delimiter
    return chosen


def _rows(text: str, delimiter: str, where: str, whole: bool) -> tuple[list[list[str]], list[int]]:
    """Return up to SAMPLE_ROWS rows and where each begins; the last of a cut text is left out."""
    lines = list(io.StringIO(text, newline=""))
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + len(line))
    csv.field_size_limit(_MAX_CELL_BYTES)
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    starts: list[int] = []
    read = 0
    while len(rows) < SAMPLE_ROWS:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if not whole and reader.line_num >= len(lines):
                break   # the sample ends inside a quoted cell
            raise DataError(f"row {len(rows) + 1} cannot be taken apart ({error}).", where=where,
                            fix="Close every double quote, and write a quote inside a cell twice.") from error
        rows.append(row)
        starts.append(ends[read])
        read = reader.line_num
    if not whole and read >= len(lines) and len(rows) > 1:
        rows.pop()
        starts.pop()
    return rows, starts


def stream(path: Path, encoding: Encoding, found: Sample, first: int, width: int, where: str,
           rejected: list[RejectedRow]) -> Iterator[Any]:
    """Yield record batches of text columns c0, c1, … from the sample's row `first` on; ragged rows go to rejected.

    A row's number is its place in the file, counted from 1. Two blocks are read ahead in a thread of their own.

    Raises:
        DataError: a quote is not closed, or a cell is larger than a block.
    """
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    if first >= len(found.rows) and found.whole:
        return

    def refuse(row: Any) -> str:
        reason = f"{row.actual_columns} cells where the header has {width}"
        rejected.append(RejectedRow(number=first + row.number, reason=reason, text=row.text))
        return "skip"

    names = [f"c{at}" for at in range(width)]
    skipped = found.starts[first] if first < len(found.starts) else len(found.text)
    source = _Utf8(path, encoding, found.text[:skipped])
    options = {
        "read_options": arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
        "parse_options": arrow_csv.ParseOptions(delimiter=found.delimiter, newlines_in_values=True,
                                                ignore_empty_lines=False, invalid_row_handler=refuse),
        "convert_options": arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()),
                                                    strings_can_be_null=False),
    }
    try:
        yield from _ahead(lambda: iter(arrow_csv.open_csv(source, **options)))
    except pa.ArrowInvalid as error:
        told = str(error).splitlines()[0]
        raise DataError(f"the rows cannot be taken apart after row {_last(rejected, first)}: {told}.", where=where,
                        fix="Close every double quote, and write a quote inside a cell twice.") from error


class _Utf8(io.RawIOBase):
    """A file's bytes as UTF-8 from a place on; a file that is UTF-8 is passed through."""

    def __init__(self, path: Path, encoding: Encoding, before: str) -> None:
        self._file = path.open("rb")
        self._decoder = None if encoding.is_utf8 else codecs.getincrementaldecoder(encoding.codec)("strict")
        self._file.seek(encoding.bom + (len(before.encode()) if encoding.is_utf8 else 0))
        self._skip = 0 if encoding.is_utf8 else len(before)
        self._held = b""

    def readable(self) -> bool:
        """Return True: Arrow asks."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to size bytes of UTF-8; b"" at the end."""
        if self._decoder is None:
            return self._file.read(size)
        while len(self._held) < max(size, 1):
            data = self._file.read(BLOCK)
            text = self._decoder.decode(data, final=not data)
            cut, self._skip = text[self._skip:], max(0, self._skip - len(text))
            self._held += cut.encode()
            if not data:
                break
        given, self._held = (self._held, b"") if size < 0 else (self._held[:size], self._held[size:])
        return given

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def _ahead(start: Any) -> Iterator[Any]:
    """Yield what an iterator gives, up to _AHEAD items of it made in a thread beforehand; its errors rise here."""
    held: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=_AHEAD)
    stop = threading.Event()

    def put(item: tuple[str, Any]) -> None:
        while not stop.is_set():
            try:
                held.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for value in start():
                put(("value", value))
                if stop.is_set():
                    return
            put(("end", None))
        except Exception as error:  # handed to the reader of the queue, which raises it
            put(("error", error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            what, value = held.get()
            if what == "end":
                return
            if what == "error":
                raise value
            yield value
    finally:
        stop.set()
        thread.join()


def _last(rejected: Sequence[RejectedRow], first: int) -> int:
    return max((row.number for row in rejected), default=first)
