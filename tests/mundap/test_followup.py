"""Follow-ups made whole: what is left out comes from the question before, and nothing else does."""

from __future__ import annotations

import pytest

from mundap.followup import complete

FILINGS = {"company": ["가온누리전자", "한빛바이오"], "fiscal_year": [2021, 2022, 2023]}
TERMS = {"product": ["한빛든든 운전자보험", "가온 암보험"]}
SALES = "가온누리전자의 2023년 매출액은 얼마인가요?"
BOTH = "가온누리전자와 한빛바이오의 2023년 매출액을 비교해 주세요"
WITHDRAWAL = "한빛든든 운전자보험에서 청약은 며칠 안에 철회할 수 있나요?"


@pytest.mark.parametrize(("asked", "whole"), [
    ("그럼 2022년은?", "가온누리전자의 2022년 매출액은 얼마인가요?"),
    ("한빛바이오는?", "한빛바이오의 2023년 매출액은 얼마인가요?"),
    ("2022년 한빛바이오는?", "한빛바이오의 2022년 매출액은 얼마인가요?"),
    ("같은 해 한빛바이오는요?", "한빛바이오의 2023년 매출액은 얼마인가요?"),
    ("작년에는 어땠나요?", "가온누리전자의 2022년 매출액은 얼마인가요?"),
    ("영업이익은?", "가온누리전자의 2023년 영업이익은?"),
    ("2021년 영업이익은?", "가온누리전자의 2021년 영업이익은?"),
    ("그 회사의 부채비율은?", "가온누리전자의 2023년 부채비율은?"),
    ("한빛바이오의 부채비율은 얼마인가요?", "한빛바이오의 2023년 부채비율은 얼마인가요?"),
    ("거기 직원 수는 몇 명이야?", "가온누리전자의 2023년 직원 수는 몇 명이야?"),
    ("그러면 전년 대비 얼마나 늘었나요?", "가온누리전자의 2023년 매출액은 전년 대비 얼마나 늘었나요?"),
    ("2021년과 비교하면?", "가온누리전자의 2023년 매출액은 2021년과 비교하면?"),
    ("별도 기준으로는?", "별도 기준으로 가온누리전자의 2023년 매출액은 얼마인가요?"),
    ("매출액이 가장 큰 회사는 어디인가요?", "2023년 매출액이 가장 큰 회사는 어디인가요?"),
    ("더 쉽게 설명해 줘", SALES),
    ("한국전력공사는?", "한국전력공사의 2023년 매출액은 얼마인가요?"),   # a company the index lacks: to be declined as such
])
def test_what_a_follow_up_leaves_out(asked: str, whole: str) -> None:
    found = complete(asked, SALES, FILINGS)
    assert found.text == whole and found.carried


@pytest.mark.parametrize(("asked", "whole"), [
    ("2022년은?", "가온누리전자와 한빛바이오의 2022년 매출액을 비교해 주세요"),
    ("영업이익은?", "가온누리전자와 한빛바이오의 2023년 영업이익은?"),
])
def test_several_names_are_carried_together(asked: str, whole: str) -> None:
    assert complete(asked, BOTH, FILINGS).text == whole


@pytest.mark.parametrize(("asked", "whole"), [
    ("그럼 해지하면요?", "한빛든든 운전자보험에서 해지하면요?"),
    ("가온 암보험은요?", "가온 암보험에서 청약은 며칠 안에 철회할 수 있나요?"),
    ("보험금은 언제 지급되나요?", "한빛든든 운전자보험에서 보험금은 언제 지급되나요?"),
])
def test_a_contract_is_carried(asked: str, whole: str) -> None:
    assert complete(asked, WITHDRAWAL, TERMS).text == whole


@pytest.mark.parametrize("asked", ["한빛바이오의 2022년 부채비율은 얼마인가요?", "그건 왜 그런가요?"])
def test_a_whole_question_and_one_about_the_answer_stay_as_asked(asked: str) -> None:
    found = complete(asked, SALES, FILINGS)
    assert (found.text, found.carried) == (asked, ())


@pytest.mark.parametrize(("asked", "guessed"), [
    ("영업이익은?", True), ("그런데 전세금은 언제 돌려받나요?", True), ("그럼 2022년은?", False), ("그 회사의 부채비율은?", False),
    ("한빛바이오의 부채비율은?", False), ("그건 왜 그런가요?", False)])
def test_what_points_nowhere_back_is_a_guess(asked: str, guessed: bool) -> None:
    assert complete(asked, SALES, FILINGS).guessed is guessed


def test_without_an_earlier_question_nothing_is_added() -> None:
    assert complete("  그럼   2022년은? ", "", FILINGS).text == "그럼 2022년은?"
    assert complete("영업이익은?", "안녕하세요", FILINGS).text == "영업이익은?"


def test_a_chain_of_follow_ups_keeps_what_was_said_last() -> None:
    whole = SALES
    for asked in ("한빛바이오는?", "2021년은?", "영업이익은?"):
        whole = complete(asked, whole, FILINGS).text
    assert whole == "한빛바이오의 2021년 영업이익은?"
