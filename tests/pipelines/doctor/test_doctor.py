"""The doctor on spoilt files of every kind: what it finds, by row, what it mends, and what it leaves alone."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError, DataError
from pipelines.doctor.examine import examine
from pipelines.doctor.fix import fix
from pipelines.doctor.text_form import faults, mended
from pipelines.doctor.words import block, plain

GOOD = {
    "instruction": "보험금은 언제 지급되나요?",
    "input": "",
    "output": "청구서류를 접수한 날부터 3영업일 이내에 지급합니다.",
}


def dataset(
    folder: Path, rows: list[Any] | bytes | str, *, name: str = "mine", file: str = "mine.json", **entry: Any
) -> Path:
    """Register one dataset in a project below folder, and write its file."""
    registry = folder / "dataset_info.json"
    entries = json.loads(registry.read_text()) if registry.is_file() else {}
    registry.write_text(json.dumps({**entries, name: {"file_name": file, **entry}}))
    raw = (
        rows
        if isinstance(rows, bytes)
        else (rows if isinstance(rows, str) else json.dumps(rows, ensure_ascii=False)).encode()
    )
    (folder / file).write_bytes(raw)
    return folder


def found(folder: Path, name: str = "mine") -> dict[str, tuple[int, ...]]:
    return {finding.name: finding.rows for finding in examine(name, folder).findings}


def test_a_sound_dataset_has_no_findings(tmp_path: Path) -> None:
    told = examine("mine", dataset(tmp_path, [GOOD]))
    assert told.findings == () and block(told, tmp_path)[-1] == "  nothing found"
    assert told.exact is False and told.lengths["longest"] > 30  # no tokenizer in the empty home


def test_faults_are_told_by_row(tmp_path: Path) -> None:
    rows = [
        GOOD,
        dict(GOOD),
        {**GOOD, "output": "다른 답입니다. 그렇습니다."},
        {**GOOD, "instruction": "빈 답은?", "output": " "},
        {**GOOD, "instruction": "깨진 글자는 어떤가요?", "output": "보험금은 \ufffd\ufffd 이내에 지급합니다."},
        {
            **GOOD,
            "instruction": unicodedata.normalize("NFD", "분해된 질문인가요?"),
            "output": "지급합니다, 3일 안에. ",
        },
        {**GOOD, "instruction": "토큰이 든 답인가요?", "output": "3영업일 이내에 지급합니다.<|eot_id|>"},
        {**GOOD, "instruction": "끊긴 답인가요?", "output": "청구서류를 접수한 날부터 회사는"},
        {**GOOD, "instruction": "연락처가 있나요?", "output": "담당자 010-1234-5678로 연락하십시오."},
        {**GOOD, "instruction": "태그가 든 답인가요?", "output": "지급합니다.&nbsp;3영업일 이내입니다."},
        {**GOOD, "instruction": "보험금 언제 지급되나요", "output": GOOD["output"]},
    ]
    told = found(dataset(tmp_path, rows))
    assert told == {
        "empty_field": (4,),
        "broken_characters": (5,),
        "decomposed": (6,),
        "blanks": (6,),
        "markup": (10,),
        "duplicate": (2,),
        "two_answers": (3,),
        "near_duplicate": (11,),
        "special_tokens": (7,),
        "truncated": (7, 8),
        "personal_data": (9,),
    }
    assert all(line for line in block(examine("mine", tmp_path), tmp_path))


def test_answers_are_held_to_their_passages(tmp_path: Path) -> None:
    row = {
        "instruction": "답하라.",
        "input": "### 입력\n[1] 제7조\n3영업일 이내에 지급한다.\n\n질문: 언제 지급되나요?",
    }
    rows = [{**row, "output": "3영업일 이내에 지급합니다. [1]"}, {**row, "output": "5영업일 이내에 지급합니다. [1]"}]
    told = examine("mine", dataset(tmp_path, rows))
    assert [(one.name, one.rows, one.examples) for one in told.findings if one.name == "not_grounded"] == [
        ("not_grounded", (2,), ("5영업일",))
    ]


@pytest.mark.parametrize(("encoding", "shown"), [("cp949", "cp949"), ("utf-16", "utf-16"), ("utf-8-sig", "utf-8-sig")])
def test_encodings_are_found_and_mended(encoding: str, shown: str, tmp_path: Path) -> None:
    dataset(tmp_path, json.dumps([GOOD], ensure_ascii=False).encode(encoding))
    told = examine("mine", tmp_path)
    assert told.file.encoding == shown and [one.name for one in told.findings] == ["encoding"]
    assert json.loads(fix(told).path.read_text(encoding="utf-8")) == [GOOD]


def test_lines_that_are_no_rows_and_files_that_are_none(tmp_path: Path) -> None:
    text = json.dumps(GOOD, ensure_ascii=False) + "\n{broken\n\n[1]\n"
    told = examine("mine", dataset(tmp_path, text, file="mine.jsonl"))
    assert {one.name: one.rows for one in told.findings} == {"broken_line": (2, 4)} and len(told.file.rows) == 1
    assert fix(told).left_out == 2
    for bad in ("[{", b"\x81\x00\xff\xfe\xff"):
        with pytest.raises(DataError):
            examine("mine", dataset(tmp_path, bad))
    assert found(dataset(tmp_path, "[]")) == {"no_rows": ()}


def test_fixing_changes_form_and_never_words(tmp_path: Path) -> None:
    rows = [
        {**GOOD, "output": " 지급합니다\u200b, 3일 안에요. "},
        {**GOOD, "instruction": "빈 답은 무엇인가요?", "output": ""},
        GOOD,
        GOOD,
        {**GOOD, "instruction": "끊긴 답인가요?", "output": "접수한 날부터 회사는"},
    ]
    dataset(tmp_path, rows)
    before = (tmp_path / "mine.json").read_bytes()
    done = fix(examine("mine", tmp_path))
    assert (done.written, done.changed, done.left_out) == (3, 1, 2) and (tmp_path / "mine.json").read_bytes() == before
    now = json.loads(done.path.read_text(encoding="utf-8"))
    assert [row["output"] for row in now] == ["지급합니다, 3일 안에요.", GOOD["output"], "접수한 날부터 회사는"]
    dataset(tmp_path, done.path.read_bytes(), name="again", file="again.json")
    assert not any(finding.safe for finding in examine("again", tmp_path).findings)


def test_conversations_and_renamed_columns_are_understood(tmp_path: Path) -> None:
    talk = {
        "conversations": [
            {"from": "human", "value": "보험금은 언제 지급되나요?"},
            {"from": "gpt", "value": "3영업일 이내에 회사는"},
        ]
    }
    assert found(dataset(tmp_path, [talk], formatting="sharegpt")) == {"truncated": (1,)}
    renamed = {"q": "보험금은 언제 지급되나요?", "a": ""}
    assert found(dataset(tmp_path, [renamed], columns={"prompt": "q", "response": "a"})) == {"empty_field": (1,)}


def test_leakage_and_labels_between_the_parts(tmp_path: Path) -> None:
    other = {
        **GOOD,
        "instruction": "해약환급금은 무엇인가요?",
        "output": "납입한 보험료에서 공제하고 돌려주는 금액입니다.",
    }
    dataset(tmp_path, [{**GOOD, "kind": "fact"}, {**other, "kind": "easy"}])
    dataset(
        tmp_path,
        [
            {**GOOD, "kind": "fact"},
            {"instruction": "며칠 걸리나요?", "input": "", "output": GOOD["output"], "kind": "fact"},
            {
                **other,
                "instruction": "입원일당은 며칠까지인가요?",
                "output": "최고 180일까지 지급합니다.",
                "kind": "fact",
            },
        ],
        name="mine_eval",
        file="eval.json",
    )
    told = [(one.name, one.rows) for one in examine("mine", tmp_path).findings]
    assert told == [("leakage", (1,)), ("leakage", (2,))]
    assert plain(examine("mine", tmp_path), tmp_path)["findings"][0]["rows"] == (1,)


def test_an_unknown_dataset_and_a_missing_file_are_told(tmp_path: Path) -> None:
    dataset(tmp_path, [GOOD])
    with pytest.raises(ConfigError, match="Did you mean 'mine'"):
        examine("mien", tmp_path)
    (tmp_path / "mine.json").unlink()
    with pytest.raises(DataError, match="no such file"):
        examine("mine", tmp_path)


def test_form_by_hand() -> None:
    assert faults("가나다") == [] and faults("👨\u200d👩") == []  # a joiner between emoji belongs there
    assert faults("ì•ˆë…•í•˜ì„¸ìš”") == ["broken_characters"] and faults("값 < 3, a&b") == []
    assert mended("\ufeff 가\x07나 \n") == "가나"


def test_the_command_line_looks_and_mends(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mundap.cli.main import load_command

    rows = [GOOD, GOOD, {**GOOD, "instruction": "끊긴 답인가요?", "output": "접수한 날부터 회사는"}]
    dataset(project, rows, file="datasets/mine.json")
    load_command("check").main(["--data", "mine", "--fix"], standalone_mode=False)
    told = capsys.readouterr()
    assert "mine: datasets/mine.json, utf-8, 3 rows" in told.out and "can be fixed: duplicate: 1 of 3 rows" in told.out
    assert told.err.startswith("datasets/mine.fixed.json: 2 rows, 0 of them mended, 1 left out.")
    load_command("check").main(["--data", "mine", "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)[0]["rows"] == 3
    with pytest.raises(ConfigError, match="needs a dataset's name"):
        load_command("check").main(["--fix"], standalone_mode=False)
