"""A CSV of questions and answers as Readings, one for each row: its document, its text, and the pair itself.

    question,answer,category,difficulty
    전세 계약 만료 후 보증금을 못 받으면?,임차권등기명령을 신청할 수 있습니다.,전세사기,초급

options: columns (which column holds question, answer, category, difficulty), title, publisher, date. A row without a
question or an answer becomes a Reading with status FAILED and the reason as the key of its repairs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mundap import korean, paths
from mundap.document import Document
from mundap.errors import DataError, closest
from pipelines.readers.decode import REPLACED, decode
from pipelines.reading import Block, Reading, Section

ROLES = ("question", "answer", "category", "difficulty")
_REQUIRED = ("question", "answer")
_MAX_FIELD_CHARS = 1_000_000
DOC_TYPE = "문답"


def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield one Reading for each data row of the file, or of every .csv file below a folder in sorted order.

    Raises:
        DataError: a file is missing, empty, undecodable, lacks its header or a column, or has a ragged row.
    """
    where = paths.show(path, project)
    if not path.exists():
        raise DataError("there is no such file or folder.", where=where, fix="Correct the source's path in data.yaml.")
    files = (
        [path]
        if path.is_file()
        else sorted(file for file in path.rglob("*") if file.suffix.lower() == ".csv" and file.is_file())
    )
    if not files:
        raise DataError(
            "the folder holds no .csv file.", where=where, fix="Put the CSV there, or correct the path in data.yaml."
        )
    for file in files:
        yield from _read_file(file, project, options)


def _read_file(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    where = paths.show(path, project)
    rows = _rows(_text(path, where), where)
    header = next(rows, (0, []))[1]
    names = [korean.nfc(name).strip() for name in header]
    if not any(names):
        raise DataError(
            "the file is empty: there is no header line.",
            where=where,
            fix="Begin it with a header such as: question,answer,category,difficulty",
        )
    places = _places(names, options.get("columns") or {}, where)
    count = 0
    for row_number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise DataError(
                f"row {row_number}: {len(cells)} cells, but the header has {len(names)} columns.",
                where=where,
                fix="Put cells that hold a comma, a quote or a line break between double quotes.",
            )
        count += 1
        values = {role: korean.nfc(cells[place]).strip() for role, place in places.items()}
        yield _reading(values, row_number, count, path, where, options)
    if not count:
        raise DataError("the file has a header but no rows.", where=where, fix="Add at least one question and answer.")


def _text(path: Path, where: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"the file cannot be read: {error.strerror}.", where=where, fix="Check its permissions."
        ) from error
    if not data.strip():
        raise DataError(
            "the file is empty.",
            where=where,
            fix="Begin it with a header such as: question,answer,category,difficulty",
        )
    text, repairs = decode(data)
    if REPLACED in repairs or "\x00" in text:
        raise DataError("the file is neither UTF-8 nor CP949 text.", where=where, fix="Save it as CSV UTF-8.")
    return text


def _rows(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number counted from the header as 1, cells)."""
    csv.field_size_limit(_MAX_FIELD_CHARS)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"row {number + 1} (line {reader.line_num}): the CSV is malformed ({error}).",
                where=where,
                fix="Close every double quote, and write a quote inside a cell twice.",
            ) from error
        number += 1
        yield number, cells


def _places(names: list[str], columns: Mapping[str, str], where: str) -> dict[str, int]:
    """Return which cell holds each role; question and answer must be there, a named column must exist."""
    places: dict[str, int] = {}
    for role in ROLES:
        wanted = str(columns.get(role, role))
        if wanted in names:
            places[role] = names.index(wanted)
        elif role in _REQUIRED or role in columns:
            raise DataError(
                f"there is no column {wanted!r} for {role}.", where=f"{where}: row 1",
                fix=f"{closest(wanted, names)}Columns found: {', '.join(names)}.\n"
                    f"Correct the header, or name the column in data.yaml under columns: {{{role}: …}}.",
            )  # fmt: skip
    return places


def _reading(
    values: Mapping[str, str], row_number: int, count: int, path: Path, where: str, options: Mapping[str, Any]
) -> Reading:
    question, answer = values["question"], values["answer"]
    category, difficulty = values.get("category", ""), values.get("difficulty", "")
    missing = [role for role in _REQUIRED if not values[role]]
    fields: dict[str, Any] = {"category": category, "difficulty": difficulty, "row": row_number}
    text = f"질문: {' '.join(question.split())}\n답변: {answer}"
    document = Document(
        doc_id=f"{path.stem}-{count:04d}", title=str(options.get("title") or path.stem), source=where,
        publisher=str(options.get("publisher") or ""), date=_date(options, where), doc_type=DOC_TYPE,
        body=text if not missing else "", fields=fields,
    )  # fmt: skip
    if missing:
        return Reading(
            document=document,
            sections=(),
            status="FAILED",
            repairs={f"row {row_number}: empty {' and '.join(missing)}": 1},
        )
    section = Section(path=(category,) if category else (), blocks=(Block(text=text, title=question),))
    return Reading(document=document, sections=(section,), question_answer=(question, answer))


def _date(options: Mapping[str, Any], where: str) -> int:
    text = str(options.get("date") or 0)
    if text != "0" and not (text.isdigit() and len(text) == 8):
        raise DataError(
            f"date: {text!r} is not a date as YYYYMMDD.", where=where, fix="Write it like 20250101 in data.yaml."
        )
    return int(text)
