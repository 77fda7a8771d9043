"""Arithmetic on row lengths kept as {tokens: rows}: quantiles, padded batches, a histogram in plain text."""

from __future__ import annotations

import math
from collections.abc import Mapping

PADDED_TO = 8   # a training batch is padded to a multiple of this. Source: llamafactory/train/sft/workflow.py (0.9.5)
_WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
_MOST_BINS, _BAR = 10, 40

Counts = Mapping[int, int]


def quantile(counts: Counts, share: float) -> int:
    """Return the smallest length that at least a share (0 to 1) of the rows do not exceed; 0 without rows."""
    wanted, seen = share * sum(counts.values()), 0
    for length in sorted(counts):
        seen += counts[length]
        if seen >= wanted - 1e-9:
            return length
    return 0


def mean(counts: Counts) -> float:
    """Return the mean length, 0 without rows."""
    rows = sum(counts.values())
    return sum(length * count for length, count in counts.items()) / rows if rows else 0.0


def padded(length: int) -> int:
    """Return a length rounded up as batches are."""
    return math.ceil(length / PADDED_TO) * PADDED_TO


def batch_length(counts: Counts, batch: int) -> float:
    """Return the mean padded length of batches whose rows are drawn at random.

    The longest of b rows is at most r with probability F(r)^b, F being the share of rows that are.
    """
    rows, below, total = sum(counts.values()), 0, 0.0
    for length in sorted(counts):
        upto = below + counts[length]
        total += padded(length) * ((upto / rows) ** batch - (below / rows) ** batch)
        below = upto
    return total


def bins(counts: Counts) -> list[tuple[int, int, int]]:
    """Return (first length, last length, rows) of at most ten ranges of equal width, from the first that has rows."""
    if not counts:
        return []
    longest = max(counts)
    width = next((width for width in _WIDTHS if longest // width < _MOST_BINS), _WIDTHS[-1])
    rows = [0] * (longest // width + 1)
    for length, count in counts.items():
        rows[length // width] += count
    start = next(at for at, found in enumerate(rows) if found)
    return [(at * width, (at + 1) * width - 1, rows[at]) for at in range(start, len(rows))]


def histogram(counts: Counts, cutoff_len: int | None = None) -> list[str]:
    """Return a line for each range of lengths: its bounds, a bar of # and the number of rows.

    Every sign is one column wide in any terminal. Lines beyond cutoff_len are marked.
    """
    found = bins(counts)
    most = max((rows for _, _, rows in found), default=0)
    digits = len(f"{found[-1][1]:,}") if found else 0
    return [f"{first:>{digits},} - {last:>{digits},}  {_bar(rows, most)}"
            f"{'  beyond cutoff_len' if cutoff_len is not None and first > cutoff_len else ''}".rstrip()
            for first, last, rows in found]


def _bar(rows: int, most: int) -> str:
    signs = max(round(rows / most * _BAR), 1) if rows else 0
    return f"{'#' * signs:<{_BAR}} {rows:,}"
