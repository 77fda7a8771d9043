"""A question list as pasted into the page or read from a file by the browser: one question a line, CSV or JSON lines.

Which of them it is shows from the text. It is read as `mundap ask --file` reads a file (pipelines.question_file), and
whatever is too long, too much or no question is an error: a list that lost a line in silence would be rated as if whole.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from mundap.errors import ConfigError, DataError, closest
from mundap.levels import AUTO
from pipelines.question_file import FileQuestion, read_questions
from rag.inquiry import MAX_QUESTION_CHARS, Inquiry
from webui.storage.lists import Asked

MOST_BYTES = 1_000_000
MOST_QUESTIONS = 1000
MAX_NAME = 80
_NAMES = ("question", "질문")


def read(text: str, levels: Iterable[str]) -> list[Asked]:
    """Return the questions of a pasted list in order; levels are the domain's own.

    Raises:
        DataError: there are none, too many, or one cannot be asked.
    """
    if not text.strip():
        raise DataError("there is no question in the list.", where="the list", fix="Write one question a line.")
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise DataError(f"the list is larger than {MOST_BYTES // 1000} kB.", where="the list", fix="Make several lists of it.")
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise DataError("the list holds characters that are no text.", where="the list", fix="Save the file as UTF-8 text.")
    with tempfile.TemporaryDirectory(prefix="mundap-list-") as folder:
        path = Path(folder, f"list{suffix(text)}")
        path.write_text(text, encoding="utf-8")
        found = read_questions(path)
    if len(found) > MOST_QUESTIONS:
        raise DataError(f"the list has {len(found)} questions; {MOST_QUESTIONS} are allowed.", where="the list",
                        fix="Make several lists of it.")
    known = (AUTO, *levels)
    return [_asked(at, one, known) for at, one in enumerate(found)]


def suffix(text: str) -> str:
    """Return what a text looks like: .jsonl, .csv with a column of questions, or .txt."""
    lines = [line for line in text.splitlines() if line.strip()]
    first = lines[0].strip().removeprefix("\ufeff") if lines else ""
    if first.startswith("{"):
        try:
            json.loads(first)
        except ValueError:
            return ".txt"
        return ".jsonl"
    cells = next((row for mark in (",", "\t", ";") for row in csv.reader([first], delimiter=mark)
                  if any(cell.strip() in _NAMES for cell in row)), [])
    return ".csv" if cells else ".txt"


def name(text: str) -> str:
    """Return a list's name as it is kept.

    Raises:
        DataError: it is empty or too long.
    """
    told = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not told or len(told) > MAX_NAME:
        raise DataError(f"a list needs a name of 1 to {MAX_NAME} characters.", where="the list's name", fix="Write one.")
    return told


def _asked(position: int, one: FileQuestion, levels: tuple[str, ...]) -> Asked:
    if len(one.text) > MAX_QUESTION_CHARS:
        raise DataError(f"the question has {len(one.text)} characters; {MAX_QUESTION_CHARS} are allowed.", where=one.where,
                        fix="Make it shorter.")
    if one.level and one.level not in levels:
        raise ConfigError(f"there is no level {one.level[:40]!r}.", where=one.where,
                          fix=f"{closest(one.level, levels)}Levels: {', '.join(levels)}.")
    if len(one.id) > MAX_NAME or not one.id.isprintable():
        raise DataError(f"an id has up to {MAX_NAME} printed characters.", where=one.where, fix="Shorten it.")
    return Asked(position=position, named=one.id, inquiry=Inquiry(text=one.text, level=one.level, as_of=one.as_of))
