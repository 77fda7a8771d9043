from __future__ import annotations

import pytest

from pipelines.readers.units import caption_units, unit_for, unit_in_label


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("(단위:백만원)", ("백만원",)),
        ("( 단위 : 천원 )", ("천원",)),
        ("(단위：천원)", ("천원",)),
        ("(단위 : 원, 주)", ("원", "주")),
        ("<당기말> (단위 : 천원)", ("천원",)),
        ("(기준일 : 2023년 12월 31일) (단위 : 백만원, %)", ("백만원", "%")),
        ("(단위 : 백만 원)", ("백만원",)),
        ("(단위 : 파섹)", ()),
        ("매출액", None),
    ],
)
def test_caption_units(text: str, units: tuple[str, ...] | None) -> None:
    assert caption_units(text) == units


def test_unit_in_a_label() -> None:
    assert unit_in_label("평균연봉(백만원)") == ("평균연봉", "백만원")
    assert unit_in_label("주당이익 (단위 : 원)") == ("주당이익", "원")
    assert unit_in_label("최저(일)") == ("최저(일)", "")
    assert unit_in_label("매출액(별도)") == ("매출액(별도)", "")


@pytest.mark.parametrize(
    ("column", "row", "units", "unit"),
    [
        ("매출액", "TV", ("백만원",), "백만원"),
        ("비중", "TV", ("백만원", "%"), "%"),
        ("비중", "TV", ("백만원",), ""),
        ("", "기본주당이익", ("백만원",), ""),
        ("", "기본주당이익", ("원",), "원"),
        ("직원수", "모바일", ("백만원",), "명"),
        ("평균근속연수", "모바일", ("백만원",), "년"),
        ("주식수", "합계", ("원", "주"), "주"),
        ("금액", "합계", ("원", "주"), "원"),
        ("", "연결에 포함된 회사수", ("백만원",), ""),
        ("", "소액 주주수", ("주",), "명"),
        ("수량", "TV", ("천대", "천개"), ""),
    ],
)
def test_a_money_unit_is_not_given_to_counts_rates_or_amounts_per_share(
    column: str, row: str, units: tuple[str, ...], unit: str
) -> None:
    assert unit_for(column, row, units) == unit
