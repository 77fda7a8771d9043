from __future__ import annotations

import pytest

from pipelines.readers.decode import REPLACED, decode, is_wreck


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_every_encoding_met_gives_the_same_text(encoding: str) -> None:
    assert decode("한글 매출액 똠방 1,234".encode(encoding)) == ("한글 매출액 똠방 1,234", {})


def test_a_broken_byte_is_replaced_and_counted() -> None:
    text, repairs = decode("매출액".encode("cp949") + b"\xff\xff" + "이익".encode("cp949"))
    assert text.startswith("매출액") and text.endswith("이익") and repairs[REPLACED] >= 1


def test_utf8_cut_in_mid_character_stays_utf8() -> None:
    text, repairs = decode("매출액".encode()[:-1])
    assert text.startswith("매출") and repairs == {REPLACED: 1}


def test_lost_hangul_is_told_from_text_with_question_marks() -> None:
    assert is_wreck("<P>" + "?????? ???? " * 40 + "</P>")
    assert not is_wreck("무엇입니까?? 한글 문장입니다. " * 40)
