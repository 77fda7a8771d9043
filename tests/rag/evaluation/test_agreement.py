"""Where two answers part, how many tokens they share, and whether they state the same."""

from __future__ import annotations

import pytest

from rag.evaluation.parity.agreement import BEFORE, TOLD, Agreement, Said, agreement, prompt_hash


def said(text: str, *tokens: int) -> Said:
    return Said(text=text, tokens=tokens or tuple(map(ord, text)))


def test_tokens_count_up_to_the_first_that_differs() -> None:
    found = agreement("one", "other", [7, 9, 11],
                      [said("같다", 1, 2, 3), said("가나다", 1, 2, 3), said("가", 1)],
                      [said("같다", 1, 2, 3), said("가라다", 1, 9, 3), said("가나", 1, 2)])
    # 3 of 3, 1 of 3 (the third token is alike again, but comes after), 1 of 2.
    assert (found.matched, found.tokens, found.identical, found.prompts) == (5, 8, 1, 3)
    assert found.rate == 5 / 8
    assert [(one.row, one.position) for one in found.differences] == [(9, 1), (11, 1)]


def test_a_difference_shows_both_continuations() -> None:
    beginning = "가" * (BEFORE + 10)
    [one] = agreement("a", "b", [3], [said(beginning + "1,234원")], [said(beginning + "1,239원 더")]).differences
    assert one.before == "가" * (BEFORE - 4) + "1,23" and (one.one, one.other) == ("4원", "9원 더") and not one.same_figures


@pytest.mark.parametrize(("left", "right", "same"), [
    ("매출액은 1,234백만원입니다.", "매출액은 12.34억원입니다.", True),
    ("매출액은 1,234백만원입니다.", "매출액은 1,234천원입니다.", False),
    ("매출액은 1,234백만원입니다.", "매출액은 1,235백만원입니다.", False),
    ("자산은 10억원, 부채는 20억원입니다.", "자산은 20억원, 부채는 10억원입니다.", False),
    ("민법 제3조입니다.", "민법 제4조입니다.", False),
    ("2023년 3월 5일입니다.", "2023년 3월 6일입니다.", False),
    ("영업손실은 △5억원입니다.", "영업이익은 5억원입니다.", False),
    ("문서에 없습니다.", "해당 내용이 없습니다.", True),
    ("5억원입니다.", "", False),
])
def test_figures_dates_and_articles_must_be_the_same(left: str, right: str, same: bool) -> None:
    assert agreement("a", "b", [1], [said(left)], [said(right)]).same_figures == int(same)


def test_other_figures_are_told_first_and_only_a_few() -> None:
    ones = [said(f"말 {at}가지" if at == 7 else "갑") for at in range(9)]
    others = [said("말 99가지" if at == 7 else "을") for at in range(9)]
    found = agreement("a", "b", list(range(1, 10)), ones, others)
    assert len(found.differences) == TOLD and found.differences[0].row == 8 and found.identical == 0


def test_nothing_written_agrees_and_what_is_kept_comes_back() -> None:
    assert agreement("a", "b", [1], [said("", *())], [said("", *())]).rate == 1.0
    found = agreement("a", "b", [1], [said("가 1")], [said("가 2")])
    kept = found.as_dict()
    assert kept["rate"] == round(2 / 3, 6) and Agreement.from_dict(kept) == found


def test_a_prompt_hash_tells_every_token_and_the_order() -> None:
    assert prompt_hash([[2, 7], [2, 8]]) == prompt_hash([(2, 7), (2, 8)])
    assert len({prompt_hash([[2, 7], [2, 8]]), prompt_hash([[2, 8], [2, 7]]), prompt_hash([[2, 7, 2, 8]]),
                prompt_hash([[27], [2, 8]])}) == 4
