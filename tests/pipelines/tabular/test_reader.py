"""Whole tables: the same rows in every encoding, bad rows kept with their numbers, and files that no reader can save."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap.errors import DataError
from pipelines.tabular.reader import Table, open_table

SAMPLES = os.environ.get("MUNDAP_SAMPLES")
CSV = "환자 통계\n연도,상병코드,환자수(명),진료비(천원)\n2023,K35,\"41,106 \",△12\n2023,A00,23 ,-\n2023,합계,\"41,129\",\n"


def opened(folder: Path, text: str | bytes, name: str = "a.csv", **options: object) -> Table:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_table(path, where=name, options=options)


def rows(table: Table) -> list[dict[str, object]]:
    return [dict(zip(batch.columns, values, strict=True)) for batch in table.batches()
            for values in zip(*(column.to_pylist() for column in batch.columns.values()), strict=True)]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-be"])
def test_every_encoding_gives_the_same_rows(tmp_path: Path, codec: str) -> None:
    table = opened(tmp_path, CSV.encode(codec))
    assert rows(table) == [{"연도": 2023, "상병코드": "K35", "환자수": 41106, "진료비": -12},
                           {"연도": 2023, "상병코드": "A00", "환자수": 23, "진료비": None},
                           {"연도": 2023, "상병코드": "합계", "환자수": 41129, "진료비": None}]
    assert [(column.kind, column.unit) for column in table.layout.columns] == [
        ("number", ""), ("text", ""), ("number", "명"), ("number", "천원")]
    assert table.layout.title == "환자 통계" and table.warnings == []


def test_decomposed_text_is_composed(tmp_path: Path) -> None:
    table = opened(tmp_path, unicodedata.normalize("NFD", CSV))
    assert "상병코드" in table.layout.names and rows(table)[2]["상병코드"] == "합계"


def test_total_and_blank_rows_are_marked(tmp_path: Path) -> None:
    batch = next(opened(tmp_path, "구분,수\n가,1\n\n 합 계 ,3\n,\n계,4\n").batches())
    assert list(batch.numbers) == [2, 3, 4, 5, 6] and list(batch.marks) == ["", "blank", "total", "blank", "total"]


def test_ragged_rows_are_kept_aside_with_number_and_text(tmp_path: Path) -> None:
    table = opened(tmp_path, 'a,b\n1,2\n3\n"x\ny",4\n5,6,7\n8,9\n')
    assert [list(batch.numbers) for batch in table.batches()] == [[2, 4, 6]]
    assert [(row.number, row.text) for row in table.rejected] == [(3, "3"), (5, "5,6,7")]
    assert table.warnings == ["2 rows were left out, the first is row 3: 1 cells where the header has 2"]


def test_a_cell_that_is_no_number_is_empty_and_told_once_a_column(tmp_path: Path) -> None:
    table = opened(tmp_path, "구분,수\n" + "가,1\n" * 60 + "나,1.79E+11\n다,모름\n")
    assert rows(table)[-2:] == [{"구분": "나", "수": None}, {"구분": "다", "수": None}] or table.layout.columns[1].kind == "text"
    long = opened(tmp_path, "구분,수\n" + "가,1\n" * 500 + "나,1.79E+11\n다,모름\n")
    assert [row["수"] for row in rows(long)[-2:]] == [None, None]
    assert long.warnings == ["column '수': a cell that is no number was left empty, first row 502: '1.79E+11' (2 times)"]


def test_a_repeated_header_and_remarks_are_left_out(tmp_path: Path) -> None:
    table = opened(tmp_path, "구분,수,값\n가,1,2\n구분,수,값\n나,3,4\n※ 잠정치,,\n")
    assert [row["구분"] for row in rows(table)] == ["가", "나"]
    assert "a repeat of the header was left out" in table.warnings and table.rejected[0].reason == "a remark"


def test_a_second_header_with_other_columns_stops(tmp_path: Path) -> None:
    table = opened(tmp_path, "구분,수,값\n가,1,2\n지역,병상,의사\n나,3,4\n")
    with pytest.raises(DataError, match="row 3: a second header begins, with other columns: 지역, 병상, 의사."):
        rows(table)


@pytest.mark.parametrize(("delimiter", "name"), [("\t", "tsv"), (";", "csv"), ("|", "csv")])
def test_delimiters(tmp_path: Path, delimiter: str, name: str) -> None:
    table = opened(tmp_path, f"구분{delimiter}수\n가,나{delimiter}1\n다,라{delimiter}2\n")
    assert table.layout.delimiter == delimiter and table.layout.format == name
    assert rows(table)[0] == {"구분": "가,나", "수": 1}


def test_an_open_quote_names_its_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row 3 cannot be taken apart .unexpected end of data."):
        opened(tmp_path, 'a,b\n1,2\n"3,4\n5,6\n')


def test_rows_beyond_the_sample_keep_their_numbers(tmp_path: Path) -> None:
    body = "".join(f"가{at},{at}\n" for at in range(1, 200_001))
    table = opened(tmp_path, "구분,수\n" + body.replace("가150000,150000\n", "가150000\n"))
    seen: Iterator[int] = (number for batch in table.batches() for number in batch.numbers)
    numbers = list(seen)
    assert len(numbers) == 199_999 and numbers[-1] == 200_001 and [row.number for row in table.rejected] == [150_001]


@pytest.mark.skipif(not SAMPLES, reason="MUNDAP_SAMPLES names no folder of real files")
def test_every_real_file_is_read_with_no_option() -> None:
    files = [file for name in ("hira", "law/qa") for file in (Path(str(SAMPLES)) / name).rglob("*.csv")]
    assert len(files) >= 17
    for file in files:
        table = open_table(file, where=file.name)
        assert sum(len(batch) for batch in table.batches()) >= 5 and not table.rejected
        assert table.layout.header_last == 1 and len(table.layout.columns) >= 4


@pytest.mark.skipif(not SAMPLES, reason="MUNDAP_SAMPLES names no folder of real files")
@pytest.mark.parametrize("codec", ["cp949", "utf-16", "utf-8-sig", "nfd"])
def test_copies_of_a_real_file_read_alike(tmp_path: Path, codec: str) -> None:
    file = next((Path(str(SAMPLES)) / "hira" / "csv").glob("*3단*.csv"))
    text = file.read_text(encoding="utf-8")
    data = unicodedata.normalize("NFD", text).encode() if codec == "nfd" else text.encode(codec)
    assert rows(opened(tmp_path, data)) == rows(open_table(file, where="a"))
