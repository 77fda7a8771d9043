"""Personal data is masked; numbers that only look like it are not. Every number here is invented."""

from __future__ import annotations

import dataclasses

import pytest
from quality_rows import PASSAGES, made, row

from mundap.prompt import build_input
from pipelines.quality.candidate import Candidate
from pipelines.quality.personal_data import corporate_check, luhn, mask, personal_spans, resident_check

# 850101-1234566: weights 2..9,2..5 over 850101123456 sum to 137, 137 mod 11 = 5, 11 - 5 = 6.
MASKED = {
    "주민등록번호는 850101-1234566입니다.": "주민등록번호는 [주민등록번호]입니다.",
    "8501011234566 님의 계약": "[주민등록번호] 님의 계약",
    "주민번호 850101-1234567(오타)": "주민번호 [주민등록번호](오타)",  # no check digit, but a label
    "2021년생 210305-3123456의 보호자": "2021년생 [주민등록번호]의 보호자",  # since October 2020 without check digit
    "연락처는 010-1234-5678입니다.": "연락처는 [전화번호]입니다.",
    "01012345678로 연락하세요": "[전화번호]로 연락하세요",
    "전화 02-123-4567, 팩스 031) 234-5678": "전화 [전화번호], 팩스 [전화번호]",
    "+82 10-1234-5678": "[전화번호]",
    "국민은행 123456-01-234567로 입금": "국민은행 [계좌번호]로 입금",
    "계좌번호: 110123456789 (예금주 홍길동)": "계좌번호: [계좌번호] (예금주 홍길동)",
    "카드 4111-1111-1111-1111 결제": "카드 [카드번호] 결제",
    "신용카드 4111111111111111": "신용카드 [카드번호]",
    "kim.min-su@example.co.kr로 보내세요": "[이메일]로 보내세요",
}
LEFT = [
    "접수번호 20240309000147",
    "접수번호 85010112345661",
    "법인등록번호 110111-1234567",
    "사업자등록번호 123-81-12345",
    "금융감독원 제2024-12-3456호",
    "제010-1234-5678호",
    "제031-234-5678호",
    "민법 제1019조 제3항",
    "총 8,501,011,234,566원",
    "요양급여비용총액 8501011234566원",
    "고객센터 1588-1234",
    "무료 080-123-4567",
    "850101-1234567",
    "2024-03-09부터 2025-03-08까지",
    "4111-1111-1111-1112",
    "4111111111111111건",
    "ISBN 978-89-1234-567-8",
    "991301-1234567",
    "a@b",
    "user@host",
    "@멘션하세요",
    "02-2024 사업",
    "계좌 잔액은 1234567890원입니다",
    "1234567890123456 (Luhn 아님) 카드",
    "12조 3,456억 7,890만 1,234원",
    "010-1234-56789",
    "전화번호 뒷자리 5678",
    "버전 10.12.13.14",
    "계약번호 A-2024-0001234567",
]


@pytest.mark.parametrize(("text", "wanted"), MASKED.items())
def test_personal_data_is_masked(text: str, wanted: str) -> None:
    assert mask(text, personal_spans(text)) == wanted


@pytest.mark.parametrize("text", LEFT)
def test_numbers_that_only_look_like_it_stay(text: str) -> None:
    assert personal_spans(text) == []


def test_check_digits() -> None:
    assert resident_check("850101-1234566") and not resident_check("850101-1234564")
    # a foreigner's: over 850101523456 the weights give 169, 169 mod 11 = 4, 13 - 4 = 9
    assert resident_check("850101-5234569") and not resident_check("850101-5234561")
    assert luhn("4111 1111 1111 1111") and luhn("378282246310005") and not luhn("4111 1111 1111 1112")


def test_a_firm_number_is_no_resident_number_unless_it_is_called_one() -> None:
    # 1+2+0+2+1+2+4+16+8+2+6+8 = 52, so the firm's check digit is 8; the resident's fits too
    assert corporate_check("110111-4881648") and resident_check("110111-4881648")
    assert personal_spans("㈜가온 110111-4881648 서울") == []
    assert personal_spans("주민등록번호 110111-4881648") == [(7, 21, "resident")]
    assert not corporate_check("850101-1234566")


def test_numbers_of_offices_may_stay() -> None:
    text = "상담센터 02-750-1233, 담당 010-1234-5678"
    assert mask(text, personal_spans(text, {"phone"})) == "상담센터 02-750-1233, 담당 [전화번호]"


def test_masking_is_the_same_in_every_text_and_leaves_keys_alone() -> None:
    told = dataclasses.replace(PASSAGES[0], lines=("문의: 010-1234-5678",))
    record = row(
        question="문의처는 어디인가요?",
        input=build_input([told], "문의처는 어디인가요?"),
        output="문의는 010-1234-5678입니다. [1]",
        gold_line="문의: 010-1234-5678",
        chunk_ids='["010-1234-5678"]',
    )
    mend = made("personal_data").mend
    assert mend is not None
    new, log = mend(Candidate(record=record, given=(told,)))
    assert new.output == "문의는 [전화번호]입니다. [1]" and "문의: [전화번호]" in new.text("input")
    assert new.text("gold_line") == "문의: [전화번호]" and new.text("chunk_ids") == record["chunk_ids"]
    assert new.passages[0].lines == ("문의: [전화번호]",)
    assert {(one.row, one.column, one.what) for one in log} == {
        ("r1", "input", "phone"),
        ("r1", "output", "phone"),
        ("r1", "gold_line", "phone"),
    }
    where = next(one for one in log if one.column == "output")
    assert record["output"][where.start : where.end] == "010-1234-5678"
    assert not any("1234" in str(value) for one in log for value in dataclasses.asdict(one).values())


def test_kinds_are_a_setting_and_a_clean_row_is_the_very_same() -> None:
    mend = made("personal_data", kinds=["email"]).mend
    assert mend is not None
    record = row(output="010-1234-5678, kim@example.com입니다.")
    assert mend(Candidate(record=record))[0].output == "010-1234-5678, [이메일]입니다."
    clean = Candidate(record=row())
    assert mend(clean) == (clean, [])
