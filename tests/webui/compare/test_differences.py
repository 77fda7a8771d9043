"""What is marked between two answers: words, and figures by what they say."""

from __future__ import annotations

import unicodedata

import pytest

from webui.compare.differences import Kind, Piece, differences


def marked(left: str, right: str, kind: Kind) -> tuple[list[str], list[str]]:
    found = differences(left, right)
    return [piece.text for piece in found.left if piece.kind == kind], [piece.text for piece in found.right if piece.kind == kind]


def test_the_same_text_differs_in_nothing() -> None:
    found = differences("영업이익은 345백만원입니다. [1]", "영업이익은 345백만원입니다.[2]")
    assert found.same and found.alike and not found.figures
    assert found.left == (Piece("영업이익은 345백만원입니다. [1]"),), "a citation's number is no word"


def test_words_only_one_side_says_are_marked_as_a_run() -> None:
    left, right = "가온의 영업이익은 345백만원입니다. [1]", "가온의 지난해 영업 이익은 345백만원입니다. [1]"
    assert marked(left, right, "word") == (["영업이익은"], ["지난해 영업 이익은"])
    assert not differences(left, right).figures and not differences(left, right).same


@pytest.mark.parametrize(("left", "right", "figures"), [
    ("영업이익은 345백만원입니다.", "영업이익은 543백만원입니다.", (["345백만원"], ["543백만원"])),
    ("영업이익은 345백만원입니다.", "영업이익은 345억원입니다.", (["345백만원"], ["345억원"])),
    ("영업이익은 345백만원입니다.", "영업이익은 3.45억원입니다.", ([], [])),
    ("이익은 12.5% 늘었습니다.", "이익은 △12.5% 늘었습니다.", (["12.5%"], ["△12.5%"])),
    ("2022년 매출액은 10억원입니다.", "2023년 매출액은 10억원입니다.", (["2022년"], ["2023년"])),
    ("민법 제3조에 따릅니다.", "민법 제4조에 따릅니다.", (["제3조"], ["제4조"])),
    ("문서에 해당 내용이 없습니다.", "직원은 1,234명입니다.", ([], ["1,234명"])),
])
def test_figures_are_compared_by_what_they_say(left: str, right: str, figures: tuple[list[str], list[str]]) -> None:
    assert marked(left, right, "figure") == figures


def test_texts_that_share_little_have_only_their_figures_marked() -> None:
    found = differences("문서에 해당 내용이 없습니다.", "가온누리전자의 2023년 직원은 1,234명입니다. [1]")
    assert not found.alike and found.figures
    assert {piece.kind for piece in (*found.left, *found.right)} == {"", "figure"}


@pytest.mark.parametrize(("left", "right"), [("", ""), ("", "글 하나 [1]"), ("가\n나 <b>", "가\n\n다 </b> [3] [4]"),
                                             (unicodedata.normalize("NFD", "영업이익 12억원"), "영업이익 12억원"),
                                             ("가 나 " * 300, "나 가 1억원 " * 300), ("가 " * 2000, "나 " * 2000)])
def test_the_pieces_are_the_text(left: str, right: str) -> None:
    found = differences(left, right)
    assert "".join(piece.text for piece in found.left) == unicodedata.normalize("NFC", left)
    assert "".join(piece.text for piece in found.right) == unicodedata.normalize("NFC", right)
