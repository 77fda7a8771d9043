"""What OpenDART answered, kept byte for byte, with an append-only list of what was asked and what came of it.

    corpCode.zip                          every company's codes
    list/<what>_<from>_<to>_<page>.json   lists of filings
    document/<corp_code>/<rcept_no>.zip   filings as they were answered
    accounts/… main_accounts/… company/… xbrl/…   figures, companies, XBRL archives
    manifest.jsonl                        one line an answer, written after the answer itself

A kill -9 between the two costs one repeated request; a half-written last line is left out when the list is read.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.opendart.client import OK, Answer

MANIFEST = "manifest.jsonl"


class Store:
    """A folder of raw answers. done() tells what need not be asked again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._records = {record["file"]: record for record in _records(folder / MANIFEST)}

    def done(self, file: str) -> Mapping[str, Any] | None:
        """Return the record of an answer that is here whole, or that says there is nothing to be had; else None."""
        record = self._records.get(file)
        if record is None:
            return None
        place = self.folder / file
        whole = record["status"] != OK or (place.is_file() and place.stat().st_size == record["bytes"])
        return record if whole else None

    def read(self, file: str) -> bytes:
        """Return a kept answer's bytes."""
        return (self.folder / file).read_bytes()

    def put(self, file: str, call: str, params: Mapping[str, str], answer: Answer) -> None:
        """Keep an answer, then say so in the manifest."""
        if answer.status == OK:
            place = self.folder / file
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = place.with_name(place.name + ".tmp")
            temporary.write_bytes(answer.content)
            os.replace(temporary, place)
        record = {"file": file, "call": call, "params": dict(params), "status": answer.status,
                  "bytes": len(answer.content), "sha256": hashlib.sha256(answer.content).hexdigest(),
                  "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")}
        line = json.dumps(record, ensure_ascii=False) + "\n"
        with (self.folder / MANIFEST).open("ab+") as manifest:
            # A line that a kill cut in half must not swallow this one.
            if manifest.tell() and not _ends_line(self.folder / MANIFEST):
                line = "\n" + line
            manifest.write(line.encode())
        self._records[file] = record


def _records(manifest: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a manifest, later ones after earlier ones; lines that are no whole record are left out."""
    if not manifest.is_file():
        return
    for line in manifest.read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and {"file", "status", "bytes"} <= set(record):
            yield record


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
