"""Facts and tables of real filings; the expected figures were read off the documents by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.crosscheck import crosscheck
from pipelines.readers import dart_xml
from pipelines.reading import Fact, Reading

SAMPLES = os.environ.get("MUNDAP_SAMPLES", "")
pytestmark = pytest.mark.skipif(not SAMPLES, reason="MUNDAP_SAMPLES is unset: no real filings here")
FILE = "xml/20190401004781/20190401004781.xml"


@pytest.fixture(scope="module")
def reading() -> Reading:
    return dart_xml.read_file(Path(SAMPLES) / "dart" / FILE, Path(SAMPLES))


def facts(reading: Reading) -> list[Fact]:
    return [fact for section in reading.sections for block in section.blocks for fact in block.facts]


def test_known_figures_of_an_annual_report(reading: Reading) -> None:
    lines = {fact.line for fact in facts(reading)}
    assert {
        "삼성전자 2018년 연결 순확정급여자산: 562,356백만원",
        "삼성전자 2018년 별도 기타비유동자산: 3,086,988백만원",
        "삼성전자 2017년 연결 단기금융상품의 순감소(증가): 387,627백만원",
        "삼성전자 2016년 별도 희석주당순이익: 1,632원",
        "삼성전자 2017년 CE 부문 순매출액 비중: 18.6%",
        "삼성전자 2018년 미등기임원 인원수: 863명",
    } <= lines
    assert not any("총소요시간" in line for line in lines)  # hours, in a table of 백만원
    subjects = {(fact.fiscal_year, fact.period, fact.basis, fact.item) for fact in facts(reading)}
    assert len(subjects) > 3_000 and all(not fact.period for fact in facts(reading))


def test_cut_tables_are_joined_and_every_table_is_described(reading: Reading) -> None:
    tables = [block.table for section in reading.sections for block in section.blocks if block.table is not None]
    assert sorted(table.joined for table in tables if table.joined > 1) == [2, 2, 5, 7]
    assert {table.kind for table in tables} >= {"data", "layout", "signature"}
    data = [table for table in tables if table.kind == "data"]
    assert all(len(table.units) == table.columns and table.header_rows <= table.rows for table in data)
    assert [table.number for table in data] == sorted(table.number for table in data)


def test_the_facts_agree_with_accounts_of_the_same_figures(reading: Reading) -> None:
    rows = [
        {"bsns_year": "2018", "reprt_code": "11011", "fs_div": "CFS", "sj_div": "IS", "account_nm": "매출액",
         "account_id": "ifrs-full_Revenue", "thstrm_amount": "243771415000000", "frmtrm_amount": "239575376000000"},
        {"bsns_year": "2018", "reprt_code": "11011", "fs_div": "CFS", "sj_div": "BS", "account_nm": "자산총계",
         "account_id": "ifrs-full_Assets", "thstrm_amount": "339357244000000", "frmtrm_amount": "1"},
    ]  # fmt: skip
    found = crosscheck(facts(reading), rows)
    assert found.checks.count("agrees") >= 3
    assert {one.item for one in found.disagreements} == {"자산총계"}


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        (
            "html_krx/20230214800345.xml",
            ["HMM 2023년 신규시설투자등 투자내역 투자금액: 1,412,820,295,400원",
             "HMM 2023년 신규시설투자등 투자내역 자기자본대비: 13.64%"],
        ),
        (
            "xml_transcribed/20241118000171_excerpt.xml",
            ["삼성전자 2024년 자기주식 취득 결정 취득예정주식 보통주식: 50,144,628주"],
        ),
    ],
)  # fmt: skip
def test_reports_on_one_event(path: str, lines: list[str]) -> None:
    file = Path(SAMPLES) / "dart" / path
    assert set(lines) <= {fact.line for fact in facts(dart_xml.read_file(file, Path(SAMPLES)))}
