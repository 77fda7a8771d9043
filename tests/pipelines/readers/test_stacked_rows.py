from __future__ import annotations

from pipelines.readers.clean import clean
from pipelines.readers.hardened import parse
from pipelines.readers.stacked_rows import stacked_lines
from pipelines.readers.table_grid import read_grid


def grid_of(row: str) -> list[list[str]]:
    markup = f"<TABLE><THEAD><TR><TH>과목</TH><TH>제 3 기</TH></TR></THEAD><TBODY><TR>{row}</TR></TBODY></TABLE>"
    grid = read_grid(parse(clean(markup)[0]))
    for y, line in enumerate(grid.rows):
        assert all((cell.row, cell.column) == (y, x) for x, cell in enumerate(line))
    return [[cell.text for cell in line] for line in grid.rows[1:]]


def test_a_statement_in_one_row_becomes_its_rows() -> None:
    labels = "자산&cr;Ⅰ.유동자산&cr;  1.현금&cr;  2.재고자산&cr;자산총계"
    assert grid_of(f"<TD>{labels}</TD><TD>&cr;1,500&cr;1,000&cr;500&cr;(1,500)</TD>") == [
        ["자산", ""], ["Ⅰ.유동자산", "1,500"], ["1.현금", "1,000"], ["2.재고자산", "500"], ["자산총계", "(1,500)"],
    ]  # fmt: skip


def test_paragraphs_are_lines_and_an_empty_one_is_a_blank_line() -> None:
    labels = "".join(f"<P>{name}</P>" for name in ("자산", "현금", "재고", "합계"))
    figures = "".join(f"<P>{value}</P>" for value in ("", "1", "-", "△2"))
    assert grid_of(f"<TD>{labels}</TD>\n<TD>{figures}</TD>") == [["자산", ""], ["현금", "1"], ["재고", "-"], ["합계", "△2"]]


def test_the_indent_of_each_line_is_kept() -> None:
    row = "<TR><TD>가&cr; 나&cr;  다&cr;라</TD><TD>1&cr;2&cr;3&cr;4</TD></TR>"
    grid = read_grid(parse(clean(f"<TABLE>{row}</TABLE>")[0]))
    assert [line[0].indent for line in grid.rows] == [0, 1, 2, 0]


def test_rows_whose_lines_do_not_match_or_hold_no_figures_stay_as_they_are() -> None:
    assert len(grid_of("<TD>가&cr;나&cr;다&cr;라</TD><TD>1&cr;2&cr;3</TD>")) == 1
    assert len(grid_of("<TD>가&cr;나&cr;다&cr;라</TD><TD>글&cr;말&cr;일&cr;이</TD>")) == 1
    assert len(grid_of("<TD>가&cr;나&cr;다</TD><TD>1&cr;2&cr;3</TD>")) == 1  # three lines may be one account's
    assert len(grid_of('<TD>가&cr;나&cr;다&cr;라</TD><TD ROWSPAN="2">1&cr;2&cr;3&cr;4</TD>')) == 1


def test_blank_lines_at_the_end_do_not_count_but_those_between_do() -> None:
    rows = [("가", "1"), ("나", "2"), ("다", "3"), ("라", "4")]
    assert stacked_lines([["가", "나", "다", "라", ""], ["1", "2", "3", "4"]]) == rows
    assert stacked_lines([["가", "나", "다", "라"], ["1", "", "2", "3", "4"]]) is None
    assert stacked_lines([["가", "나", "다", "라"], ["1", "2", "3", "4"], [""]]) == [(*row, "") for row in rows]
