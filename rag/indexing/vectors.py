"""The exact side of dense search: every chunk's vector by row, compared as deviations from their common mean.

Embedding models put all texts of a kind into one narrow cone: what they share drowns what tells them apart, and any two
passages of one index have a cosine of 0.8. Taking the index's own mean away spreads them out again.
Source: Mu and Viswanath 2018, "All-but-the-Top", which also takes directions away; that gained nothing here
(benchmarks/retrieval.py). Does not know ids or chunks: rows in, similarities out.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mundap.errors import IndexMismatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Rows = NDArray[np.intp]

FILE = "vectors.npy"
_TINY = 1e-6   # a vector that is the mean itself deviates in no direction: similar to nothing


class Vectors:
    """Unit vectors of shape (n, dimension), their mean, and how far each is from it."""

    def __init__(self, matrix: Floats) -> None:
        import numpy as np

        self.matrix = matrix
        self.mean: Floats = matrix.mean(axis=0, dtype=np.float64).astype(np.float32) if len(matrix) else matrix.sum(axis=0)
        lengths = np.einsum("ij,ij->i", matrix, matrix)
        squared = lengths - 2 * (matrix @ self.mean) + float(self.mean @ self.mean)
        self._deviation: Floats = np.sqrt(np.maximum(squared, 0)).astype(np.float32)

    def __len__(self) -> int:
        return len(self.matrix)

    def similarity(self, query: Floats, rows: Rows | None = None) -> Floats:
        """Return the cosine in [-1, 1] between a query's deviation from the mean and each row's; rows None: all rows."""
        import numpy as np

        away = query - self.mean
        distance = float(np.linalg.norm(away))
        deviation = self._deviation if rows is None else self._deviation[rows]
        if distance < _TINY:
            return np.zeros(len(deviation), dtype=np.float32)
        away = away / np.float32(distance)
        along = (self.matrix if rows is None else self.matrix[rows]) @ away - self.mean @ away
        return np.asarray(np.where(deviation > _TINY, along / np.maximum(deviation, _TINY), 0), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write the matrix to a folder by way of a temporary name."""
        import numpy as np

        temporary = folder / (FILE + ".tmp")
        with temporary.open("wb") as file:
            np.save(file, self.matrix)
        os.replace(temporary, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Vectors:
        """Return the vectors saved in a folder; their file is mapped, not read: readers share its memory.

        Raises:
            IndexMismatch: there are none, or the file is damaged.
        """
        import numpy as np

        try:
            return cls(np.load(folder / FILE, mmap_mode="r", allow_pickle=False))
        except (OSError, ValueError, EOFError) as error:
            raise IndexMismatch(f"the index's vectors cannot be read: {error}", where=str(folder / FILE),
                                fix="Build it again with: mundap index <recipe>") from error
