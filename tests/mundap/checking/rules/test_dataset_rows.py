"""Rows are read, and files refused, as the trainer's own reader does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mundap.checking.rules import csv_rows, dataset_rows
from mundap.errors import DataError

ROW = {"instruction": "답하라.", "input": "", "output": "1원"}
# Name, content, encoding, and whether the trainer's reader takes the file; what we find mixed it must refuse.
FILES: tuple[tuple[str, Any, str, bool], ...] = (
    ("plain.json", [ROW, ROW], "utf-8", True),
    ("mark.json", [ROW], "utf-8-sig", False),
    ("cp949.json", [ROW], "cp949", False),
    ("lines-as.json", f"{json.dumps(ROW)}\n{json.dumps(ROW)}\n", "utf-8", True),
    ("list-as.jsonl", json.dumps([ROW]), "utf-8", True),
    ("blank-line.jsonl", f"{json.dumps(ROW)}\n\n{json.dumps(ROW)}\n", "utf-8", True),
    ("separator.jsonl", '{"output": "a\u2028b"}\n{"output": "c"}\n', "utf-8", True),
    ("broken.jsonl", '{"output": "a"}\n{"output": "b"\n', "utf-8", False),
    ("empty.json", [], "utf-8", False),
    ("strings.json", ["가", "나"], "utf-8", True),
    ("uneven.json", [{"a": "x"}, {"b": "y"}], "utf-8", True),
    ("null.json", [{"a": None}, {"a": "x"}], "utf-8", True),
    ("text-number.json", [{"a": "x"}, {"a": 2}], "utf-8", False),
    ("whole-fraction.json", [{"a": 1}, {"a": 2.5}], "utf-8", True),
    ("truth-number.json", [{"a": True}, {"a": 2}], "utf-8", False),
    ("list-text.json", [{"a": ["x"]}, {"a": "x"}], "utf-8", False),
    ("below.json", [{"a": {"b": 1}}, {"a": {"b": "x"}}], "utf-8", False),
    ("below-uneven.json", [{"a": {"b": 1}}, {"a": {"c": "x"}}], "utf-8", True),
    ("in-list.json", [{"a": ["x", 1]}], "utf-8", False),
    ("lists-differ.json", [{"a": ["x"]}, {"a": [1]}], "utf-8", False),
    ("numbers.csv", "a,b\nx,12\ny,13.5\n", "utf-8", True),
    ("some-numbers.csv", "a,b\nx,12\ny,z\n", "utf-8", True),
    ("truth.csv", "a,b\nx,true\ny,False\n", "utf-8", True),
    ("nothing.csv", "a,b\nx,NA\ny,없음\nz,\n", "utf-8", True),
    ("numbers-and-nothing.csv", "a,b\nx,12\ny,\n", "utf-8", True),
    ("thousands.csv", 'a,b\nx,"1,234"\ny,"2,345"\n', "utf-8", True),
    ("mark.csv", "a,b\nx,y\n", "utf-8-sig", True),
    ("cp949.csv", "a,b\n가,나\n", "cp949", False),
    ("lines.txt", "첫째\n\n둘째\n", "utf-8", True),
)


def write(folder: Path, name: str, content: Any, encoding: str) -> Path:
    path = folder / name
    path.write_bytes((content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode(encoding))
    return path


def taken(path: Path) -> list[dict[str, Any]] | None:
    """Return the rows we say the trainer will see, or None where we say that its reader stops."""
    try:
        rows = dataset_rows.read(path)
    except DataError:
        return None
    return rows if rows and dataset_rows.mixed(rows) is None else None


@pytest.mark.parametrize(("name", "content", "encoding", "good"), FILES, ids=[file[0] for file in FILES])
def test_we_refuse_what_the_reader_refuses(name: str, content: Any, encoding: str, good: bool, tmp_path: Path) -> None:
    assert (taken(write(tmp_path, name, content, encoding)) is not None) == good


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.filterwarnings("ignore")
def test_the_trainers_reader_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    for name, content, encoding, good in FILES:
        path = write(tmp_path, name, content, encoding)
        try:
            kind = {".jsonl": "json", ".txt": "text"}.get(path.suffix, path.suffix[1:])
            read = datasets.load_dataset(kind, data_files=[str(path)], split="train",
                                         cache_dir=str(tmp_path / "cache" / name)).to_list()
        except Exception as error:   # pyarrow's, pandas' and the library's own
            assert not good, (name, error)
            continue
        assert good, name
        ours = taken(path)
        assert ours is not None
        columns = list(dict.fromkeys(column for row in ours for column in row))
        assert list(read[0]) == columns, name
        if name != "below-uneven.json":   # there each mapping is given the other's keys
            assert read == [{column: row.get(column) for column in columns} for row in ours], name


def test_mixed_names_the_column_and_the_row() -> None:
    rows = [{"a": "x", "meta": {"years": [1, 2]}}, {"a": None, "meta": {"years": ["3"]}}]
    assert dataset_rows.mixed(rows) == ("meta.years[]", 2, "a number", "text")
    assert dataset_rows.mixed(rows[:1]) is None and dataset_rows.mixed([]) is None


@pytest.mark.parametrize(("text", "what"), [
    ("a;b\n1;2\n", "has its columns divided by semicolons; the trainer's reader takes commas."),
    ("a\tb\n1\t2\n", "has its columns divided by tabs; the trainer's reader takes commas."),
    ("a,b\n1,2\n1,2,3\n", "line 3 has more cells than the head."),
])
def test_csv_mistakes(text: str, what: str) -> None:
    with pytest.raises(DataError) as caught:
        csv_rows.parse(text)
    assert caught.value.what == what


def test_endings_the_trainer_does_not_read(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a", "a.JSON"):
        with pytest.raises(DataError, match="which the trainer does not read"):
            dataset_rows.read(write(tmp_path, name, "x", "utf-8"))
    for name in ("a.parquet", "a.arrow"):
        assert dataset_rows.read(write(tmp_path, name, "x", "utf-8")) is None


def test_rows_are_counted_where_that_is_cheap(tmp_path: Path) -> None:
    assert dataset_rows.count(write(tmp_path, "a.json", [ROW] * 3, "utf-8")) == 3
    assert dataset_rows.count(write(tmp_path, "b.json", "[", "utf-8")) is None
    assert dataset_rows.count(write(tmp_path, "c.parquet", "x", "utf-8")) is None
