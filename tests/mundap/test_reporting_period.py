"""A half-year's figure never answers for the year, nor three months for nine."""

from __future__ import annotations

import pytest

from mundap.reporting_period import PERIODS, fits, of_line

YEAR = "HMM 2022년 연결 매출액"


@pytest.mark.parametrize("period", PERIODS)
def test_a_line_says_its_period(period: str) -> None:
    assert of_line(f"HMM 2022년 {period} 연결 매출액") == period
    assert not fits("HMM의 2022년 매출액은 얼마인가요?", f"HMM 2022년 {period} 연결 매출액")


@pytest.mark.parametrize(("question", "period"), [
    ("HMM의 2022년 상반기 매출액은?", "상반기"), ("2022년 반기 매출액", "상반기"), ("2022년 반기말 자산총계", "반기말"),
    ("2022년 1분기 매출", "1분기"), ("2022년 1분기말 부채", "1분기말"), ("2022년 3분기 매출액", "3분기"),
    ("2022년 3분기 누적 매출액", "3분기 누적"), ("2022년 누적 3분기 매출액", "3분기 누적"), ("2022년 2Q 영업이익", "2분기"),
    ("2022년 2/4분기 영업이익", "2분기"), ("2022년 4분기 매출액", "4분기")])
def test_a_question_finds_its_period(question: str, period: str) -> None:
    assert fits(question, f"HMM 2022년 {period} 연결 매출액")
    assert not fits(question, YEAR)


@pytest.mark.parametrize(("question", "period"), [
    ("2022년 3분기 매출액", "3분기 누적"), ("2022년 3분기 누적 매출액", "3분기"), ("2022년 하반기 매출액", "상반기"),
    ("2022년 4분기 매출액", "3분기"), ("2022년 상반기 매출액", "1분기"), ("2022년 2분기 매출액", "상반기")])
def test_a_near_miss_is_no_answer(question: str, period: str) -> None:
    assert not fits(question, f"HMM 2022년 {period} 연결 매출액")


def test_a_year_is_a_year() -> None:
    assert fits("HMM의 2022년 매출액은?", YEAR)
    assert of_line("HMM 2022년 분기배당 횟수") == ""   # an item that only begins so
    assert of_line("HMM 2022년 3분기말잔액 대비 비율") == ""
