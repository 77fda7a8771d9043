"""Differences, rates and shares by hand-computed cases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from small_pool import placed

from pipelines.facts import PlacedFact
from pipelines.rows.arithmetic import difference, in_eok, rate, share


def one(value: str, unit: str = "백만원") -> PlacedFact:
    return placed("가온", 2023, "매출액", value, unit)


@pytest.mark.parametrize(("new", "old", "expected"), [
    (one("1,234"), one("1,100"), "134백만원"),
    (one("1,100"), one("1,234"), "134백만원"),
    (one("-50"), one("-1,100"), "1,050백만원"),
    (one("48.71", "%"), one("33.2", "%"), "15.51%p"),       # the finer of two precisions
    (one("2,024", "명"), one("2,024", "명"), "0명"),
    (one("1,234"), one("1,100,567", "천원"), "약 133백만원"),   # 133,433천원 in the coarser unit
    (one("1,234"), one("1,100,000", "천원"), "134백만원"),      # exact, so no 약
])
def test_a_difference_is_exact_in_its_unit(new: PlacedFact, old: PlacedFact, expected: str) -> None:
    assert difference(new, old) == expected


@pytest.mark.parametrize(("new", "old", "expected"), [
    (one("1,234"), one("1,100"), "12.2%"),        # 134 / 1100 = 12.18
    (one("2,011"), one("2,000"), "0.6%"),         # 0.55 rounds half up
    (one("1,100"), one("1,234"), "10.9%"),        # 134 / 1234 = 10.86
    (one("100"), one("0"), ""),                   # from zero
    (one("50"), one("-100"), ""),                 # across a change of sign
    (one("-50"), one("100"), ""),
    (one("-50"), one("-100"), ""),
    (one("5.1", "%"), one("4.9", "%"), ""),       # a rate has a difference in points only
    (one("12.5", "년"), one("12.0", "년"), ""),
    (one("100,000"), one("1"), ""),               # beyond 1,000%
    (one("100,000"), one("99,999"), ""),          # would read 0.0%
])
def test_a_rate_is_told_only_where_it_means_something(new: PlacedFact, old: PlacedFact, expected: str) -> None:
    assert rate(new, old) == expected


def test_a_share_needs_two_positive_figures_and_takes_units_into_account() -> None:
    assert share(one("45"), one("99")) == "45.5%"                  # 45.4545…
    assert share(one("1,500", "천원"), one("3")) == "50.0%"
    assert share(one("1,500"), one("1,000")) == "150.0%"
    assert [share(one("-5"), one("99")), share(one("5"), one("0")), share(one("1"), one("99,999"))] == ["", "", ""]


@pytest.mark.parametrize(("won", "expected"), [
    (1_234_567_000_000, "약 1조 2,346억원"), (1_100_000_000_000, "1조 1,000억원"), (2_000_000_000_000, "2조원"),
    (-16_347_000_000, "약 -163억원"), (150_000_000, "약 2억원"), (99_999_999, ""), (999_950_000_000, "약 1조원"),
])
def test_large_amounts_are_said_in_jo_and_eok_rounded_half_up(won: int, expected: str) -> None:
    assert in_eok(Decimal(won)) == expected
