"""Files of questions: every suffix, encodings of Korean offices, and nothing left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import DataError
from pipelines.question_file import read_questions


def texts(path: Path) -> list[str]:
    return [question.text for question in read_questions(path)]


def put(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "euc-kr", "utf-16"])
@pytest.mark.parametrize("name", ["q.csv", "q.txt", "q.md"])
def test_a_file_is_read_in_the_encoding_it_is_in(name: str, encoding: str, tmp_path: Path) -> None:
    head = "질문\r\n" if name == "q.csv" else "# 물어볼 것\r\n"
    path = put(tmp_path, name, head + "가온누리전자의 매출액은?\r\n한빛바이오는?\r\n", encoding)
    assert texts(path) == ["가온누리전자의 매출액은?", "한빛바이오는?"]


def test_list_marks_headings_rules_and_blank_lines_of_a_markdown_file_are_no_questions(tmp_path: Path) -> None:
    path = put(tmp_path, "q.md", "# 제목\n\n- 하나?\n* 둘?\n1. 셋?\n  - [ ] 넷?\n---\n2023. 6월 말은?\n-5%는 왜?\n")
    assert texts(path) == ["하나?", "둘?", "셋?", "넷?", "2023. 6월 말은?", "-5%는 왜?"]
    assert read_questions(path)[0].where == "q.md: line 3"


def test_a_csv_tells_level_day_and_id_of_each_question(tmp_path: Path) -> None:
    path = put(tmp_path, "q.csv", '번호,질문,수준,기준일\n007,"매출액은, 얼마?",초급,2023-06-30\n,"두\n줄?",,\n,,,\n'
               "3,※ 합계는?,auto,20240101\n")
    assert [(one.id, one.text, one.level, one.as_of, one.where) for one in read_questions(path)] == [
        ("007", "매출액은, 얼마?", "초급", 20230630, "q.csv: row 2"), ("", "두 줄?", "", None, "q.csv: row 3"),
        ("3", "※ 합계는?", "auto", 20240101, "q.csv: row 5")]


def test_semicolons_part_columns_only_where_the_header_has_them(tmp_path: Path) -> None:
    assert texts(put(tmp_path, "a.csv", "question;level\n매출액은?;초급\n")) == ["매출액은?"]
    assert texts(put(tmp_path, "b.csv", "question\n하나; 둘?\n셋; 넷?\n")) == ["하나; 둘?", "셋; 넷?"]


def test_json_lines_need_a_question_alone(tmp_path: Path) -> None:
    path = put(tmp_path, "q.jsonl", '{"question": "하나?", "level": "초급", "as_of": 20230630, "id": 7}\n\n{"question": " 둘? "}\n')
    assert [(one.id, one.text, one.level, one.as_of) for one in read_questions(path)] == [
        ("7", "하나?", "초급", 20230630), ("", "둘?", "", None)]


@pytest.mark.parametrize(("name", "text", "said"), [
    ("q.csv", "quesiton\n하나?\n", "q.csv: there is no column of questions."),
    ("q.csv", "question,level\n하나?,\n둘?\n셋?,\n", "q.csv: row 3: 1 cells where the header has 2."),
    ("q.csv", "질문\n매출액은, 얼마?\n", "q.csv: row 1: the header has 1 columns, the rows below mostly 2."),
    ("q.csv", "question,level\n,초급\n", "q.csv: row 2: there is no question."),
    ("q.csv", "question,as_of\n하나?,2023-13-01\n", "q.csv: row 2: as_of: there is no day '2023-13-01'"),
    ("q.jsonl", '{"question": "하나?"}\n{"questoin": "둘?"}\n', "q.jsonl: line 2: there is no question, but 'questoin'."),
    ("q.jsonl", '{"question":\n', "q.jsonl: line 1: this is no JSON"),
    ("q.jsonl", '{"question": ["하나?"]}\n', "q.jsonl: line 1: question is no text."),
    ("q.jsonl", "3\n", "q.jsonl: line 1: this is no JSON object."),
    ("q.md", "# 제목만\n", "there is no question in the file."),
    ("q.docx", "하나?", "a file of questions does not end in '.docx'.")])
def test_what_cannot_be_taken_is_told_with_its_line(name: str, text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_questions(put(tmp_path, name, text))
    assert said in str(raised.value) and raised.value.fix


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read_questions(tmp_path / "q.csv")
