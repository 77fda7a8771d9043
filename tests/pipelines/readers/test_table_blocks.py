"""What is said of each table: kind, title, period, units, footnotes; tables that were cut apart are joined."""

from __future__ import annotations

from pathlib import Path

from pipelines.readers import dart_xml
from pipelines.reading import Block, Reading, TableInfo
from tests.pipelines.readers.filings import caption, filing, section, table, write


def read(folder: Path, *parts: str) -> Reading:
    return next(dart_xml.read(write(folder, filing(*parts)), folder, {}))


def blocks(folder: Path, *parts: str) -> list[Block]:
    return [block for one in read(folder, *parts).sections if one.code != "COVER" for block in one.blocks]


def tables(folder: Path, *parts: str) -> list[TableInfo]:
    reading = read(folder, *parts)
    body = [one for one in reading.sections if one.code != "COVER"]
    return [block.table for one in body for block in one.blocks if block.table is not None]


def test_a_data_table_with_all_that_stands_around_it(tmp_path: Path) -> None:
    part = section(
        "2. 연결재무제표",
        caption("연결 손익계산서", "제 12 기 2023.01.01 부터 2023.12.31 까지", "(단위 : 백만원, %)"),
        table([["구분", "제 12 기", "비중"], ["매출액(*1)", "10", "50.0"]]),
        "<P>(*1) 내부거래는 뺐습니다.</P>",
        '<TABLE BORDER="0"><TR><TD>※ 감사받은 금액입니다.</TD></TR></TABLE>',
        "<P>그 밖의 설명입니다.</P>",
        "<P>※ 표와 떨어진 주석입니다.</P>",
    )
    found = tables(tmp_path, part)
    assert found[0] == TableInfo(
        number=3, kind="data", title="연결 손익계산서", period="제 12 기 2023.01.01 부터 2023.12.31 까지", basis="연결",
        units=("", "백만원", "%"), header_rows=1, rows=2, columns=3,
        footnotes=("(*1) 내부거래는 뺐습니다.", "※ 감사받은 금액입니다."),
    )  # fmt: skip
    body = read(tmp_path, part).document.body
    assert body.count("감사받은 금액") == 1 and body.index("매출액(*1)") < body.index("감사받은")


def test_kinds_are_told_apart(tmp_path: Path) -> None:
    signature = table([["2024년 3월 18일", ""], ["대표이사", "김 하 나 (서명)"]], head=0)
    address = table([["회 사 명 :", "가온누리전자"], ["본점 소재지 :", "서울특별시"]], head=0)
    part = section(
        "1. 회사의 개요",
        table([["알림 상자입니다."]], head=0),
        signature,
        address.replace('BORDER="1"', 'BORDER="0"'),
        table([["품목", "매출액"], ["TV", "1,200"]]),
        "<P>설명입니다.</P>",
        caption("(단위 : 원)"),
        *["<P>설명이 길게 이어집니다.</P>"] * 5,
    )
    assert [info.kind for info in tables(tmp_path, part)] == ["layout", "signature", "layout", "data", "caption"]


def test_a_table_cut_in_three_is_one_with_its_heading_once_and_each_figures_own_place(tmp_path: Path) -> None:
    head = ["지역", "품목", "매출액"]
    north = [head, ['<TD ROWSPAN="2">북부</TD>', "TV", "1,200"], ["라디오", "300"]]
    south = [head, ['<TD ROWSPAN="2">남부</TD>', "TV", "1,100"], ["라디오", "200"]]
    east = [head, ["동부", "TV", "900"]]
    part = section(
        "2. 주요 제품 및 서비스", caption("(단위 : 백만원)"), table(north), "<PGBRK/>", caption("(단위 : 백만원)"),
        table(south), "<P> </P>", table(east), "<P>※ 끝입니다.</P>",
    )  # fmt: skip
    [block] = [block for block in blocks(tmp_path, part) if block.table is not None and block.table.kind == "data"]
    assert block.table is not None
    assert (block.table.joined, block.table.rows, block.table.footnotes) == (3, 6, ("※ 끝입니다.",))
    assert block.text.count("| 지역 | 품목 | 매출액 |") == 1 and "| 남부 | 라디오 | 200 |" in block.text
    assert [(fact.item, fact.value, fact.locator) for fact in block.facts] == [
        ("북부 TV 매출액", "1,200", "table 3, row 2, column 3"),
        ("북부 라디오 매출액", "300", "table 3, row 3, column 3"),
        ("남부 TV 매출액", "1,100", "table 5, row 2, column 3"),
        ("남부 라디오 매출액", "200", "table 5, row 3, column 3"),
        ("동부 TV 매출액", "900", "table 6, row 2, column 3"),
    ]
    reading = read(tmp_path, part)
    assert reading.left_out.get("unaccounted", 0) == 0
    assert reading.left_out["headings of joined tables"] == 2 * len("지역품목매출액") + len("(단위:백만원)")


def test_tables_of_two_periods_or_with_words_between_stay_apart(tmp_path: Path) -> None:
    rows = [["구분", "금액"], ["토지", "1"]]
    other = [["구분", "금액"], ["건물", "2"]]
    part = section(
        "4. 자산", caption("<당기>", "(단위 : 원)"), table(rows), caption("<전기>", "(단위 : 원)"), table(other),
        "<P>다음과 같이 바뀌었습니다.</P>", table(rows), table(rows),
    )  # fmt: skip
    assert [info.joined for info in tables(tmp_path, part) if info.kind == "data"] == [1, 1, 1, 1]


def test_a_row_keeps_its_place_when_a_caption_row_above_it_is_taken_off(tmp_path: Path) -> None:
    rows = [['<TD COLSPAN="3">(단위 : 백만원)</TD>'], ["품목", "매출액", "비고"], ["TV", "1,200", "가"], ["라디오", "300", "나"]]
    part = section("2. 주요 제품 및 서비스", table(rows, head=0))
    [block] = [block for block in blocks(tmp_path, part) if block.facts]
    assert [(fact.line, fact.locator) for fact in block.facts] == [
        ("가온누리전자 2023년 TV 매출액: 1,200백만원", "table 2, row 3, column 2"),
        ("가온누리전자 2023년 라디오 매출액: 300백만원", "table 2, row 4, column 2"),
    ]
