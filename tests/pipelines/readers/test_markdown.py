from __future__ import annotations

import random

from pipelines.readers.accounting import Tally, account
from pipelines.readers.clean import clean
from pipelines.readers.hardened import parse
from pipelines.readers.markdown import grid_markdown, plain
from pipelines.readers.table_grid import read_grid
from pipelines.reading import Block, TableInfo


def block_of(markup: str, tally: Tally | None = None) -> Block:
    grid = read_grid(parse(clean(markup)[0]))
    info = TableInfo(number=1, columns=grid.width, rows=len(grid.rows))
    return Block(text=grid_markdown(grid, ("(단위 : 원)",), tally), table=info)


def test_a_table_s_text_comes_back_from_its_markdown() -> None:
    block = block_of("<TABLE><TR><TH>구|분</TH><TH>&lt;br&gt;</TH></TR><TR><TD>가&cr;나</TD><TD>\\</TD></TR></TABLE>")
    assert block.text == "(단위 : 원)\n\n| 구\\|분 | &lt;br> |\n| --- | --- |\n| 가<br>나 | \\ |"
    assert plain(block).split() == ["(단위", ":", "원)", "구|분", "<br>", "가", "나", "\\"]


def test_a_paragraph_that_looks_like_markdown_is_left_alone() -> None:
    text = "| a |\n| --- | --- |\n<br>"
    assert plain(Block(text=text)) == text
    assert plain(Block(text=text, table=TableInfo(number=1, kind="layout", columns=1))) == text


def test_repeats_of_spread_cells_are_noted_exactly() -> None:
    rng = random.Random(3)
    for _ in range(200):
        rows = "".join(
            "<TR>" + "".join(
                f'<TD ROWSPAN="{rng.randint(1, 3)}" COLSPAN="{rng.randint(1, 3)}">{rng.choice(("가", "가", "1", ""))}</TD>'
                for _ in range(rng.randint(1, 4))) + "</TR>"
            for _ in range(rng.randint(1, 5)))  # fmt: skip
        tally = Tally()
        tally.repeat("(단위 : 원)")
        root = parse(clean(f"<TABLE>{rows}</TABLE>")[0])
        block = block_of(f"<TABLE>{rows}</TABLE>", tally)
        if block.table is None or block.table.columns < 2:
            continue
        told = account("".join(str(part) for part in root.itertext()), plain(block), tally)
        assert (told.unaccounted, told.surplus) == (0, 0)
