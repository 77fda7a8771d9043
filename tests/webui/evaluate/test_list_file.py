"""A pasted question list: told apart by its text, read whole, and refused kindly where it is hostile."""

from __future__ import annotations

import pytest

from mundap.errors import ConfigError, DataError
from webui.evaluate.list_file import MOST_QUESTIONS, name, read, suffix

LEVELS = ("초급", "고급")


def test_one_question_a_line() -> None:
    found = read("# 제목\n1. 매출액은?\n\n- 직원은 몇 명인가요?\n", LEVELS)
    assert [(one.position, one.inquiry.text, one.named) for one in found] == [(0, "매출액은?", ""), (1, "직원은 몇 명인가요?", "")]


def test_csv_and_json_lines_keep_ids_levels_and_days() -> None:
    csv = read("\ufeff번호,질문,수준,기준일\nq1,\"매출액, 영업이익은?\",초급,2023-06-30\nq2,직원은?,,\n", LEVELS)
    assert [(one.named, one.inquiry.text, one.inquiry.level, one.inquiry.as_of) for one in csv] == [
        ("q1", "매출액, 영업이익은?", "초급", 20230630), ("q2", "직원은?", "", None)]
    lines = read('{"question": "매출액은?", "id": "a-1", "level": "auto"}\n{"question": "직원은?"}', LEVELS)
    assert [(one.named, one.inquiry.level) for one in lines] == [("a-1", "auto"), ("", "")]


@pytest.mark.parametrize(("text", "kind"), [
    ("질문\n가?", ".csv"), ("question\tlevel\n가?\t", ".csv"), ("a;question\n1;가?", ".csv"), ('{"question": "가?"}', ".jsonl"),
    ("{가}는 무엇인가요?", ".txt"), ("매출액, 영업이익은?", ".txt"), ("", ".txt"), ("질문이 있습니다", ".txt")])
def test_which_it_is_shows(text: str, kind: str) -> None:
    assert suffix(text) == kind


@pytest.mark.parametrize(("text", "said"), [
    ("", "no question"), ("가" * 501, "501 characters"), ("가\x00나", "no text"), ("가" * 400_000, "larger than"),
    ("가?\n" * (MOST_QUESTIONS + 1), "1001 questions"), ('{"question": 3.5}', "no text"), ('{"question": "가?"}\n{', "no JSON"),
    ('{"question": "가?", "id": "' + "a" * 81 + '"}', "id has up to"), ("question\n\ud800", "no text"),
    ('{"question": "가?", "as_of": "2023-13-40"}', "2023-13-40"), ("[" * 100_000, "characters")])
def test_what_cannot_be_asked_is_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(text, LEVELS)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ConfigError, match="no level '<b>'"):
        read('{"question": "가?", "level": "<b>"}', LEVELS)


def test_a_lists_name_is_one_line() -> None:
    assert name("  직원과\n매출\u202e ") == "직원과 매출"
    for wrong in ("", " \n", "가" * 81):
        with pytest.raises(DataError):
            name(wrong)
