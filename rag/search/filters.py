"""Which rows of an index a question is answered from: those its filters keep, and those that hold on a date.

Every answer here is a mask, one truth value for each row, so that they combine at the speed of arrays. Does not read
questions (mundap/question.py) and does not search.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from mundap.chunk import Chunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

Filters = Mapping[str, Sequence[Any]]
_NEVER = 99_999_999
MAX_COMBINATIONS = 12   # four companies in three years; beyond, names share the ranking as they come


class Rows:
    """The rows of an index, in the order of its chunks."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        import numpy as np

        self._chunks = chunks
        self._dates = np.array([chunk.date for chunk in chunks], dtype=np.int64)
        dates = {chunk.doc_id: chunk.date for chunk in chunks}
        self._outdated = np.array([_outdated_from(chunk, dates) for chunk in chunks], dtype=np.int64)
        self._by_value: dict[str, dict[str, NDArray[np.intp]]] = {}

    def holding(self, as_of: int | None = None) -> Mask:
        """Return the rows that hold on a day (YYYYMMDD), or now: not yet amended, and dated no later.

        A row without a date has always held. One whose amendment the index does not hold never does: nobody here knows
        since when it is outdated.
        """
        import numpy as np

        if as_of is None:
            as_of = _NEVER - 1
        return np.logical_and(self._dates <= as_of, self._outdated > as_of)

    def having(self, name: str, values: Sequence[Any]) -> Mask:
        """Return the rows whose metadata field has one of the values; 2023 and "2023" are the same."""
        import numpy as np

        known = self._values(name)
        found = np.zeros(len(self._chunks), dtype=np.bool_)
        for value in values:
            if str(value) in known:
                found[known[str(value)]] = True
        return found

    def combinations(self, filters: Filters) -> Iterator[Mask]:
        """Yield the rows of each combination of values, where a filter allows several (two companies, two years).

        Nothing is yielded where there is one combination only, or more than MAX_COMBINATIONS.
        """
        several = [name for name, values in filters.items() if len(values) > 1]
        total = 1
        for name in several:
            total *= len(filters[name])
        if not 1 < total <= MAX_COMBINATIONS:
            return
        for values in product(*(filters[name] for name in several)):
            mask = self.having(several[0], [values[0]])
            for name, value in zip(several[1:], values[1:], strict=True):
                mask = mask & self.having(name, [value])
            yield mask

    def _values(self, name: str) -> dict[str, NDArray[np.intp]]:
        """Return the rows of each value of a field; rows and not masks, since an index may hold thousands of values."""
        import numpy as np

        if name not in self._by_value:
            rows: dict[str, list[int]] = {}
            for at, chunk in enumerate(self._chunks):
                if name in chunk.metadata:
                    rows.setdefault(str(chunk.metadata[name]), []).append(at)
            self._by_value[name] = {value: np.array(found, dtype=np.intp) for value, found in rows.items()}
        return self._by_value[name]


def _outdated_from(chunk: Chunk, dates: Mapping[str, int]) -> int:
    """Return the day from which a chunk is outdated: its amendment's, 0 where that is not known, _NEVER for none."""
    if chunk.superseded_by:
        return dates.get(chunk.superseded_by, 0)
    return 0 if chunk.metadata.get("superseded") else _NEVER
