"""Files of one data set: units compared, columns found by any of their names, repeated keys left out."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError, DataError
from pipelines.readers import READERS
from pipelines.statistics.dataset import read_dataset
from pipelines.statistics.figures import computed
from pipelines.statistics.wording import about

FACTS: dict[str, Any] = {
    "group": "상병코드", "year": {"column": "연도"}, "category": "진료통계",
    "keys": [{"name": "상병코드", "columns": ["질병코드"], "say": "상병코드 {}"}, {"name": "지역", "whole": "전국"}],
    "measures": [{"name": "진료비", "unit": "천원", "additive": True},
                 {"name": "실인원", "columns": ["자연인"], "say": "환자 수", "unit": "명", "additive": False}]}
HEAD = "연도,상병코드,지역,진료비(천원),실인원(명)\n"
BODY = "2023,K35,서울,3000,5\n2023,K35,부산,2000,9\n2023,K35,대구,1000,7\n2023,K35,전국,6000,20\n합계,,,6000,20\n"


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_records_computed_figures_and_the_whole_left_out(tmp_path: Path) -> None:
    data = read_dataset(write(tmp_path, "원_통계표_20231231.csv", HEAD + BODY), tmp_path, {"facts": FACTS})
    assert (data.publisher, data.title, data.date, data.years) == ("원", "통계표", 20231231, [2023])
    found = {(figure.kind, figure.measure.name, figure.slice, figure.rank): figure.value
             for figure in computed(data.spec, data.records["K35"][2023])}
    assert found["total", "진료비", ("",), 0] == 6000 and ("total", "실인원", ("",), 0) not in found
    assert found["share", "진료비", ("서울",), 0] == 50 and found["rank", "실인원", ("부산",), 1] == 9


def test_a_missing_figure_refuses_its_total(tmp_path: Path) -> None:
    data = read_dataset(write(tmp_path, "a.csv", HEAD + BODY.replace("2000", "-")), tmp_path, {"facts": FACTS})
    kinds = {(figure.kind, figure.measure.name) for figure in computed(data.spec, data.records["K35"][2023])}
    assert kinds == {("rank", "실인원")}


def test_a_repeated_key_refuses_the_totals_it_belongs_to(tmp_path: Path) -> None:
    filler = "".join(f"2023,A{at:03d},서울,{at},1\n" for at in range(200))
    data = read_dataset(write(tmp_path, "a.csv", HEAD + BODY + "2023,K35,대구,8,8\n" + filler), tmp_path, {"facts": FACTS})
    assert computed(data.spec, data.records["K35"][2023]) == []


def test_other_names_of_a_column(tmp_path: Path) -> None:
    text = (HEAD + BODY).replace("상병코드", "질병코드").replace("실인원", "자연인")
    data = read_dataset(write(tmp_path, "a.csv", text), tmp_path, {"facts": FACTS})
    assert list(data.records) == ["K35"]
    with pytest.raises(DataError, match="a.csv: row 1: there is no column '진료비' for 진료비."):
        read_dataset(write(tmp_path, "a.csv", text.replace("진료비(천원)", "비용")), tmp_path, {"facts": FACTS})


def test_units_that_differ_stop_with_both_files_named(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", HEAD + BODY)
    write(tmp_path, "b.csv", (HEAD + BODY).replace("진료비(천원)", "진료비(원)").replace("2023", "2022"))
    with pytest.raises(DataError, match="b.csv: 진료비 is in 원 here, but in 천원 in a.csv."):
        read_dataset(tmp_path, tmp_path, {"facts": FACTS})


def test_figures_a_thousandfold_apart_stop_whatever_the_headers_say(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", HEAD + BODY)
    write(tmp_path, "b.csv", HEAD + "2022,K35,서울,3010000,5\n2022,K35,부산,2010000,9\n2022,K35,대구,990000,7\n")
    with pytest.raises(DataError, match="a.csv: 진료비: a typical figure is 2,500 here and 2,010,000 in b.csv"):
        read_dataset(tmp_path, tmp_path, {"facts": FACTS})


def test_repeated_keys_are_an_error_and_a_rare_one_is_left_out(tmp_path: Path) -> None:
    body = "".join(f"2023,A{at:03d},서울,{at},1\n" for at in range(300))
    data = read_dataset(write(tmp_path, "a.csv", HEAD + body + "2023,A001,서울,7,7\n"), tmp_path, {"facts": FACTS})
    (lost,) = data.records["A001"][2023]
    assert set(lost.values.values()) == {None} and "rows 3 and 302 are of the same key (A001 서울, 2023)" in data.warnings[0]
    facts = copy.deepcopy(FACTS)
    facts["keys"] = facts["keys"][:1]
    with pytest.raises(DataError, match="rows 2 and 3 are of the same 상병코드, year and slice: K35 2023; 1 keys|repeated"):
        read_dataset(write(tmp_path, "a.csv", HEAD + BODY * 1 + BODY.replace("K35", "A00")), tmp_path, {"facts": facts})


def test_errors_of_the_recipe(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", HEAD + BODY)
    with pytest.raises(ConfigError, match="the reader statistics needs to know the table's columns."):
        read_dataset(path, tmp_path, {})
    with pytest.raises(ConfigError, match="there is no key '상병'.\n  Did you mean '상병코드'?"):
        read_dataset(path, tmp_path, {"facts": FACTS | {"group": "상병"}})
    with pytest.raises(DataError, match="row 2: '서울' names no year."):
        read_dataset(path, tmp_path, {"facts": FACTS | {"year": {"column": "지역"}, "keys": FACTS["keys"][:1]}})


def test_a_reading_cites_title_year_and_row(tmp_path: Path) -> None:
    path = write(tmp_path, "원_통계표_20231231.csv", HEAD + BODY)
    (reading,) = READERS["statistics"](path, tmp_path, {"facts": FACTS})
    assert reading.document.title == "원, 통계표" and reading.sections[0].path == ("2023, 행 K35",)
    text, table = reading.sections[0].blocks
    assert "2023년 상병코드 K35의 서울 진료비는 3,000천원, 환자 수는 5명입니다." in text.text
    assert "환자 수는 한 사람이 여러 행에 셀 수 있어 더하지 않습니다." in text.text
    assert table.facts[0].line == "상병코드 K35 2023년 서울 진료비: 3,000천원" and "| 서울 | 3,000 | 5 |" in table.text


@pytest.mark.parametrize(("value", "unit", "said"), [
    (4251032, "건", "약 425만 건"), (423849, "명", "약 42만 명"), (44394854400, "원", "약 444억 원"),
    (340000000, "원", "약 3.4억 원"), (1200000000000, "원", "약 1.2조 원"), (99999, "건", ""), (5000000, "천원", "")])
def test_large_numbers_as_people_round_them(value: int, unit: str, said: str) -> None:
    assert about(value, unit) == said
