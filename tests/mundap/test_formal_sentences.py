from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundap.formal_sentences import formal_sentences


@pytest.mark.parametrize(("line", "expected"), [
    ("당사는 성장하였습니다. 이익도 늘었습니다.", ["당사는 성장하였습니다.", "이익도 늘었습니다."]),
    ("해당사항 없음. 자세한 내용은 주석을 참조하시기 바랍니다.", ["해당사항 없음.", "자세한 내용은 주석을 참조하시기 바랍니다."]),
    ("협의하여 결정합니다.이에 따라 배정합니다.", ["협의하여 결정합니다.", "이에 따라 배정합니다."]),
    ("반영하였습니다(주석 12 참조). 한편 손실은 없습니다.", ["반영하였습니다(주석 12 참조).", "한편 손실은 없습니다."]),
    ("전년보다 5.2%. 당기는 낮습니다.", ["전년보다 5.2%.", "당기는 낮습니다."]),
    ("가능할까? 그렇습니다.", ["가능할까?", "그렇습니다."]),
])
def test_a_stop_after_a_sentence_ends_it(line: str, expected: list[str]) -> None:
    assert formal_sentences(line) == expected


@pytest.mark.parametrize("line", [
    "1. 사업의 개요", "가. 제재 현황", "제2조. 목적", "2022. 12. 31. 기준으로 작성하였습니다.", "ABC Co. Ltd.와 계약하였습니다.",
    "No. 3 공장을 열었습니다.", "영업이익률은 3.5 % 입니다.", "당사(이하 '회사'라 합니다. 또는 갑)는 설립되었습니다.",
    "그는 “좋습니다.” 라고 말했습니다.", "「제2부 발행인에 관한 사항입니다. 참조」를 보십시오.", "",
])
def test_a_stop_that_ends_nothing_is_left_alone(line: str) -> None:
    assert formal_sentences(line) == ([line] if line else [])


def test_a_bracket_without_its_partner_hides_no_end() -> None:
    assert formal_sentences("가) 첫째입니다. (둘째입니다. 셋째입니다.") == ["가) 첫째입니다.", "(둘째입니다.", "셋째입니다."]


@given(st.text("가나다.!?() \"'“”1A%", max_size=60))
def test_no_word_is_lost(line: str) -> None:
    assert "".join(formal_sentences(line)).replace(" ", "") == line.replace(" ", "")
