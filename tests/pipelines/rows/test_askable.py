from __future__ import annotations

import pytest

from pipelines.facts import PlacedFact
from pipelines.rows.askable import compact, one_value, why_not


def placed(item: str = "매출액", value: str = "1,234", unit: str = "백만원") -> PlacedFact:
    return PlacedFact(doc_id="d", chunk_id="c", section="", company="가온", fiscal_year=2023, basis="", item=item,
                      value=value, unit=unit, line="", locator="")


@pytest.mark.parametrize("item", ["매출액", "당기순이익(손실)", "매출채권 및 기타채권", "주당 현금배당금 보통주",
                                  "1인평균급여액", "R&D 비용", "연구개발비 / 매출액 비율", "기본주당이익(손실)"])
def test_names_can_be_asked(item: str) -> None:
    assert why_not(placed(item)) == ""


@pytest.mark.parametrize("item", ["합계", "계", "기타", "보통주", "12", "2023.12.31", "제55기", "연구개발 조직 기타",
                                  "합계 비중", "35.1 시장위험 부채", "지분증권- 상장주식", "매출액(", "가" * 31,
                                  "하나 둘 셋 넷 다섯 여섯 일곱"])
def test_labels_that_say_nothing_alone_are_not(item: str) -> None:
    assert why_not(placed(item)) == "unclear_item"


def test_a_figure_needs_a_number_and_a_unit() -> None:
    assert why_not(placed(value="해당사항 없음")) == "not_a_figure"
    assert why_not(placed(unit="")) == "no_unit"
    assert why_not(placed(value="-1,234.5")) == ""


@pytest.mark.parametrize(("figures", "same"), [
    ([("1,234", "백만원"), ("1,233,912,345", "원")], True),     # rounded
    ([("1,234", "백만원"), ("1,235", "백만원")], False),
    ([("1,234", "백만원"), ("1,240,000", "천원")], False),      # six units of the coarser off
    ([("12.5", "%"), ("12.5", "%")], True),
    ([("12", "%"), ("12", "명")], False),
    ([("100", "원"), ("-100", "원")], False),
])
def test_one_value_sees_through_units_and_rounding(figures: list[tuple[str, str]], same: bool) -> None:
    assert one_value([placed(value=value, unit=unit) for value, unit in figures]) is same


def test_compact_resolves_synonyms_whole() -> None:
    synonyms = {"매출액": ["매출", "수익(매출액)"]}
    assert compact("수익 (매출액)", synonyms) == "매출액"
    assert compact("제품 매출", synonyms) == "제품매출"
