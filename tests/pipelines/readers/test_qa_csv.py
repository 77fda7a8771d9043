from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from pipelines.readers import READERS
from pipelines.reading import Reading

HEADER = "question,answer,category,difficulty\n"
OPTIONS = {"title": "민사 문답", "publisher": "mundap", "date": 20250101}


def read(path: Path, **options: Any) -> list[Reading]:
    return list(READERS["qa_csv"](path, path.parent, OPTIONS | options))


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "civil.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_each_row_is_a_document(tmp_path: Path, encoding: str) -> None:
    path = write(
        tmp_path,
        HEADER + '보증금은?,"첫째, 신청합니다.\n둘째 줄.",전세사기,초급\n\n소유권은?,등기입니다.,,\n',
        encoding,
    )
    first, second = read(path)
    assert first.document.doc_id == "civil-0001" and second.document.doc_id == "civil-0002"
    assert first.question_answer == ("보증금은?", "첫째, 신청합니다.\n둘째 줄.")
    assert first.sections[0].path == ("전세사기",) and second.sections[0].path == ()
    assert first.sections[0].blocks[0].text == "질문: 보증금은?\n답변: 첫째, 신청합니다.\n둘째 줄."
    assert (
        first.document.title == "민사 문답" and first.document.doc_type == "문답" and first.document.date == 20250101
    )
    assert first.document.fields == {"category": "전세사기", "difficulty": "초급", "row": 2}


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "질문,답변\n가?,나.\n")
    assert read(path, columns={"question": "질문", "answer": "답변"})[0].question_answer == ("가?", "나.")


def test_an_empty_answer_fails_that_row_only(tmp_path: Path) -> None:
    readings = read(write(tmp_path, HEADER + "가?,,c,d\n나?,다.,c,d\n"))
    assert [reading.status for reading in readings] == ["FAILED", "OK"]
    assert readings[0].repairs == {"row 2: empty answer": 1} and readings[0].question_answer is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "civil.csv: the file is empty."),
        ("\n", "civil.csv: the file is empty."),
        (HEADER, "civil.csv: the file has a header but no rows."),


        (HEADER + '가?,"나.,c,d\n', "civil.csv: row 2 cannot be taken apart (unexpected end of data)."),
        (
            "qestion,answer\n가,나\n",
            "civil.csv: row 1: there is no column 'question' for question.\n"
            "  Did you mean 'qestion'? Columns found: qestion, answer.",
        ),
    ],
)
def test_errors_say_what_where_and_how_to_fix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(write(tmp_path, text))
    assert str(caught.value).startswith(said) and caught.value.fix


def test_an_unknown_column_lists_those_found(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Did you mean 'category'\\? Columns found: question, answer, category"):
        read(write(tmp_path, HEADER + "가,나,다,라\n"), columns={"category": "categori"})


def test_other_bytes_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "civil.csv"
    path.write_bytes(b"\xff\xd8\xff\xe0\x00\x10\x80\x81 \xff")
    with pytest.raises(DataError, match="NUL bytes, so it is damaged or no text"):
        read(path)
    with pytest.raises(DataError, match="there is no such file"):
        read(tmp_path / "gone.csv")


def test_a_ragged_row_fails_alone_and_keeps_its_number(tmp_path: Path) -> None:
    readings = read(write(tmp_path, HEADER + "가?,나.,다,라\n마?,바.\n사?,아.,자,차\n"))
    assert [reading.status for reading in readings] == ["OK", "FAILED", "OK"]
    assert readings[1].repairs == {"row 3: 2 cells where the header has 4: 마?,바.": 1}
    assert [reading.document.fields["row"] for reading in readings] == [2, 3, 4]


def test_only_the_categories_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "가?,나.,전세사기,초급\n다?,라.,부동산물권,고급\n마?,바.,전세사기,고급\n")
    assert [one.document.doc_id for one in read(path, categories=["전세사기"])] == ["civil-0001", "civil-0003"]
    assert [one.document.doc_id for one in read(path, difficulties=["고급"], categories=["전세사기"])] == ["civil-0003"]
    with pytest.raises(DataError, match="categories: no row has the category '전세사가'.\n  Did you mean '전세사기'"):
        read(path, categories=["전세사가"])


@pytest.mark.parametrize("encoding", ["utf-16", "euc-kr"])
def test_tabs_other_encodings_and_notes_above_the_header(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "civil.tsv"
    path.write_bytes("민법 문답 모음\t\t\t\nquestion\tanswer\tcategory\tdifficulty\n가?\t나, 다.\t라\t초급\n".encode(encoding))
    assert [one.question_answer for one in read(path)] == [("가?", "나, 다.")]


def test_personal_data_is_masked_where_asked_for_and_counted(tmp_path: Path) -> None:
    text = (HEADER + "제 번호는 010-1234-5678인데 괜찮나요?,대한법률구조공단(국번 없이 132)이나 02-3482-0132로 물으세요. "
            "a.kim@example.com으로도 받습니다.,기타,초급\n한 칸,010-9999-8888\n")
    path = write(tmp_path, text)
    plain, masked = read(path)[0], read(path, mask=["phone", "email"])
    assert "010-1234-5678" in plain.document.body and plain.status == "OK"
    assert masked[0].question_answer == ("제 번호는 [전화번호]인데 괜찮나요?", "대한법률구조공단(국번 없이 132)이나 "
                                         "02-3482-0132로 물으세요. [이메일]으로도 받습니다.")
    assert "010-1234" not in str(masked[0]) and masked[0].status == "REPAIRED"
    assert masked[0].repairs == {"masked: phone": 1, "masked: email": 1}
    assert masked[1].status == "FAILED" and "8888" not in str(masked[1].repairs)
