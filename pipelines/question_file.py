"""A file of questions, one after another, as a person keeps them: text, Markdown, CSV or JSON lines, by its suffix.

    .txt .md   one question a line; list marks and numbers are taken off, blank lines, # headings and rules passed over
    .csv       a column question (or 질문), and if there are any level (수준), as_of (기준일) and id (번호)
    .jsonl     {"question": "…", "level": "…", "as_of": "…", "id": "…"} a line; only the question must be there

Encodings and delimiters are those of the tabular reader: UTF-8, CP949, EUC-KR, UTF-16, told apart by strict decoding. A
line that cannot be taken is an error, never left out in silence. Does not know which levels there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap.day import read_day
from mundap.errors import DataError, closest
from mundap.korean import nfc

if TYPE_CHECKING:
    from pipelines.tabular.reader import Table

SUFFIXES = (".txt", ".md", ".csv", ".jsonl")
_COLUMNS = {"question": ("question", "질문"), "level": ("level", "수준"), "as_of": ("as_of", "기준일"), "id": ("id", "번호")}
_MARK = re.compile(r"^(?:[-*+]|[0-9]{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_PASSED_OVER = re.compile(r"#|(?:[-*_=]\s*){3,}$")
_QUOTE = "Put a question that holds a comma into double quotes."
_HEADER_ROWS = 20   # a header stands in one of the first rows, below a title perhaps


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuestion:
    """One question of a file; where names its line. level "" and as_of None: the file does not say."""

    text: str
    where: str
    level: str = ""
    as_of: int | None = None
    id: str = ""


def read_questions(path: Path) -> list[FileQuestion]:
    """Return a file's questions in their order, equal ones too.

    Raises:
        DataError: the file is missing, undecodable, of another kind or without a question, or a line cannot be taken.
    """
    where = path.name
    readers = {".txt": _lines, ".md": _lines, ".csv": _csv, ".jsonl": _jsonl}
    suffix = path.suffix.lower()
    if not path.is_file():
        raise DataError("there is no such file.", where=str(path), fix="Name a file of questions that is there.")
    if suffix not in readers:
        raise DataError(f"a file of questions does not end in {suffix or 'nothing'!r}.", where=str(path),
                        fix=f"{closest(suffix, SUFFIXES)}Use one of: {', '.join(SUFFIXES)}.")
    found = list(readers[suffix](path, where))
    if not found:
        raise DataError("there is no question in the file.", where=str(path), fix="Write one question a line.")
    return found


def _lines(path: Path, where: str) -> Iterator[FileQuestion]:
    for number, line in _numbered(path, where):
        text = line.strip()
        if not text or _PASSED_OVER.match(text):
            continue
        asked = _MARK.sub("", text)
        if asked.strip():
            yield _question({"question": asked}, f"{where}: line {number}")


def _jsonl(path: Path, where: str) -> Iterator[FileQuestion]:
    for number, line in _numbered(path, where):
        if not line.strip():
            continue
        place = f"{where}: line {number}"
        try:
            found = json.loads(line)
        except ValueError as error:
            raise DataError(f"this is no JSON: {error}.", where=place, fix='Write {"question": "…"} a line.') from error
        if not isinstance(found, dict):
            raise DataError("this is no JSON object.", where=place, fix='Write {"question": "…"} a line.')
        for name in _COLUMNS:
            if not isinstance(found.get(name), str | int | None) or isinstance(found.get(name), bool):
                raise DataError(f"{name} is no text.", where=place, fix=f'Write "{name}": "…".')
        if found.get("question") is None:
            raise DataError(f"there is no question, but {', '.join(map(repr, found)) or 'nothing'}.", where=place,
                            fix='Write {"question": "…"} a line.')
        yield _question(found, place)


def _csv(path: Path, where: str) -> Iterator[FileQuestion]:
    table = _table(path, where)
    columns = {role: next((column for name in names if (column := table.layout.column(name))), None)
               for role, names in _COLUMNS.items()}
    for batch in table.batches():
        cells = {role: batch.columns[column.name].to_pylist() for role, column in columns.items() if column}
        for place, number in enumerate(batch.numbers):
            values = {role: found[place] for role, found in cells.items()}
            if any(values.values()):
                yield _question(values, f"{where}: row {number}")
    if table.rejected:
        row = table.rejected[0]
        raise DataError(f"{row.reason}.", where=f"{where}: row {row.number}", fix=_QUOTE)


def _table(path: Path, where: str) -> Table:
    """Return a CSV opened as a table of texts, its header the row that names the questions."""
    from pipelines.tabular.delimited import sample
    from pipelines.tabular.encoding import detect
    from pipelines.tabular.reader import open_table

    first = sample(path, detect(path, where), where)
    rows = [[cell.strip() for cell in row] for row in first.rows[:_HEADER_ROWS]]
    at = next((at for at, row in enumerate(rows) if any(name in row for name in _COLUMNS["question"])), None)
    if at is None:
        names = next((row for row in rows if any(row)), [])
        raise DataError("there is no column of questions.", where=where,
                        fix=f"Name one column question or 질문; found: {', '.join(names)}.")
    delimiter = first.delimiter if len(rows[at]) > 1 else ","   # in a single column any other stands inside a question
    table = open_table(path, where=where, options={"header_row": at + 1, "delimiter": delimiter, "text_columns": rows[at]})
    if len(table.layout.columns) != len(rows[at]):
        raise DataError(f"the header has {len(rows[at])} columns, the rows below mostly {len(table.layout.columns)}.",
                        where=f"{where}: row {at + 1}", fix=_QUOTE)
    return table


def _question(values: Mapping[str, Any], where: str) -> FileQuestion:
    """Return the question of one line; values of None or "" are not told."""
    told = {name: " ".join(nfc(str(values[name])).split()) for name in _COLUMNS if values.get(name) not in (None, "")}
    if not told.get("question"):
        raise DataError("there is no question.", where=where, fix="Write one, or take the line out.")
    day = told.get("as_of")
    return FileQuestion(text=told["question"], where=where, level=told.get("level", ""), id=told.get("id", ""),
                        as_of=read_day(day, where=f"{where}: as_of") if day else None)


def _numbered(path: Path, where: str) -> Iterator[tuple[int, str]]:
    """Yield a text file's lines with their numbers from 1."""
    from pipelines.tabular.encoding import detect

    encoding = detect(path, where)
    text = path.read_bytes()[encoding.bom:].decode(encoding.codec)
    yield from enumerate(re.split(r"\r\n|\r|\n", text), start=1)
