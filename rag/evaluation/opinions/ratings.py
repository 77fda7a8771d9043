"""The files that people's ratings and blind votes come in: JSONL, or CSV with a head line; UTF-8, with or without BOM.

    ratings  {"rater": "김", "question_id": "q1", "system": "v2", "score": 4, "reasons": ["길다"], "corrected": "", "at": "…"}
    votes    {"rater": "김", "question_id": "q1", "left": "base", "right": "v2", "winner": "right", "at": "…"}

score is a whole number from 1 to 5. winner is left, right or tie, as the rater saw the two. reasons (in CSV joined by "|"),
corrected (the answer as the rater would have it) and at (ISO 8601; without a zone it is UTC) may be left out. Every line
is looked at: one that is wrong is an error that names file and line, for a rating that was silently skipped would make
a mean of something else.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from mundap.errors import DataError, closest

SCORES = (1, 2, 3, 4, 5)
WINNERS = ("left", "right", "tie")
MAX_NAME = 200         # characters of a rater, a question id, a system, a reason
MAX_TEXT = 20_000      # characters of a corrected answer
_REASON_MARK = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rater's score of one system's answer to one question; at is None where no time was given."""

    rater: str
    question_id: str
    system: str
    score: int
    reasons: tuple[str, ...] = ()
    corrected: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One rater's choice between two systems' answers to one question, whose names the rater did not see."""

    rater: str
    question_id: str
    left: str
    right: str
    winner: Literal["left", "right", "tie"]
    at: datetime | None = None


Entry = TypeVar("Entry", Rating, Vote)


def read_ratings(paths: Sequence[Path]) -> list[Rating]:
    """Return the ratings of several files, in their order.

    Raises:
        DataError: a file cannot be read, or a line is wrong; where is file:line.
    """
    return [rating for path in paths for rating in _read(path, _rating, ("rater", "question_id", "system", "score"),
                                                         ("reasons", "corrected", "at"))]


def read_votes(paths: Sequence[Path]) -> list[Vote]:
    """Return the votes of several files, in their order.

    Raises:
        DataError: as read_ratings.
    """
    return [vote for path in paths for vote in _read(path, _vote, ("rater", "question_id", "left", "right", "winner"), ("at",))]


def last_of_each(entries: Iterable[Entry], key: Callable[[Entry], object]) -> tuple[list[Entry], int]:
    """Return the entries with only the last of each key, and how many others were replaced.

    The last is the one given later in the files, unless both have a time and that says otherwise.
    """
    kept: dict[object, Entry] = {}
    given = list(entries)
    for entry in given:
        earlier = kept.get(key(entry))
        if earlier is None or earlier.at is None or entry.at is None or entry.at >= earlier.at:
            kept[key(entry)] = entry
    return list(kept.values()), len(given) - len(kept)


def _read(path: Path, make: Callable[[Mapping[str, Any]], Entry], required: tuple[str, ...], optional: tuple[str, ...],
          ) -> Iterator[Entry]:
    """Yield a file's entries, each checked."""
    try:
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}.", where=str(path),
                        fix="Name an existing .jsonl or .csv file.") from error
    for line, record in (_csv_records if path.suffix.lower() == ".csv" else _json_records)(content, path):
        try:
            _check_names(record, required, optional)
            entry = make(record)
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(str(error), where=f"{path}:{line}", fix="Correct the line, or take it out.") from error
        yield entry


def _json_records(content: bytes, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode("utf-8"), object_pairs_hook=_no_twice)
        except UnicodeDecodeError as error:
            raise _not_utf8(path, number) from error
        except (ValueError, RecursionError) as error:
            raise DataError(f"is no JSON object in one line: {error}.", where=f"{path}:{number}",
                            fix="Write one JSON object a line.") from error
        if not isinstance(record, dict):
            raise DataError("is JSON, but no object.", where=f"{path}:{number}", fix='Write {"rater": …, …} on one line.')
        yield number, record


def _csv_records(content: bytes, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, content.count(b"\n", 0, error.start) + 1) from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] = []
    while True:
        line = rows.line_num + 1    # a quoted cell may go over several lines: where its row begins
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise DataError(f"is no CSV: {error}.", where=f"{path}:{line}", fix="Save the file again as CSV UTF-8.") from error
        if cells is None:
            return
        if not names:
            names = [cell.strip() for cell in cells]
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise DataError(f"has {len(cells)} cells, the head line {len(names)}.", where=f"{path}:{line}",
                            fix='Put a text that holds a comma or a line break in double quotes.')
        try:
            record: dict[str, Any] = _no_twice(list(zip(names, cells, strict=True)))
        except ValueError as error:
            raise DataError(f"{error} in the head line.", where=f"{path}:1", fix="Name each column once.") from error
        yield line, _typed(record)


def _typed(record: dict[str, Any]) -> dict[str, Any]:
    """Return a CSV row with its score as a number and its reasons as a list, as JSON would give them."""
    score, reasons = record.get("score"), record.get("reasons")
    if isinstance(score, str) and score.strip().isascii() and score.strip().isdecimal() and len(score) < 9:
        record["score"] = int(score)
    if isinstance(reasons, str):
        record["reasons"] = [reason.strip() for reason in reasons.split(_REASON_MARK) if reason.strip()]
    return record


def _rating(record: Mapping[str, Any]) -> Rating:
    score, reasons = record["score"], record.get("reasons") or []
    if type(score) is not int or score not in SCORES:
        raise ValueError(f"score is {score!r}, not a whole number from 1 to 5.")
    if not isinstance(reasons, list):
        raise ValueError("reasons is no list of texts.")
    return Rating(rater=_name(record, "rater"), question_id=_name(record, "question_id"), system=_name(record, "system"),
                  score=score, reasons=tuple(dict.fromkeys(_text(reason, "a reason", MAX_NAME) for reason in reasons)),
                  corrected=_text(record.get("corrected") or "", "corrected", MAX_TEXT), at=_time(record.get("at")))


def _vote(record: Mapping[str, Any]) -> Vote:
    winner, left, right = record["winner"], _name(record, "left"), _name(record, "right")
    if winner not in WINNERS:
        raise ValueError(f"winner is {winner!r}, not left, right or tie (the side, not the system's name).")
    if left == right:
        raise ValueError(f"{left!r} stands against itself.")
    return Vote(rater=_name(record, "rater"), question_id=_name(record, "question_id"), left=left, right=right, winner=winner,
                at=_time(record.get("at")))


def _check_names(record: Mapping[str, Any], required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    missing = [name for name in required if record.get(name) in (None, "")]
    if missing:
        raise ValueError(f"{', '.join(missing)} is missing.")
    for name in record:
        if name not in (*required, *optional):
            raise ValueError(f"{name[:MAX_NAME]!r} is no field of it. {closest(name, (*required, *optional))}"
                             f"It has: {', '.join((*required, *optional))}.")


def _name(record: Mapping[str, Any], field: str) -> str:
    text = _text(record[field], field, MAX_NAME).strip()
    if not text or not text.isprintable():
        raise ValueError(f"{field} is empty or holds characters that are not printed.")
    return text


def _text(value: Any, what: str, most: int) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} is no text.")
    if len(value) > most:
        raise ValueError(f"{what} has {len(value)} characters; {most} are allowed.")
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"{what} holds a character that is none.")
    return value


def _time(value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"at is {str(value)[:MAX_NAME]!r}, not a time such as 2025-03-01T09:30:00+09:00.") from None


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a field stands twice")
    return record


def _not_utf8(path: Path, line: int) -> DataError:
    return DataError("is not UTF-8.", where=f"{path}:{line}", fix='Save it as UTF-8; in Excel: "CSV UTF-8 (comma delimited)".')
