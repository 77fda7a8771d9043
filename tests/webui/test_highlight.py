"""Which places of a text are marked, and that text stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from webui import highlight
from webui.highlight import mark
from webui.words import words


def passage(text: str, supports: Sequence[str] = ()) -> str:
    return highlight.passage(text, supports, words("ko"))


def marked(text: str, *supports: str) -> list[str]:
    return [line.text[start:end] for line in mark(text, supports) for start, end in line.spans]


@pytest.mark.parametrize(("text", "supports", "expected"), [
    ("매출액: 12\n매출액: 123", ["매출액: 12"], ["매출액: 12"]),                    # a whole line marks no longer line
    ("첫 문장이다. 둘째 문장이다. 셋째.", ["둘째 문장이다."], ["둘째 문장이다."]),
    ("첫 문장이다.  둘째\t문장이다.", ["둘째 문장이다."], ["둘째\t문장이다."]),      # blanks may differ
    ("가나다라마", ["가나다", "다라"], ["가나다라"]),                                # overlapping ones become one
    ("가나 가나", ["가나"], ["가나", "가나"]),
    ("가나다", ["없는 글", "", "  "], []),
    ("값 (1.5%) a+b", ["(1.5%) a+b"], ["(1.5%) a+b"]),                              # not a pattern
])
def test_marks_what_supports(text: str, supports: list[str], expected: list[str]) -> None:
    assert marked(text, *supports) == expected


def test_text_and_marked_text_are_escaped() -> None:
    shown = passage("<script>alert(1)</script> & <b>1</b>", ["<b>1</b>"])
    assert "<script" not in shown and "<b>" not in shown
    assert "<mark>&lt;b&gt;1&lt;/b&gt;</mark>" in shown


def test_long_text_shows_the_lines_around_the_marked_one_and_folds_the_whole() -> None:
    text = "\n".join(f"줄 {at:02d}" for at in range(40))
    head, _, folded = passage(text, ["줄 20"]).partition("<details")
    assert re.findall(r"줄 \d\d", head) == ["줄 18", "줄 19", "줄 20", "줄 21", "줄 22"]
    assert "<mark>줄 20</mark>" in head and head.count("gap") == 2
    assert "전체 보기 (40줄)" in folded and folded.count("<p>") == 40


def test_long_text_without_a_mark_shows_its_beginning() -> None:
    head = passage("\n".join(f"줄 {at:02d}" for at in range(40))).partition("<details")[0]
    assert re.findall(r"줄 \d\d", head) == [f"줄 {at:02d}" for at in range(6)]


def test_table_rows_become_a_table() -> None:
    shown = passage("표\n| 구분 | 2023 |\n| --- | --- |\n| 매출 <액> | 12 |\n끝", ["| 매출 <액> | 12 |"])
    assert shown.count("<table>") == 1 and shown.count("<tr>") == 2 and "---" not in shown
    assert "<td><mark>매출 &lt;액&gt;</mark></td><td><mark>12</mark></td>" in shown


def test_no_text_is_an_empty_passage() -> None:
    assert passage("") == '<div class="passage"></div>'
