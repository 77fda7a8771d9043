"""Row lengths: quantiles, padded batches against every possible draw, and the histogram as it is printed."""

from __future__ import annotations

import itertools
import unicodedata

import pytest

from mundap.forecast import lengths

COUNTS = {10: 2, 20: 1, 33: 1}


def test_quantiles() -> None:
    assert [lengths.quantile(COUNTS, share) for share in (0.0, 0.5, 0.75, 0.76, 1.0)] == [10, 10, 20, 33, 33]
    assert lengths.quantile({}, 1.0) == 0 and lengths.mean({}) == 0.0
    assert lengths.mean(COUNTS) == 18.25


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_batch_is_as_long_as_its_longest_row_rounded_up(batch: int) -> None:
    rows = [length for length, count in COUNTS.items() for _ in range(count)]
    drawn = [lengths.padded(max(one)) for one in itertools.product(rows, repeat=batch)]
    assert lengths.batch_length(COUNTS, batch) == pytest.approx(sum(drawn) / len(drawn))


def test_the_histogram_as_it_is_printed() -> None:
    assert lengths.histogram({100: 1, 300: 4, 700: 2, 1100: 1}, cutoff_len=600) == [
        "    0 -   127  ##########                               1",
        "  128 -   255                                           0",
        "  256 -   383  ######################################## 4",
        "  384 -   511                                           0",
        "  512 -   639                                           0",
        "  640 -   767  ####################                     2  beyond cutoff_len",
        "  768 -   895                                           0  beyond cutoff_len",
        "  896 - 1,023                                           0  beyond cutoff_len",
        "1,024 - 1,151  ##########                               1  beyond cutoff_len"]


@pytest.mark.parametrize("counts", [{1: 1}, {7: 3, 9: 1}, {199: 5, 201: 5}, {5: 1, 100_000: 1}, {2048: 955}])
def test_no_row_is_lost_from_the_bins_and_ten_suffice(counts: dict[int, int]) -> None:
    found = lengths.bins(counts)
    assert sum(rows for _, _, rows in found) == sum(counts.values()) and len(found) <= 10
    assert all(first <= length <= last for first, last, rows in found if rows
               for length in counts if first <= length <= last)


def test_every_sign_is_one_column_wide() -> None:
    """Block characters are two columns wide in some Korean terminals."""
    assert all(unicodedata.east_asian_width(sign) in ("Na", "N") for line in lengths.histogram(COUNTS) for sign in line)


def test_no_rows_no_histogram() -> None:
    assert lengths.histogram({}) == []
