"""Cells as numbers and dates, codes as text."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.tabular.columns import kind_of, number_array
from pipelines.tabular.dates import parse_date


@pytest.mark.parametrize(("text", "number"), [
    ("23", 23), ("1,234", 1234), ("△1,234", -1234), ("▲5", -5), ("(1,098)", -1098), ("-7", -7), ("99.5%", Decimal("99.5")),
    ("12명", 12), ("0", 0), ("0.5", Decimal("0.5")), ("-", None), ("", None), ("–", None), ("　12　", 12)])
def test_numbers_as_they_are_printed(text: str, number: object) -> None:
    cells, bad = number_array(pa.array([text, "1"]))
    assert cells[0].as_py() == number and not bad


@pytest.mark.parametrize("text", ["1,23", "12 34", "00123", "1.79E+11", "미상", "2024.12.", "1-2"])
def test_what_is_no_number_is_empty_and_told(text: str) -> None:
    cells, bad = number_array(pa.array(["1", text]))
    assert cells.to_pylist() == [1, None] and bad == [(1, text)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-10**15, 10**15), min_size=1, max_size=20), st.booleans())
def test_any_integer_comes_back(numbers: list[int], commas: bool) -> None:
    texts = [f"{number:,}" if commas else str(number) for number in numbers]
    cells, bad = number_array(pa.array(texts))
    assert cells.to_pylist() == numbers and not bad


@pytest.mark.parametrize(("name", "cells", "kind"), [
    ("환자수", ["1", "2,000", "-"], ("number", "")), ("비율", ["1.5%", "2%"], ("number", "%")),
    ("행위코드", ["10100", "10101"], ("text", "")), ("구분", ["00123", "00124"], ("text", "")),
    ("기준일자", ["20241231", "20241130"], ("date", "")), ("기준", ["2024.12.", "24년 12월"], ("date", "")),
    ("상병", ["A00", "B01"], ("text", "")), ("금액", ["1", "2"] * 20 + ["1.79E+11"], ("number", "")),
    ("비고", ["", "-"], ("text", ""))])
def test_what_a_column_holds(name: str, cells: list[str], kind: tuple[str, str]) -> None:
    assert kind_of(name, cells) == kind


@pytest.mark.parametrize(("text", "date"), [
    ("2024.12.", "2024-12"), ("24년 12월", "2024-12"), ("2024년 12월 31일", "2024-12-31"), ("2024-12-31", "2024-12-31"),
    ("'24.12.31.", "2024-12-31"), ("99년", "1999"), ("2024년", "2024"), ("2024.13.", None), ("12", None), ("1.5", None)])
def test_korean_dates(text: str, date: str | None) -> None:
    assert parse_date(text) == date
