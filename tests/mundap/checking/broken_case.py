"""Read the cases in tests/mundap/broken/ and write one as a small project.

A case is a text file: why the mistake costs something, then the files of a project, each below a head
`=== path [encoding]`. What must be told is marked where it must be told, and the marks are not written to the files:
`key: value   #! MD301` at the end of a line; `=== path #! MD001` for a file as a whole; `=== path #! MD001@3` for line
3 of a file that has no room for comments. A code stands twice where two problems are told. Files that a case does not
bring are those of COMMON. An encoding is one of Python's, or nfd for decomposed Hangul in UTF-8.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("broken")
_HEAD = re.compile(r"^=== (?P<path>\S+)(?: (?P<encoding>[\w-]+))?(?: +#! (?P<marks>.+))?$")
_MARK = re.compile(r"\s*#! ((?:MD\d{3} ?)+)$")
_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}
COMMON = {
    "dataset_info.json": json.dumps({name: {"file_name": f"datasets/{name}.json", "columns": _COLUMNS}
                                     for name in ("x", "x_eval")}),
    **{f"datasets/{name}.json": json.dumps([{"instruction": "답하라.", "input": f"매출액: {at}원", "output": f"{at}원"}
                                            for at in range(count)]) for name, count in (("x", 20), ("x_eval", 5))},
}

Told = tuple[str, int, str]   # file, line (0 for the file as a whole), code


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One broken project: its files' bytes, and what must be told about it, sorted."""

    name: str
    why: str
    files: Mapping[str, bytes]
    told: tuple[Told, ...]


def cases() -> list[Case]:
    """Return every case, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.txt"))]


def read(path: Path) -> Case:
    """Return one case.

    Raises:
        ValueError: it has no files, no marks, or a head that cannot be read.
    """
    why, *parts = re.split(r"^(?==== )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    files = {name: text.encode() for name, text in COMMON.items()}
    told: list[Told] = []
    for part in parts:
        head, _, body = part.partition("\n")
        found = _HEAD.match(head)
        if found is None:
            raise ValueError(f"{path.name}: {head!r} is no head of a file")
        name = found["path"]
        for mark in (found["marks"] or "").split():
            code, _, line = mark.partition("@")
            told.append((name, int(line or 0), code))
        lines = body.split("\n")
        for number, line in enumerate(lines, 1):
            mark = _MARK.search(line)
            if mark:
                lines[number - 1] = line[:mark.start()]
                told += [(name, number, code) for code in mark[1].split()]
        files[name] = _encoded("\n".join(lines), found["encoding"] or "utf-8")
    if not parts or not told or not why.strip():
        raise ValueError(f"{path.name}: a case says why, brings files and marks what must be told")
    return Case(name=path.stem, why=why.strip(), files=files, told=tuple(sorted(told)))


def write(case: Case, folder: Path) -> None:
    """Write a case's files below a folder."""
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _encoded(text: str, encoding: str) -> bytes:
    return unicodedata.normalize("NFD", text).encode() if encoding == "nfd" else text.encode(encoding)
