"""What is kept of one person's uploads: a folder for each with its chunks and a record, and all of their chunks together.

    <uploads>/<hash of the owner>/
      incoming/        files that are on their way or being read; emptied when the page starts
      files/<id>/      record.json, chunks.parquet
      chunks/          part-00000.parquet: every file's chunks, what a later filing took the place of marked so
      index-<hash>/    an index of them, for each way of indexing that the page's domains have

The file itself is not kept. Knows nothing of indexes beyond where they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, read_part, write_chunks
from pipelines.supersession import Filing, resolve

_RECORD, _CHUNKS = "record.json", "chunks.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One uploaded file: name as sent (cleaned), size in bytes, added_at in ISO 8601 UTC; left_out rows were not readable."""

    id: str
    name: str
    size: int
    sha256: str
    documents: int
    chunks: int
    left_out: int
    added_at: str


class Shelf:
    """One owner's folder. Two of the same folder are the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = self.folder / "incoming"
        self.chunks = self.folder / "chunks"
        self._files = self.folder / "files"

    @classmethod
    def of(cls, uploads: Path, owner: str) -> Shelf:
        """Return an owner's shelf; its folder's name is a hash, so that a listing names nobody."""
        return cls(uploads / hashlib.sha256(owner.encode()).hexdigest()[:32])

    @property
    def name(self) -> str:
        """Return what tells this shelf from others."""
        return self.folder.name

    def uploads(self) -> list[Upload]:
        """Return the uploads, the newest first."""
        found = [Upload(**record["upload"]) for record in self._records()]
        return sorted(found, key=lambda one: (one.added_at, one.id), reverse=True)

    def put(self, upload: Upload, chunks: Path, filings: tuple[Mapping[str, Any], ...]) -> None:
        """Keep an upload; its chunk file is moved here."""
        place = self._files / upload.id
        place.mkdir(parents=True)
        os.replace(chunks, place / _CHUNKS)
        text = json.dumps({"upload": asdict(upload), "filings": list(filings)}, ensure_ascii=False)
        (place / _RECORD).write_text(text, encoding="utf-8")

    def take_away(self, identity: str) -> Upload | None:
        """Delete an upload's files; return what it was, None where there is no such one. Indexes still hold its text."""
        for upload in self.uploads():
            if upload.id == identity:
                shutil.rmtree(self._files / upload.id)
                return upload
        return None

    def merge(self) -> int:
        """Write the chunks of every upload as one part; return how many child chunks there are."""
        records = sorted(self._records(), key=lambda record: (record["upload"]["added_at"], record["upload"]["id"]))
        if not records:
            shutil.rmtree(self.chunks, ignore_errors=True)
            return 0
        successors = resolve(Filing(**one) for record in records for one in record["filings"])
        together: list[Chunk] = []
        for record in records:
            for chunk in read_part(self._files / record["upload"]["id"] / _CHUNKS):
                later = successors.get(chunk.doc_id, "")
                together.append(replace(chunk, superseded_by=later) if later else chunk)
        write_chunks(together, self.chunks / "part-00000.parquet")
        return sum(chunk.level == "child" for chunk in together)

    def indexes(self) -> list[Path]:
        """Return the folders of the indexes there are."""
        return sorted(self.folder.glob("index-*"))

    def index(self, key: str) -> Path:
        """Return where the index of a way of indexing is."""
        return self.folder / f"index-{key}"

    def tidy(self) -> None:
        """Delete what a page that was killed left half-done."""
        shutil.rmtree(self.incoming, ignore_errors=True)
        known = {record["upload"]["id"] for record in self._records()}
        for place in self._files.glob("*") if self._files.is_dir() else ():
            if place.name not in known:
                shutil.rmtree(place, ignore_errors=True)

    def delete(self) -> None:
        """Delete everything of this owner."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _records(self) -> list[dict[str, Any]]:
        """Return the records that can be read; a folder without one was being written when the page was killed."""
        found = []
        for place in self._files.glob("*") if self._files.is_dir() else ():
            try:
                found.append(json.loads((place / _RECORD).read_text(encoding="utf-8")))
            except (OSError, ValueError):
                continue
        return found
