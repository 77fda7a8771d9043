from __future__ import annotations

from lxml import etree

from pipelines.readers.stray_text import gather_strays


def gathered(markup: str) -> str:
    root = etree.fromstring(markup)
    before = "".join(str(part) for part in root.itertext())
    changed = gather_strays(root)
    after = str(etree.tostring(root, encoding="unicode"))
    assert changed == (after != markup) and sorted(before) == sorted("".join(str(part) for part in root.itertext()))
    return after


def test_text_between_blocks_becomes_a_paragraph() -> None:
    assert gathered("<BODY>가<P>나</P>다</BODY>") == "<BODY><P>가</P><P>나</P><P>다</P></BODY>"


def test_text_beside_cells_becomes_a_cell_or_a_row() -> None:
    assert gathered("<TABLE>가<TR>나<TD>1</TD>다</TR></TABLE>") == (
        "<TABLE><TR><TD>가</TD></TR><TR><TD>나</TD><TD>1</TD><TD>다</TD></TR></TABLE>"
    )
    assert gathered("<TABLE><TR><P>가</P></TR></TABLE>") == "<TABLE><TR><TD><P>가</P></TD></TR></TABLE>"


def test_a_paragraph_that_holds_a_table_is_opened() -> None:
    assert gathered("<BODY><P>가<TABLE><TR><TD>1</TD></TR></TABLE>나</P></BODY>") == (
        "<BODY><LIBRARY><P>가</P><TABLE><TR><TD>1</TD></TR></TABLE><P>나</P></LIBRARY></BODY>"
    )


def test_an_ordinary_tree_is_left_alone() -> None:
    gathered("<BODY>\n<P>가<SPAN>나</SPAN>다</P>\n<TABLE><TR><TD>1<TABLE><TR><TD>2</TD></TR></TABLE></TD></TR></TABLE></BODY>")
