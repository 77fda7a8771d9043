"""Answers taken apart: the strict forms, what one repair mends, what nothing mends."""

from __future__ import annotations

import pytest

from pipelines.generate.parse import Broken, Pair, parse, repaired

PAIR = Pair("무엇인가요?", "제8조에 따르면 3일입니다.")
JSON = '{"question": "무엇인가요?", "answer": "제8조에 따르면 3일입니다."}'
FORM = "질문: 무엇인가요?\n답변: 제8조에 따르면 3일입니다."
GOOD = [JSON, f"[{JSON}]", f"\n {JSON}\n", FORM, FORM.replace("\n", "\n\n")]
MENDED = [
    f"```json\n{JSON}\n```", f"```\n[{JSON}]\n```", f"네, 만들었습니다.\n{JSON}\n도움이 되셨나요?",
    JSON[:-1] + ",}", f"[{JSON},]", f"**질문:** 무엇인가요?\n**답변:** {PAIR.answer}",
    f"1) 질문: 무엇인가요?\n2) 답변: {PAIR.answer}", f"아래와 같습니다.\n{FORM}"]
BROKEN = [
    "", "안녕하세요.", "ERROR: 429 Too Many Requests", JSON[:-10], '{"question": "무엇인가요?"}', "{}", "[]", "[1, 2]",
    '{"question": "", "answer": "가"}', '{"question": ["가"], "answer": "나"}', '{"question": 1, "answer": 2}',
    JSON[:-1] + ', "level": "초급"}', '{"question": "가", "question": "나", "answer": "다"}', '{"question": "가", "answer": null}',
    "질문: 무엇인가요?", "답변: 3일입니다.\n질문: 무엇인가요?", '{"error": {"message": "quota"}}', "[" * 5000,
    '{"question": "\\ud83d", "answer": "가"}', f"{JSON}\n{JSON}", "죄송하지만 도와드릴 수 없습니다."]


@pytest.mark.parametrize("text", [*GOOD, *MENDED])
def test_pairs_are_read(text: str) -> None:
    assert parse(text, 1) == [PAIR]


@pytest.mark.parametrize("text", MENDED)
def test_mending_is_needed_there_and_once_is_enough(text: str) -> None:
    assert repaired(repaired(text)) == repaired(text)
    assert repaired(text) != text


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(Broken):
        parse(text, 1)


def test_several_pairs_and_no_more_than_asked_for() -> None:
    other = '{"question": "언제인가요?", "answer": "내일입니다."}'
    both = [PAIR, Pair("언제인가요?", "내일입니다.")]
    assert parse(f"[{JSON}, {other}]", 2) == both
    assert parse(f"{FORM}\n\n질문: 언제인가요?\n답변: 내일입니다.", 2) == both
    with pytest.raises(Broken, match="2 pairs where 1"):
        parse(f"[{JSON}, {other}]", 1)


def test_repair_changes_no_letter_inside_quotes() -> None:
    text = '{"question": "목록은 [가,] 인가요?", "answer": "네, {나,} 입니다.",}'
    assert parse(text, 1) == [Pair("목록은 [가,] 인가요?", "네, {나,} 입니다.")]
