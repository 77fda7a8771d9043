from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from lxml import etree

from pipelines.readers.clean import clean
from pipelines.readers.hardened import parse
from pipelines.readers.table_grid import MAX_CELLS, read_grid


def grid_of(markup: str) -> list[list[str]]:
    return [[cell.text for cell in row] for row in read_grid(parse(clean(markup)[0])).rows]


def test_spans_are_spread_out_for_every_kind_of_cell() -> None:
    assert grid_of(
        '<TABLE><THEAD><TR><TH ROWSPAN="2">구분</TH><TH COLSPAN="2">당기</TH></TR>'
        "<TR><TH>금액</TH><TH>비중</TH></TR></THEAD>"
        '<TBODY><TR><TE ROWSPAN="2">가</TE><TU>1</TU><TD>2</TD></TR><TR><TD COLSPAN="2">3</TD></TR></TBODY></TABLE>'
    ) == [["구분", "당기", "당기"], ["구분", "금액", "비중"], ["가", "1", "2"], ["가", "3", "3"]]


def test_short_rows_are_filled_and_a_rowspan_past_the_end_is_harmless() -> None:
    assert grid_of('<TABLE><TR><TD ROWSPAN="9">가</TD><TD>1</TD></TR><TR></TR></TABLE>') == [["가", "1"], ["가", ""]]


def test_layout_line_feeds_are_not_text_but_breaks_are() -> None:
    assert grid_of(
        "<TABLE><TR><TD>\n<P>가</P>\n<P>나&cr;다</P></TD><TD><SPAN>당사</SPAN>\n<SPAN>의</SPAN></TD></TR></TABLE>"
    ) == [["가\n나\n다", "당사의"]]


def test_a_nested_table_is_left_out_unless_asked_for() -> None:
    markup = "<TABLE><TR><TD>밖<TABLE><TR><TD>안</TD><TD>2</TD></TR></TABLE></TD></TR></TABLE>"
    assert grid_of(markup) == [["밖"]]
    assert read_grid(etree.fromstring(markup), nested=True).rows[0][0].text == "밖\n안 2"


def test_absurd_spans_do_not_fill_the_memory() -> None:
    row = "<TR>" + '<TD COLSPAN="99999999" ROWSPAN="99999999">1</TD>' * 50 + "</TR>"
    grid = read_grid(etree.fromstring(f"<TABLE>{row * 100}</TABLE>"))
    assert sum(len(row) for row in grid.rows) < MAX_CELLS * 3


@pytest.mark.skipif("MUNDAP_SAMPLES" not in os.environ, reason="MUNDAP_SAMPLES names the folder of real filings")
def test_grids_equal_those_of_an_independent_parser() -> None:
    folder = Path(os.environ["MUNDAP_SAMPLES"]) / "dart" / "tables"
    for expected in sorted(folder.glob("*.grid.json")):
        wanted = [[cell["text"] for cell in row] for row in json.loads(expected.read_text(encoding="utf-8"))["grid"]]
        found = grid_of((folder / expected.name.replace(".grid.json", ".xml")).read_text(encoding="utf-8"))
        flat = lambda rows: [["".join(text.split()) for text in row] for row in rows]  # noqa: E731
        assert flat(found) == flat(wanted)
