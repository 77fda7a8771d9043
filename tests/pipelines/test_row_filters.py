from __future__ import annotations

from dataclasses import replace

from made_readings import words

from pipelines.filters import keep
from pipelines.rejects import Rejects
from pipelines.rows.row import Row

ROW = Row(id="1", kind="fact", instruction="지시", input="입력", output="출력", question="질문?", source="",
          chunk_ids="[]")


def test_duplicates_empty_fields_and_long_rows_are_dropped_by_name() -> None:
    rows = [ROW, ROW, replace(ROW, output=" "), replace(ROW, question="긴 것?", input="가 " * 50)]
    rejects = Rejects()
    assert list(keep(rows, "train", rejects, max_tokens=30, count=words)) == [ROW]
    assert rejects.by_reason() == {"duplicate": 1, "empty_field": 1, "over_tokens": 1}


def test_no_limit_keeps_any_length() -> None:
    long = replace(ROW, input="가 " * 5000)
    assert list(keep([long], "train", Rejects(), max_tokens=None, count=None)) == [long]


def test_the_same_question_with_another_answer_is_kept() -> None:
    rows = [ROW, replace(ROW, output="다른 출력")]
    assert list(keep(rows, "train", Rejects(), max_tokens=None, count=None)) == rows
