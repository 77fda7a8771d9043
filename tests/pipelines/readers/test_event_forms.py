"""Reports on one event: rows of labels and a value, named by the form, of the year of filing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.readers import dart_xml
from tests.pipelines.readers.filings import section, table, write

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<DOCUMENT><DOCUMENT-NAME ACODE="{acode}">{name}</DOCUMENT-NAME>
<COMPANY-NAME AREGCIK="00999999">(주)가온누리전자</COMPANY-NAME><BODY>{parts}</BODY></DOCUMENT>"""
NAME = "주요사항보고서(자기주식 취득 결정)"
SHARES = [
    ['<TD ROWSPAN="2" COLSPAN="2">1. 취득예정주식(주)</TD>', "보통주식", '<TE COLSPAN="3">81,801,526</TE>'],
    ["기타주식", '<TE COLSPAN="3">-</TE>'],
    ['<TD COLSPAN="2">2. 취득예정금액(원)</TD>', "보통주식", '<TE COLSPAN="3">2,143,199,981,200</TE>'],
    ['<TD COLSPAN="3">5. 취득목적</TD>', '<TE COLSPAN="3">주주가치 제고</TE>'],
    ["8. 보유현황", "배당가능이익범위 내 취득(주)", "보통주식", "<TE>10</TE>", "비율(%)", "<TE>0.5</TE>"],
    ['<TD COLSPAN="3">9. 참석한 사외이사</TD>', '<TE COLSPAN="3">4</TE>'],
]


def lines(folder: Path, rows: list[list[str]], name: str = NAME, acode: str = "11332") -> list[str]:
    text = HEAD.format(acode=acode, name=name, parts=section("자기주식 취득 결정", table(rows, head=0, aclass="EXTRACTION")))
    reading = next(dart_xml.read(write(folder, text), folder, {}))
    return [fact.line for one in reading.sections for block in one.blocks for fact in block.facts]


def test_labels_and_value(tmp_path: Path) -> None:
    assert lines(tmp_path, SHARES) == [
        "가온누리전자 2024년 자기주식 취득 결정 취득예정주식 보통주식: 81,801,526주",
        "가온누리전자 2024년 자기주식 취득 결정 취득예정금액 보통주식: 2,143,199,981,200원",
        "가온누리전자 2024년 자기주식 취득 결정 보유현황 배당가능이익범위 내 취득 보통주식: 10주",
        "가온누리전자 2024년 자기주식 취득 결정 보유현황 배당가능이익범위 내 취득 보통주식 비율: 0.5%",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [["구분", "보통주식", "기타주식"], ["수량(주)", "10", "20"]],  # headings of columns
        [["수량(주)", "10", "20"]],  # two figures under one label
        [["금액(원)", "수량(주)", "10"]],  # two units
        [["취득목적", "10"]],  # no unit
    ],
)
def test_what_leaves_subject_or_unit_open_gives_nothing(tmp_path: Path, rows: list[list[str]]) -> None:
    assert lines(tmp_path, rows) == []


def test_other_filings_without_a_fiscal_year_give_none(tmp_path: Path) -> None:
    assert lines(tmp_path, SHARES, "증권발행실적보고서", "10800") == []
