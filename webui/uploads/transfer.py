"""One file on its way in: written as it comes, counted, and given up as soon as it is larger than it may be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from webui.uploads.refusal import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file that came whole: where it lies until it is read, and what it was called."""

    path: Path
    name: str
    kind: str
    size: int
    sha256: str


class Transfer:
    """A file being received. most_bytes bounds it; what the sender said of its size is not believed."""

    def __init__(self, path: Path, name: str, kind: str, most_bytes: int) -> None:
        self.name = name
        self.kind = kind
        self._path = path
        self._most = most_bytes
        self._size = 0
        self._sha256 = hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: IO[bytes] | None = path.open("xb")

    def write(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            Refused: there are more than may be.
        """
        assert self._file is not None
        self._size += len(piece)
        if self._size > self._most:
            self.drop()
            raise Refused("big", name=self.name, most_mb=self._most // 2**20)
        self._sha256.update(piece)
        self._file.write(piece)

    def done(self, expected: int | None = None) -> Arrived:
        """Return the file, whole. expected: the size its sender said, None where it said none.

        Raises:
            Refused: it is empty, or shorter than it was said to be.
        """
        if not self._size or (expected is not None and expected != self._size):
            self.drop()
            raise Refused("cut" if self._size else "empty", name=self.name)
        self._close()
        return Arrived(path=self._path, name=self.name, kind=self.kind, size=self._size, sha256=self._sha256.hexdigest())

    def drop(self) -> None:
        """Give the file up; nothing of it stays on the disk. May be called at any time, and twice."""
        if self._file is not None:
            self._close()
            self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        assert self._file is not None
        self._file.close()
        self._file = None
