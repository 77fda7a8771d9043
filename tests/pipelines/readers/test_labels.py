from __future__ import annotations

import time

import pytest

from pipelines.readers.labels import basis_in, clean_label, normal_title, split_basis


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Ⅰ. 매출액 (주21)", "매출액"),
        ("I. 매출액", "매출액"),
        ("1. 감자", "감자"),
        ("(1) 수출", "수출"),
        ("① 기타", "기타"),
        ("가. 제품", "제품"),
        ("[유동자산]", "유동자산"),
        ("ㆍ현금및현금성자산", "현금및현금성자산"),
        ("합 계", "합계"),
        ("감 가 상 각 비", "감가상각비"),
        ("평 균 근속연수", "평균 근속연수"),
        ("매출원가 (주21,22)", "매출원가"),
        ("기타유동자산(*1)", "기타유동자산"),
        ("제품 주1)", "제품"),
        ("현금 및 현금성자산", "현금 및 현금성자산"),
        ("변동현황 및 그 내용", "변동현황 및 그 내용"),
        ("2.5톤 트럭", "2.5톤 트럭"),
        ("연구개발비 비율 [연구개발비÷매출액×100]", "연구개발비 비율"),
    ],
)
def test_labels_are_cleaned(text: str, label: str) -> None:
    assert clean_label(text) == label


def test_titles_are_normalised() -> None:
    assert normal_title("Ⅱ. 사업의  내용") == "II. 사업의 내용"
    assert normal_title("사 업 보 고 서") == "사업보고서"
    assert normal_title("정 정 신 고 (보고)") == "정정신고 (보고)"
    assert normal_title("1.요약재무정보") == "1. 요약재무정보"


def test_basis() -> None:
    assert split_basis("(연결)당기순이익") == ("당기순이익", "연결")
    assert (
        basis_in("가. 요약연결재무정보") == "연결"
        and basis_in("요약별도재무정보") == "별도"
        and basis_in("요약재무정보") == ""
    )
    assert basis_in("연결대상 종속회사") == ""


@pytest.mark.parametrize("unit", ["가 ", "( ", "[", "주1) ", "1.", "Ⅰ"])
def test_long_labels_take_no_long_time(unit: str) -> None:
    start = time.process_time()
    clean_label(unit * 200_000)
    assert time.process_time() - start < 2
