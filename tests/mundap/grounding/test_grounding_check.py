"""What supports what: conversion, rounding, signs, years, articles, computed figures, citations and repair."""

from __future__ import annotations

import random
import time

import pytest

from mundap.grounding import Grounding, check
from mundap.prompt import Passage

FACTS = Passage(number=1, head="가온누리전자 2023 사업보고서 III. 재무 (단위: 백만원)", lines=(
    "가온누리전자 2023년 연결 매출액: 1,234,567백만원", "가온누리전자 2022년 연결 매출액: 1,100,000백만원",
    "가온누리전자 2023년 연결 영업이익: -12,345백만원", "직원 수 2,024명", "자산총계 5,000,000",
    "2023년 부채비율: 45.3%",
    "2022년 부채비율: 41.1%", "발행주식총수(천주): 5,969", "계약일: 2024.03.15", "해외법인 100~120개",
    "평가손실: 77백만원"))
LAW = Passage(number=2, head="민법 제12조의2 제2항", lines=(
    "② 보증금은 3개월 이내에 반환한다. 제1항에 따른 이자는 연 12%로 하고, 「상법」 제54조를 준용한다.",
    "1. 5천만원 이하는 1만분의 719로 한다."))
PASSAGES = (FACTS, LAW)

TRUE = [
    "2023년 매출액은 1,234,567백만원입니다. [1]", "2023년 매출액은 1조 2,345억 6,700만원입니다. [1]",
    "매출액은 1,234,567,000,000원이다. [1]",
    "매출액은 1,234,567,000천원이다. [1]", "매출은 약 1조 2,346억원입니다. [1]", "매출은 1.2조원입니다. [1]",
    "매출은 약 1.23조원 수준입니다. [1]",
    "영업손실은 12,345백만원입니다. [1]", "영업이익은 △123억 4,500만원입니다. [1]",
    "영업적자 123억원을 기록했다. [1]", "평가손익은 -77백만원이다. [1]",
    "직원은 2024명입니다. [1]", "직원은 2천여 명입니다. [1]", "직원은 약 2,000명입니다. [1]",
    "자산총계는 5조원입니다. [1]", "자산총계는 5,000,000입니다. [1]",
    "부채비율은 45.3%입니다. [1]", "부채비율은 약 45%입니다. [1]", "발행주식은 5,969,000주입니다. [1]",
    "계약일은 2024년 3월 15일이다. [1]", "계약은 2024년 3월에 맺었다. [1]", "계약은 ’24.3.15.에 맺었다. [1]",
    "매출액은 전년 대비 12.2% 증가했습니다. [1]", "2023년 매출액은 전년보다 1,345억 6,700만원 늘었습니다. [1]",
    "부채비율은 4.2%p 상승했다. [1]",
    "매출액은 2022년 1조 1,000억원에서 2023년 1조 2,346억원으로 증가했다. [1]",
    "제12조의2 제2항에 따르면 3개월 이내에 반환한다. [2]", "제12조의2에 따라 3개월 안에 반환한다. [2]",
    "민법 제12조의2 제2항 제1호: 5,000만원. [2]",
    "상법 제54조를 준용한다. [2]", "이율은 7.19%이다. [2]", "이자는 연 12%이다. [2]",
    "해외법인은 100개에서 120개다. [1]", "말씀하신 내용은 없습니다.",
    "매출액과 직원은 각각 1,234,567백만원, 2,024명입니다. [1]", "기간은 0.25년입니다. [2]",
]
FALSE = [
    "2023년 매출액은 1,234,568백만원입니다. [1]", "2023년 매출액은 1조 2,345억원입니다. [1]",
    "2023년 매출액은 1,234,567억원입니다. [1]",
    "2022년 매출액은 1,234,567백만원입니다. [1]", "2021년 매출액은 1,234,567백만원입니다. [1]",
    "매출은 약 1.3조원입니다. [1]", "매출은 약 1조 3천억원입니다. [1]",
    "영업이익은 12,345백만원입니다. [1]", "매출액은 -1,234,567백만원입니다. [1]", "평가이익은 77백만원이다. [1]",
    "직원은 2,042명입니다. [1]", "직원은 2,024건입니다. [1]", "직원은 1천여 명입니다. [1]",
    "자산총계는 5,000,000원입니다. [1]", "부채비율은 45.4%입니다. [1]",
    "부채비율은 45.3%p입니다. [1]", "부채비율은 45.31%입니다. [1]", "발행주식은 5,969주입니다. [1]",
    "계약일은 2024년 3월 16일이다. [1]", "계약일은 2024년 4월이다. [1]",
    "매출액은 전년 대비 12.2% 감소했습니다. [1]", "매출액은 전년 대비 12.3% 증가했습니다. [1]",
    "2022년 매출액은 전년 대비 12.2% 증가했습니다. [1]",
    "매출액은 2022년 1,100,000백만원에서 2023년 1,234,567백만원으로 감소했다. [1]", "부채비율은 4.2%p 하락했다. [1]",
    "매출액은 1,345억 6,700만원이다. [1]",
    "제12조의2 제3항에 따르면 3개월이다. [2]", "제12조 제2항에 따르면 3개월이다. [2]",
    "상법 제12조의2에 따르면 3개월이다. [2]", "제2항에 따르면 3개월이다. [2]",
    "이자는 연 12%이다. [1]", "이자는 연 12%이다. [7]", "이율은 7.2%p이다. [2]", "문의는 1577-0606입니다. [2]",
    "제55기입니다. [1]",
]


@pytest.mark.parametrize("answer", TRUE)
def test_what_the_passages_say_is_ok(answer: str) -> None:
    grounding = check(answer, PASSAGES)
    assert grounding.ok, [(claim.claim, claim.conflict) for claim in grounding.claims if not claim.supported]


@pytest.mark.parametrize("answer", FALSE)
def test_what_they_do_not_say_is_not(answer: str) -> None:
    assert not check(answer, PASSAGES).ok


def only(answer: str) -> Grounding:
    return check(answer, PASSAGES)


def test_support_names_passage_and_lines() -> None:
    year, sales = only("2023년 매출액은 1,234,567백만원입니다. [1]").claims
    assert sales.supported_by == (1,) and sales.supports[0].lines == (0,) and not sales.derived
    assert year.supports[0].lines == (-1, 0, 2, 5)


def test_derived_is_marked_with_both_lines() -> None:
    [rate] = only("매출액은 전년 대비 12.2% 증가했습니다. [1]").claims
    assert rate.derived and rate.supports[0].lines == (0, 1)


def test_share_needs_both_figures_in_the_answer() -> None:
    passages = [Passage(number=1, head="매출",
        lines=("가전 매출: 250억원", "전체 매출: 1,000억원", "통신 매출: 300억원"))]
    assert check("전체 1,000억원 중 가전 250억원의 비중은 25.0%입니다. [1]", passages).ok
    assert not check("가전의 비중은 25.0%입니다. [1]", passages).ok
    assert check("가전 250억원과 통신 300억원을 합하면 550억원입니다. [1]", passages).ok
    assert not check("가전 250억원과 통신 300억원이고 550억원입니다. [1]", passages).ok
    assert check("통신 300억원은 가전 250억원의 1.2배입니다. [1]", passages).ok


def test_conflict_says_whose_the_value_is() -> None:
    sales = only("2022년 매출액은 1,234,567백만원입니다. [1]").claims[1]
    assert not sales.supported and sales.conflict == "2023"
    assert only("2023년 매출은 1,234,567백만원으로 전년 1,100,000백만원보다 늘었다. [1]").ok


def test_wrong_citation_is_repairable() -> None:
    [sentence] = only("이자는 연 12%이다. [1]").sentences
    assert (sentence.ok, sentence.citations, sentence.supporting, sentence.repairable_to) == (False, (1,), (2,), 2)
    [sentence] = only("이자는 연 12%이다.").sentences
    assert (sentence.ok, sentence.citations, sentence.repairable_to) == (True, (), 2)
    [sentence] = only("이자는 연 12%이다. [2]").sentences
    assert (sentence.ok, sentence.repairable_to) == (True, None)
    [sentence] = only("이자는 연 13%이다. [1]").sentences
    assert (sentence.ok, sentence.repairable_to, sentence.supporting) == (False, None, ())


def test_citations_may_share_the_claims_of_a_sentence() -> None:
    [sentence] = only("직원은 2,024명이고 이자는 12%입니다. [1][2]").sentences
    assert sentence.ok and sentence.supporting == ()
    assert not only("직원은 2,024명이고 이자는 12%입니다. [1]").ok


def test_unknown_citation_is_not_ok() -> None:
    [sentence] = only("그렇습니다. [9]").sentences
    assert not sentence.ok and sentence.unknown_citations == (9,)


def test_sentences_carry_their_claims_and_spans() -> None:
    answer = "매출은 1.2조원입니다. [1] 이자는 13%입니다. [2]"
    grounding = only(answer)
    assert [answer[slice(*sentence.span)] for sentence in grounding.sentences] == ["매출은 1.2조원입니다. [1]",
        "이자는 13%입니다. [2]"]
    assert [claim.text for claim in grounding.unsupported] == ["13%"] and [
        claim.text for claim in grounding.supported] == ["1.2조원"]


def test_unit_declared_in_a_line_holds_from_there_on() -> None:
    passages = [Passage(number=3, head="요약재무", lines=("자본금 777", "(단위: 천원, %)", "매출 | 1,234 | 5.6"))]
    assert check("매출은 1,234,000원이다. [3]", passages).ok and check("비율은 5.6%이다. [3]", passages).ok
    assert not check("자본금은 777천원이다. [3]", passages).ok


def test_empty_inputs() -> None:
    assert check("", PASSAGES).sentences == () and check("", ()).ok
    grounding = check("매출은 5원이다.", ())
    assert not grounding.ok and len(grounding.unsupported) == 1


def test_ten_sentences_and_eight_passages_take_milliseconds() -> None:
    rng = random.Random(1)
    passages = [Passage(number=number, head=f"회사{number} 202{number % 5} 사업보고서", lines=tuple(
        f"회사{number} 202{number % 5}년 항목{line}: {rng.randrange(10**6):,}백만원" for line in range(
            10))) for number in range(1, 9)]
    answer = " ".join(f"202{k % 5}년 항목{k}은 {rng.randrange(10**6):,}백만원입니다. [{k % 8 + 1}]" for k in range(10))
    check(answer, passages[:1])
    best = 1.0
    for _ in range(5):
        started = time.process_time()
        assert len(check(answer, passages).sentences) == 10
        best = min(best, time.process_time() - started)
    assert best < 0.020, f"{best * 1000:.1f} ms"


COMPARED = (
    Passage(number=1, head="", lines=("가온 2023년 영업이익: -50백만원", "가온 2022년 영업이익: -100백만원",
                                      "가온 2023년 이자보상비율: 48.71%", "가온 2021년 영업이익: 80백만원")),
    Passage(number=2, head="", lines=("한빛 2023년 영업이익: 130백만원", "한빛 2023년 이자보상비율: 33.24%")))
QUOTED = "가온의 2023년 영업이익은 -50백만원입니다. [1] "


@pytest.mark.parametrize("answer", [
    QUOTED + "2022년에는 -100백만원이었습니다. [1] 손실이 2022년보다 50백만원 줄었습니다. [1]",
    QUOTED + "한빛의 2023년 영업이익은 130백만원입니다. [2] 한빛이 가온보다 180백만원 더 큽니다. [1][2]",
    "가온은 48.71%, 한빛은 33.24%로 가온이 한빛보다 15.47%p 더 높습니다. [1][2]",
    QUOTED + "2022년 100백만원의 적자에서 손실이 50.0% 줄었습니다. [1]",
])
def test_computed_from_two_quoted_figures(answer: str) -> None:
    assert check(answer, COMPARED).ok


@pytest.mark.parametrize("answer", [
    QUOTED + "2022년에는 -100백만원이었습니다. [1] 손실이 2022년보다 50백만원 늘었습니다. [1]",    # the wrong way
    QUOTED + "2022년에는 -100백만원이었습니다. [1] 손실이 2022년보다 51백만원 줄었습니다. [1]",    # the wrong size
    QUOTED + "한빛의 2023년 영업이익은 130백만원입니다. [2] 한빛이 가온보다 181백만원 더 큽니다. [1][2]",
    QUOTED + "한빛의 2023년 영업이익은 130백만원입니다. [2] 가온이 한빛보다 180백만원 더 큽니다. [1][2]",   # the wrong one
    QUOTED + "한빛의 2023년 영업이익은 130백만원입니다. [2] 한빛이 가온보다 180백만원 더 적습니다. [1][2]",
    QUOTED + "한빛의 2023년 영업이익은 130백만원입니다. [2] 한빛이 가온보다 180백만원 더 큽니다. [2]",      # one uncited
    QUOTED + "한빛이 가온보다 180백만원 더 큽니다. [1][2]",                                            # one not quoted
    "가온은 48.71%, 한빛은 33.24%로 가온이 한빛보다 15.4%p 더 높습니다. [1][2]",
    "2021년 영업이익은 80백만원, 2022년은 -100백만원으로 225.0% 감소했습니다. [1]",                      # across zero
])
def test_what_two_quoted_figures_do_not_give(answer: str) -> None:
    assert not check(answer, COMPARED).ok
