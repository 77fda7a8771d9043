from __future__ import annotations

import pytest

from pipelines.readers.numerals import is_nil, parse_numeral


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,234", "1,234", ""),
        ("(1,098)", "-1,098", ""),
        ("△264,230", "-264,230", ""),
        ("△10.8%", "-10.8", "%"),
        ("-995", "-995", ""),
        ("99.0%", "99.0", "%"),
        ("(3.2%)", "-3.2", "%"),
        ("3.2년", "3.2", "년"),
        ("119,467백만원", "119,467", "백만원"),
        ("0", "0", ""),
        ("1,234(*1)", "1,234", ""),
        ("56 주1)", "56", ""),
        ("(△1,234)", "-1,234", ""),
        ("△(1,234)", "-1,234", ""),
        ("−12", "-12", ""),
        ("1,23", None, ""),
        ("12,3456", None, ""),
        ("2019.10.26", None, ""),
        ("-", None, ""),
        ("", None, ""),
        ("제 3 기", None, ""),
        ("0.42 ~ 0.52", None, ""),
        ("RMB 34,271", None, ""),
        ("1,000,000원", "1,000,000", "원"),
        ("(1,234", None, ""),
        ("1,234)", None, ""),
    ],
)
def test_numbers_as_tables_print_them(text: str, value: str | None, unit: str) -> None:
    found = parse_numeral(text)
    assert (found and (found.value, found.unit)) == (None if value is None else (value, unit))


def test_nil_is_not_zero() -> None:
    assert is_nil("-") and is_nil(" － ") and is_nil("") and is_nil("해당사항 없음") and not is_nil("0")
