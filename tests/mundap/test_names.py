"""mundap.names: names without their legal form, and names a misspelt one may have been meant for."""

from __future__ import annotations

import pytest

from mundap.names import alike, plain
from mundap.question import analyse

NAMES = ["가온누리전자", "가온바", "한빛전자", "㈜누리솔정밀"]


@pytest.mark.parametrize(("name", "bare"), [
    ("㈜가온", "가온"), ("(주) 가온전자", "가온전자"), ("가온전자 주식회사", "가온전자"), ("가온누리전자", "가온누리전자"),
    ("무배당 한빛든든 상해보험(2504)", "한빛든든 상해보험"), ("(무)한빛암보험", "한빛암보험"), ("(주)한", "(주)한"),
])
def test_a_name_without_what_people_leave_out(name: str, bare: str) -> None:
    assert plain(name) == bare


@pytest.mark.parametrize(("word", "first"), [
    ("가온누리젼자", "가온누리전자"), ("가온누리", "가온누리전자"), ("한빗전자", "한빛전자"), ("누리솔정미", "㈜누리솔정밀"),
])
def test_the_name_most_alike_is_offered_first(word: str, first: str) -> None:
    assert alike(word, NAMES)[0] == first


@pytest.mark.parametrize("word", ["매출액", "전자", "삼우화학"])
def test_nothing_is_offered_for_what_is_not_alike(word: str) -> None:
    assert alike(word, NAMES) == ()


def test_a_question_finds_a_company_by_its_plain_name_and_in_any_case() -> None:
    vocabulary = {"company": ["㈜누리솔정밀", "LG화학", "무배당 든든보험(2304)", "무배당 든든보험(2504)"]}
    assert analyse("누리솔 정밀의 매출액은?", vocabulary).filters == {"company": ("㈜누리솔정밀",)}
    assert analyse("lg화학의 매출액은?", vocabulary).filters == {"company": ("LG화학",)}
    assert analyse("든든보험의 면책기간은?", vocabulary).filters["company"] == ("무배당 든든보험(2304)", "무배당 든든보험(2504)")
    assert analyse("㈜누리솔정밀 매출액은?", vocabulary).unknown == ()


def test_a_year_meant_stands_in_for_one_not_named_only() -> None:
    vocabulary = {"fiscal_year": [2022, 2023]}
    assert analyse("매출액은?", vocabulary, year=2023).filters == {"fiscal_year": (2023,)}
    assert analyse("2022년 매출액은?", vocabulary, year=2023).years == (2022,)
    assert analyse("매출액은 전년 대비 얼마나 늘었나요?", vocabulary, year=2023).years == (2023, 2022)
