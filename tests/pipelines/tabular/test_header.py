"""Where the header stands, under titles and notes and over several rows, and what its columns are called."""

from __future__ import annotations

import pytest

from mundap.errors import DataError
from pipelines.tabular.header import Header, find_header


def found(text: str, given: int | None = None) -> Header:
    return find_header([line.split(",") for line in text.strip("\n").split("\n")], "a.csv", given)


def test_title_and_notes_stand_above() -> None:
    header = found("2023년 다빈도 상병\n※ 잠정치\n(단위: 명)\n\n상병,남,여\nK35,1,2\nA00,3,4")
    assert (header.first, header.names) == (4, ("상병", "남", "여"))
    assert header.units == ("명", "명", "명") and header.notes[0] == "2023년 다빈도 상병"


def test_header_rows_become_one() -> None:
    header = found("구분,환자수,,진료비(천원),\n,남,여,남,여\n외래,1,2,3,4\n입원,5,6,7,8")
    assert header.names == ("구분", "환자수 남", "환자수 여", "진료비(천원) 남", "진료비(천원) 여")
    assert (header.first, header.last) == (0, 1)


def test_years_may_name_columns() -> None:
    header = found("상병,2021,2022년,2023\nK35,41106,41200,41300\nA00,23,25,26")
    assert header.names == ("상병", "2021", "2022년", "2023") and header.last == 0


def test_units_leave_the_name_and_other_brackets_stay() -> None:
    header = found("코드,진료비(천원),부담금(선별포함),비율[%]\nA,1,2,3\nB,4,5,6")
    assert header.names == ("코드", "진료비", "부담금(선별포함)", "비율") and header.units == ("", "천원", "", "%")


def test_equal_names_are_told_apart_and_told() -> None:
    header = found("상병,값,값,,값\nA,1,2,3,4\nB,5,6,7,8")
    assert header.names == ("상병", "값", "값 (2)", "열 4", "값 (3)") or header.names[1:3] == ("값", "값 (2)")
    assert len(set(header.names)) == 5 and "another column is named '값' too" in header.warnings[0]


def test_a_table_without_figures_begins_at_the_first_full_row() -> None:
    assert found("문답 모음,\nquestion,answer\n가,나\n다,라").first == 1


def test_a_given_row_is_taken() -> None:
    assert found("1,2\n3,4\n5,6", given=2).names == ("3", "4")
    with pytest.raises(DataError, match="header_row: row 9 is empty or not there."):
        found("1,2\n3,4", given=9)


def test_figures_without_a_header_are_an_error() -> None:
    with pytest.raises(DataError, match="there is no header row above the figures.\n  Add a line"):
        found("1,2\n3,4\n5,6")
