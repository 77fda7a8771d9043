"""The wordings of the levels: other words, the same figures, and every one of them grounded."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from small_pool import COMPANIES, figures, placed, pool, settings

from mundap.grounding import check
from mundap.grounding import figures as figures_of
from mundap.levels import NAMES
from mundap.prompt import Passage
from pipelines.facts import PlacedFact
from pipelines.rows.derived import Derived
from pipelines.rows.phrases import Voice, changed, is_profit, states

TERMS: Mapping[str, str] = settings().terms


def voice(level: str) -> Voice:
    return Voice(level=level, terms=TERMS)


def passage(*facts: PlacedFact) -> Passage:
    return Passage(number=1, head=f"{facts[0].company} 2023 사업보고서 > 1. 요약재무정보", lines=tuple(f.line for f in facts))


@pytest.mark.parametrize("fact", [*figures(), placed("가온", 2023, "당기순이익", "-16,347"),
                                  placed("가온", 2022, "매출액", "1,234,567", period="상반기"),
                                  placed("가온", 2023, "매출액", "341,208,046,399", "원"),
                                  placed("가온", 2023, "현금배당성향", "48.71", "%")], ids=lambda fact: fact.line)
def test_the_levels_give_one_fact_with_the_same_figures(fact: PlacedFact) -> None:
    answers = {level: states(fact, voice(level), "[1]") for level in ("", *NAMES)}
    told = {level: {claim.value for claim in figures_of(text) if not claim.approximate} for level, text in answers.items()}
    assert told[""] and set(map(frozenset, told.values())) == {frozenset(told[""])}
    for text in answers.values():
        assert check(text, [passage(fact)]).ok, text
        assert f"{fact.value}{fact.unit}" in text and f"{fact.fiscal_year}년" in text
        assert fact.period in text


def test_each_level_has_its_own_words() -> None:
    sales = placed("가온", 2023, "매출액", "1,234,567")
    assert [states(sales, voice(level), "[1]") for level in ("", *NAMES)] == [
        "가온의 2023년 매출액은 1,234,567백만원입니다. [1]",
        "가온의 2023년 매출액(물건이나 서비스를 팔아 번 돈)은 1,234,567백만원(약 1조 2,346억원)입니다. [1]",
        "가온의 2023년 연결 기준 매출액은 1,234,567백만원입니다. [1]",
        "요약재무정보에 따르면 가온의 2023년 연결 기준 매출액은 1,234,567백만원입니다. [1]"]
    half = placed("가온", 2022, "매출액", "9", period="상반기")
    assert states(half, voice("중급"), "[1]") == "가온의 2022년 상반기 연결 기준 매출액은 9백만원입니다. [1]"
    loss = placed("가온", 2023, "영업이익(손실)", "-16,347")
    assert states(loss, voice("초급"), "[1]") == (
        "가온의 2023년 영업이익(손실)(본업으로 남긴 돈)은 -16,347백만원(약 -163억원)으로, 번 돈보다 쓴 돈이 많았습니다. [1]")


@pytest.mark.parametrize(("item", "new", "old", "expected"), [
    ("매출액", "1,234", "1,100", "2022년보다 134백만원(12.2%) 증가했습니다. [1]"),
    ("매출액", "1,100", "1,234", "2022년보다 134백만원(10.9%) 감소했습니다. [1]"),
    ("매출액", "1,100", "1,100", "2022년과 2023년 모두 1,100백만원으로 변동이 없습니다. [1]"),
    ("매출액", "1,100", "0", "2022년보다 1,100백만원 증가했습니다. [1]"),
    ("영업이익", "50", "-100", "2022년 적자에서 2023년 흑자로 전환했고, 차이는 150백만원입니다. [1]"),
    ("당기순이익(손실)", "-50", "100", "2022년 흑자에서 2023년 적자로 전환했고, 차이는 150백만원입니다. [1]"),
    ("영업이익", "-50", "-100", "손실이 2022년보다 50백만원 줄었습니다. [1]"),
    ("영업이익", "-150", "-100", "손실이 2022년보다 50백만원 늘었습니다. [1]"),
    ("기타자본구성요소", "-150", "-100", "2022년과의 차이는 50백만원입니다. [1]"),
])
def test_a_change_is_worded_for_its_direction_and_grounded(item: str, new: str, old: str, expected: str) -> None:
    now, before = placed("가온", 2023, item, new), placed("가온", 2022, item, old)
    assert changed(now, before, voice(""), "[1]") == expected
    one = Derived(kind="change", form="change", facts=(now, before), with_basis=False)
    for level in ("", *NAMES):
        text = one.answer(("[1]", "[1]"), voice(level))
        assert check(text, [passage(now, before)]).ok, text
        wrong = text.replace("134백만원", "135백만원").replace("150백만원입", "151백만원입").replace("보다 50백", "보다 51백")
        assert wrong == text or not check(wrong, [passage(now, before)]).ok


def test_the_rate_says_how_it_is_rounded_and_eok_how_much_it_grew() -> None:
    now, before = placed("가온", 2023, "매출액", "1,234,567"), placed("가온", 2022, "매출액", "1,100,000")
    assert changed(now, before, voice("중급"), "[1][2]") == (
        "2022년 대비 134,567백만원 증가했고 증가율은 12.2%입니다(소수점 둘째 자리에서 반올림). [1][2]")
    assert changed(now, before, voice("초급"), "[1][2]") == "2022년보다 134,567백만원(약 1,346억원, 12.2%) 늘었습니다. [1][2]"


def test_profits_are_told_from_what_only_ends_like_one() -> None:
    items = ("영업이익", "당기순이익(손실)", "기본주당순이익", "이익잉여금", "외화환산이익", "매출액", "총포괄손익")
    assert [is_profit(placed("가온", 2023, item, "1")) for item in items] == [True, True, True, False, False, False, True]


def test_comparisons_shares_and_orders_are_grounded_at_every_level_and_wrong_ones_are_not() -> None:
    facts = {(fact.company, fact.fiscal_year, fact.item): fact for fact in figures()}
    first, second, third = (facts[company, 2023, "매출액"] for company in COMPANIES[:3])
    debt, equity = facts[COMPANIES[0], 2023, "부채총계"], facts[COMPANIES[0], 2023, "자본총계"]
    cases = [
        (Derived(kind="comparison", form="comparison", facts=(first, second), with_basis=False), "100,001백만원", "100,002백만원"),
        (Derived(kind="comparison", form="comparison", facts=(first, second), with_basis=False),
         "한빛나래식품이 가온누리전자보다", "가온누리전자가 한빛나래식품보다"),
        (Derived(kind="share", form="share", facts=(debt, equity), with_basis=False, name="부채비율"), "81.8%", "81.9%"),
        (Derived(kind="ranking", form="ranking_companies", facts=(first, second, third), with_basis=False),
         "307,003백만원", "307,004백만원"),
    ]
    for one, right, wrong in cases:
        passages = [Passage(number=at, head="", lines=(fact.line,)) for at, fact in enumerate(one.facts, start=1)]
        for level in ("", *NAMES):
            text = one.answer([f"[{at}]" for at in range(1, len(one.facts) + 1)], voice(level))
            assert right in text and check(text, passages).ok, text
            assert not check(text.replace(right, wrong), passages).ok, text
    assert cases[2][0].answer(("[1]", "[1]"), voice("")) == (
        "가온누리전자의 2023년 부채총계는 96,300백만원입니다. [1] 자본총계는 117,700백만원입니다. [1] "
        "부채총계를 자본총계로 나눈 부채비율은 81.8%입니다. [1]")
    assert cases[3][0].answer(("[2]", "[1]", "[3]"), voice("")) == (
        "2023년 매출액이 큰 순서는 푸른솔제약(307,003백만원), 한빛나래식품(207,002백만원), "
        "가온누리전자(107,001백만원)입니다. [1][2][3]")


def test_a_pool_tells_a_half_year_from_its_year() -> None:
    year, half = placed("가온", 2022, "매출액", "2,000"), placed("가온", 2022, "매출액", "900", period="상반기")
    made = pool([year, half])
    assert made.subject(year) != made.subject(half)
    assert [fact.value for fact in made.by_subject[made.subject(half)]] == ["900"]
