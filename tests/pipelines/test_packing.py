from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from made_readings import words

from pipelines.packing import fit, pack


def test_lines_are_packed_in_order_up_to_the_limit() -> None:
    assert pack(["가 나", "다 라", "마"], 4, words) == ["가 나\n다 라", "마"]


def test_head_is_repeated_and_counted() -> None:
    assert pack(["가 나", "다 라"], 4, words, ["머리"]) == ["머리\n가 나", "머리\n다 라"]


def test_nothing_gives_nothing() -> None:
    assert pack([], 10, words) == []


@given(st.lists(st.text("가나 ", min_size=1, max_size=12).filter(str.strip), max_size=20))
def test_every_line_is_kept_once_within_the_limit(lines: list[str]) -> None:
    texts = pack(lines, 8, words)
    assert "\n".join(texts) == "\n".join(lines)
    assert all(words(text) <= 8 for text in texts)


def test_a_line_over_the_limit_is_cut_after_a_clause_and_counted() -> None:
    notes: Counter[str] = Counter()
    assert fit("하나 둘 셋, 넷 다섯 여섯", 3, words, notes) == ["하나 둘 셋,", "넷 다섯 여섯"]
    assert notes == {"line_cut": 1}


def test_a_word_over_the_limit_is_cut_anywhere() -> None:
    assert fit("가나다라마", 2, len, Counter()) == ["가나", "다라", "마"]


def test_a_line_that_fits_is_left_alone() -> None:
    notes: Counter[str] = Counter()
    assert fit("하나 둘", 2, words, notes) == ["하나 둘"]
    assert not notes
