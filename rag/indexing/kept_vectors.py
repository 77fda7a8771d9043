"""Vectors that need not be computed again: those of the version that serves, and those of a build that was killed.

A vector belongs to a passage and a model, not to a chunk: it is known by the SHA-256 of the passage, so that chunks with
the same words share one. Does not embed.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.indexing.vectors import FILE as VECTORS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

PARTIAL = "partial"
PASSAGES = "passages.npy"   # beside a version's vectors: (n, 32) bytes, the SHA-256 of each row's passage
_LENGTH = 32


class Kept:
    """Vectors by the digest of their passage, all of one model."""

    def __init__(self, place: Path, model: str) -> None:
        """Read what an unfinished build left below an index folder; a piece of another model, or a damaged one, is not used."""
        self._folder, self._model = place / PARTIAL, model
        self._known: dict[bytes, Floats] = {}
        for piece in sorted(self._folder.glob("*.npz")):
            self._read(piece)

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._known

    def take(self, version: Path) -> None:
        """Know a version's vectors as well; damaged ones are not used."""
        import numpy as np

        try:
            passages = np.load(version / PASSAGES, allow_pickle=False)
            matrix = np.load(version / VECTORS, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return
        if len(passages) == len(matrix):
            self._add(passages, matrix)

    def put(self, digests: Sequence[bytes], vectors: Floats) -> None:
        """Know new vectors, and write them down: a build that is killed loses at most what was not put."""
        import numpy as np

        self._folder.mkdir(parents=True, exist_ok=True)
        passages = _packed(digests)
        path = self._folder / f"{digests[0].hex()}.npz"
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.savez(file, model=np.array(self._model), passages=passages, vectors=vectors)
        os.replace(temporary, path)
        self._add(passages, vectors)

    def matrix(self, digests: Sequence[bytes]) -> Floats:
        """Return the vectors of passages that are all known: (n, dimension)."""
        import numpy as np

        return np.stack([self._known[digest] for digest in digests])

    def _read(self, piece: Path) -> None:
        import numpy as np

        try:
            with piece.open("rb") as file, np.load(file, allow_pickle=False) as found:
                if str(found["model"]) == self._model:
                    self._add(found["passages"], found["vectors"])
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return

    def _add(self, passages: NDArray[np.uint8], vectors: Floats) -> None:
        self._known.update(zip((row.tobytes() for row in passages), vectors, strict=True))


def clear(place: Path) -> None:
    """Remove what unfinished builds wrote down below an index folder: the vectors are in the version that serves."""
    shutil.rmtree(place / PARTIAL, ignore_errors=True)


def save_passages(version: Path, digests: Sequence[bytes]) -> None:
    """Write what each row of a version's vectors was made of."""
    import numpy as np

    np.save(version / PASSAGES, _packed(digests), allow_pickle=False)


def _packed(digests: Sequence[bytes]) -> NDArray[np.uint8]:
    import numpy as np

    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, _LENGTH)
