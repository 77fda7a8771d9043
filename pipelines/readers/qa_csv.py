"""A table of questions and answers as Readings, one for each row: its document, its text, and the pair itself.

    question,answer,category,difficulty
    전세 계약 만료 후 보증금을 못 받으면?,임차권등기명령을 신청할 수 있습니다.,전세사기,초급

options: columns (which column holds question, answer, category, difficulty), categories and difficulties (only these
rows), mask (kinds of personal data, masked at once), title, publisher, date, and the table reader's encoding, sheet and
header_row. A row without a question or an answer, or with another number of cells than the header, becomes a Reading with
status FAILED and the reason as the key of its repairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap import paths
from mundap.document import Document
from mundap.errors import DataError, closest
from pipelines.quality.personal_data import mask, personal_spans
from pipelines.reading import Block, Reading, Section
from pipelines.tabular.layout import SUFFIXES, Layout, RejectedRow

if TYPE_CHECKING:
    from pipelines.tabular.reader import Table

ROLES = ("question", "answer", "category", "difficulty")
_REQUIRED = ("question", "answer")
_FILTERS = {"categories": "category", "difficulties": "difficulty"}
DOC_TYPE = "문답"


def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield one Reading for each data row of the file, or of every table below a folder in sorted order.

    Raises:
        DataError: a file is missing, empty, undecodable, lacks its header, a column, or every row of a category asked for.
    """
    where = paths.show(path, project)
    if not path.exists():
        raise DataError("there is no such file or folder.", where=where, fix="Correct the source's path in data.yaml.")
    files = (
        [path]
        if path.is_file()
        else sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    )
    if not files:
        raise DataError(
            "the folder holds no .csv, .tsv or .xlsx file.", where=where,
            fix="Put the table there, or correct the path in data.yaml.",
        )  # fmt: skip
    met: dict[str, Counter[str]] = {role: Counter() for role in _FILTERS.values()}
    for file in files:
        yield from _read_file(file, project, options, met)
    for name, role in _FILTERS.items():
        for wanted in options.get(name) or ():
            if not met[role][wanted]:
                raise DataError(f"{name}: no row has the {role} {wanted!r}.", where=where,
                                fix=f"{closest(wanted, met[role])}Found: {', '.join(met[role]) or 'none'}.")  # fmt: skip


def _read_file(path: Path, project: Path, options: Mapping[str, Any], met: Mapping[str, Counter[str]]
               ) -> Iterator[Reading]:  # fmt: skip
    from pipelines.tabular.reader import open_table  # it uses this package's numerals, so it cannot be loaded with it

    where = paths.show(path, project)
    given = {name: options[name] for name in ("encoding", "sheet", "header_row") if options.get(name)}
    columns = options.get("columns") or {}
    table = open_table(path, where=where, options=given | {
        "text_columns": [str(columns.get(role, role)) for role in ROLES]})  # fmt: skip
    places = _places(table.layout, columns, where)
    count = 0
    for row_number, values in _rows(table, places):
        count += 1
        if isinstance(values, RejectedRow):
            yield _failed(values, count, path, where, options)
            continue
        for role in met:
            met[role][values.get(role, "")] += 1
        if all(not options.get(name) or values.get(role, "") in options[name] for name, role in _FILTERS.items()):
            yield _reading(values, row_number, count, path, where, options)
    if not count:
        raise DataError("the file has a header but no rows.", where=where, fix="Add at least one question and answer.")


def _rows(table: Table, places: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str] | RejectedRow]]:
    """Yield each row that is not blank in the order of the file, those the table reader left out among them."""
    told = 0
    for batch in table.batches():
        held = {role: batch.columns[name].to_pylist() for role, name in places.items()}
        for at, number in enumerate(batch.numbers):
            while told < len(table.rejected) and table.rejected[told].number < number:
                yield table.rejected[told].number, table.rejected[told]
                told += 1
            if batch.marks[at] != "blank":
                yield number, {role: cells[at] for role, cells in held.items()}
    for row in table.rejected[told:]:
        yield row.number, row


def _places(layout: Layout, columns: Mapping[str, str], where: str) -> dict[str, str]:
    """Return the column of each role; question and answer must be there, a named column must exist."""
    places: dict[str, str] = {}
    for role in ROLES:
        wanted = str(columns.get(role, role))
        column = layout.column(wanted)
        if column:
            places[role] = column.name
        elif role in _REQUIRED or role in columns:
            raise DataError(
                f"there is no column {wanted!r} for {role}.", where=f"{where}: row {layout.header_last}",
                fix=f"{closest(wanted, layout.names)}Columns found: {', '.join(layout.names)}.\n"
                    f"Correct the header, or name the column in data.yaml under columns: {{{role}: …}}.",
            )  # fmt: skip
    return places


def _failed(row: RejectedRow, count: int, path: Path, where: str, options: Mapping[str, Any]) -> Reading:
    """Return a row that could not be taken apart, its reason kept."""
    # A number right after a comma is taken for part of an amount, so the cells are set apart first.
    text = _masked(row.text.replace(",", ", "), options)[0] if options.get("mask") else row.text
    document = Document(
        doc_id=f"{path.stem}-{count:04d}", title=str(options.get("title") or path.stem), source=where,
        publisher=str(options.get("publisher") or ""), date=_date(options, where), doc_type=DOC_TYPE, body="",
        fields={"row": row.number},
    )  # fmt: skip
    return Reading(document=document, sections=(), status="FAILED",
                   repairs={f"row {row.number}: {row.reason}: {text[:200]}": 1})  # fmt: skip


def _reading(
    values: Mapping[str, str], row_number: int, count: int, path: Path, where: str, options: Mapping[str, Any]
) -> Reading:
    (question, found), (answer, more) = _masked(values["question"], options), _masked(values["answer"], options)
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
    return Reading(document=document, sections=(section,), question_answer=(question, answer), repairs=dict(found + more),
                   status="REPAIRED" if found or more else "OK")


def _masked(text: str, options: Mapping[str, Any]) -> tuple[str, Counter[str]]:
    """Return the text without personal data of the kinds to mask, and what was masked; as it is where none is named."""
    found = personal_spans(text, frozenset(options["mask"])) if options.get("mask") else []
    return mask(text, found), Counter(f"masked: {what}" for _, _, what in found)


def _date(options: Mapping[str, Any], where: str) -> int:
    text = str(options.get("date") or 0)
    if text != "0" and not (text.isdigit() and len(text) == 8):
        raise DataError(
            f"date: {text!r} is not a date as YYYYMMDD.", where=where, fix="Write it like 20250101 in data.yaml."
        )
    return int(text)
