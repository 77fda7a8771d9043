"""XBRL marks of dart4.xsd: what a context says, and facts of cells that bear one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.readers import dart_xml
from pipelines.readers.fiscal_year import Period
from pipelines.readers.table_facts import DISAGREEMENTS
from pipelines.readers.xbrl_context import read_context
from pipelines.reading import Fact, Reading
from tests.pipelines.readers.filings import caption, filing, section, table, write

AXIS = "_ifrs-full_ConsolidatedAndSeparateFinancialStatementsAxis_ifrs-full_"
WHOLE = AXIS + "ConsolidatedMember"


@pytest.mark.parametrize(
    ("code", "period"),
    [
        ("CFY2024dFY", Period(2024)),
        ("PFY2023eFY", Period(2023)),
        ("BPFY2022eFY", Period(2022)),
        ("CFY2024dFQQ", Period(2024, "", 1, "3개월")),
        ("CFY2024dHYQ", Period(2024, "", 2, "3개월")),
        ("CFY2024dHYA", Period(2024, "", 2, "누적")),
        ("PFY2023dTQA", Period(2023, "", 3, "누적")),
        ("CFY2024eHYA", Period(2024, "", 2, "말")),
        ("CFY2024eTQA", Period(2024, "", 3, "말")),
    ],
)
def test_codes(code: str, period: Period) -> None:
    context = read_context(code + WHOLE)
    assert context is not None and (context.period, context.basis, context.whole) == (period, "연결", True)


def test_other_axes_are_a_part_of_the_company() -> None:
    segment = read_context(f"CFY2024dFY{WHOLE}_ifrs-full_SegmentsAxis_entity00126380_DXMember")
    assert segment is not None and not segment.whole
    alone = read_context("CFY2024dFY_ifrs-full_SegmentsAxis_entity00126380_DXMember")
    assert alone is not None and not alone.whole
    separate = read_context(f"CFY2024dFY{AXIS}SeparateMember")
    assert separate is not None and (separate.basis, separate.whole) == ("별도", True)
    assert read_context("CFY2024") is None and read_context("garbage") is None


def cell(context: str, text: str, decimals: str = "-6") -> str:
    return f'<TE ACODE="ifrs-full_Revenue" ACONTEXT="{context}" ADECIMAL="{decimals}">{text}</TE>'


def facts(folder: Path, rows: list[list[str]], *, unit: str = "(단위 : 백만원)", **head: str) -> tuple[list[Fact], Reading]:
    lines = ["연결 손익계산서", unit] if unit else ["연결 손익계산서"]
    part = section("2. 연결재무제표", caption(*lines), table(rows, head=1))
    reading = next(dart_xml.read(write(folder, filing(part, **head)), folder, {}))  # type: ignore[arg-type]
    return [fact for one in reading.sections for block in one.blocks for fact in block.facts], reading


def test_a_mark_settles_what_the_heading_leaves_open(tmp_path: Path) -> None:
    rows = [["", "제 12 기 반기", "비교"], ["매출액", cell(f"CFY2023dHYQ{WHOLE}", "12"), cell(f"PFY2022dHYA{WHOLE}", "34")]]
    found, reading = facts(tmp_path, rows, acode="11012", name="반기보고서", end="20230630")
    assert [(fact.line, fact.source) for fact in found] == [
        ("가온누리전자 2023년 2분기 연결 매출액: 12백만원", "xbrl")
    ]  # the second column's heading names no period, so it holds no figures of a period
    assert DISAGREEMENTS not in reading.repairs


def test_a_mark_that_contradicts_its_column_or_basis_is_counted_and_gives_no_fact(tmp_path: Path) -> None:
    rows = [
        ["", "제 12 기", "제 11 기"],
        ["매출액", cell(f"CFY2023dFY{WHOLE}", "12"), cell(f"CFY2023dFY{WHOLE}", "34")],
        ["영업이익", cell(f"CFY2023dFY{AXIS}SeparateMember", "5"), cell(f"PFY2022dFY{WHOLE}", "6")],
        ["금융수익", cell(f"CFY2023dFY{WHOLE}_ifrs-full_SegmentsAxis_entity_AMember", "7"), "8"],
    ]
    found, reading = facts(tmp_path, rows)
    assert [(fact.line, fact.source) for fact in found] == [
        ("가온누리전자 2023년 연결 매출액: 12백만원", "xbrl"),
        ("가온누리전자 2022년 연결 영업이익: 6백만원", "xbrl"),
        ("가온누리전자 2022년 연결 금융수익: 8백만원", "table"),
    ]
    assert reading.repairs[DISAGREEMENTS] == 2


def test_the_unit_of_marks_holds_only_where_all_marks_give_one(tmp_path: Path) -> None:
    year = f"CFY2023dFY{WHOLE}"
    rows = [["", "제 12 기"], ["매출액", cell(year, "12", "-3")], ["영업이익", cell(year, "5", "-3")]]
    assert [fact.unit for fact in facts(tmp_path, rows, unit="")[0]] == ["천원", "천원"]
    rows[2][1] = cell(f"CFY2023dFY{WHOLE}", "5", "0")
    assert facts(tmp_path, rows, unit="")[0] == []
