"""Facts from whole small filings: what is a fact, under which name, and what is not one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.readers import dart_xml
from tests.pipelines.readers.filings import caption, filing, section, table, write

YEARS = ["구 분", "제 12 기", "제 11 기", "제 10 기"]


def lines(folder: Path, *parts: str, **head: object) -> list[str]:
    path = write(folder, filing(*parts, **head))  # type: ignore[arg-type]
    reading = next(dart_xml.read(path, folder, {}))
    return [fact.line for section_ in reading.sections for block in section_.blocks for fact in block.facts]


def test_a_statement_with_dates_in_its_caption(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        section(
            "2. 연결재무제표",
            caption(
                "연결 손익계산서",
                "제 12 기 2023.01.01 부터 2023.12.31 까지",
                "제 11 기 2022.01.01 부터 2022.12.31 까지",
                "(단위 : 백만원)",
            ),
            table(
                [
                    ["", "제 12 기", "제 11 기"],
                    ["Ⅰ. 매출액 (주21)", "1,234,567", "1,100,000"],
                    ["영업이익(손실)", "(12)", "△34"],
                    ["기타", "-", ""],
                    ["기본주당이익 (단위 : 원)", "1,440", "584"],
                ]
            ),
        ),
    )
    assert found == [
        "가온누리전자 2023년 연결 매출액: 1,234,567백만원",
        "가온누리전자 2022년 연결 매출액: 1,100,000백만원",
        "가온누리전자 2023년 연결 영업이익(손실): -12백만원",
        "가온누리전자 2022년 연결 영업이익(손실): -34백만원",
        "가온누리전자 2023년 연결 기본주당이익: 1,440원",
        "가온누리전자 2022년 연결 기본주당이익: 584원",
    ]


def test_a_summary_splits_by_basis_and_repeated_items_by_heading(tmp_path: Path) -> None:
    rows = [
        YEARS,
        ["[유동자산]", "10", "9", "8"],
        ["ㆍ기타", "1", "2", "3"],
        ["[비유동자산]", "20", "19", "18"],
        ["ㆍ기타", "4", "5", "6"],
    ]
    found = lines(
        tmp_path,
        section(
            "1. 요약재무정보",
            "<P>가. 요약연결재무정보</P>",
            caption("(단위：천원)"),
            table(rows),
            "<P>나. 요약별도재무정보</P>",
            caption("(단위：천원)"),
            table(rows[:2]),
        ),
    )
    assert "가온누리전자 2023년 연결 유동자산 기타: 1천원" in found
    assert "가온누리전자 2021년 연결 비유동자산 기타: 6천원" in found
    assert "가온누리전자 2022년 별도 유동자산: 9천원" in found
    assert not any(" 기타" in line and "유동자산 기타" not in line for line in found)


def test_the_dividend_form(tmp_path: Path) -> None:
    rows = [
        ["구 분", "주식의 종류", "당기", "전기", "전전기"],
        ["구 분", "주식의 종류", "제12기", "제11기", "제10기"],
        ["(연결)당기순이익(백만원)", "", "18,196", "7,383", "5,460"],
        ["현금배당수익률(%)", "보통주", "0.51", "-", "-"],
    ]
    found = lines(tmp_path, section("6. 배당에 관한 사항", table(rows, head=2, aclass="EXTRACTION")))
    assert found == [
        "가온누리전자 2023년 연결 당기순이익: 18,196백만원",
        "가온누리전자 2022년 연결 당기순이익: 7,383백만원",
        "가온누리전자 2021년 연결 당기순이익: 5,460백만원",
        "가온누리전자 2023년 현금배당수익률 보통주: 0.51%",
    ]


def test_products_and_employees_are_facts_of_the_documents_year(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        section(
            "2. 주요 제품 및 서비스",
            "<P>가. 주요 제품 등의 현황</P>",
            "<P>(단위 : 백만원, %)</P>",
            table([["품 목", "매출액", "비중"], ["TV", "1,200", "60.0%"], ["합 계", "2,000", "100.0%"]]),
        ),
        section(
            "1. 임원 및 직원 등의 현황",
            "<P>가. 직원 등 현황</P>",
            '<TABLE BORDER="0"><TR><TD>(기준일 :</TD><TD>2023년 12월 31일</TD><TD>)</TD>'
            "<TD>(단위 : 백만원)</TD></TR></TABLE>",
            table(
                [["사업부문", "성별", "직원수", "평균근속연수", "연간급여총액"], ["개발", "남", "19", "4.1", "1,047"]],
                aclass="EXTRACTION",
            ),
        ),
    )
    assert found == [
        "가온누리전자 2023년 TV 매출액: 1,200백만원",
        "가온누리전자 2023년 TV 비중: 60.0%",
        "가온누리전자 2023년 매출액 합계: 2,000백만원",
        "가온누리전자 2023년 주요 제품 등의 현황 비중 합계: 100.0%",
        "가온누리전자 2023년 개발 남 직원수: 19명",
        "가온누리전자 2023년 개발 남 평균근속연수: 4.1년",
        "가온누리전자 2023년 개발 남 연간급여총액: 1,047백만원",
    ]


@pytest.mark.parametrize(
    "part",
    [
        # no unit; an interim period; a plan; people; dated events; changes in equity; another company's figures in
        # a note; a price per piece under a money unit; a total of nothing named
        section("1. 요약재무정보", table([YEARS, ["매출액", "1", "2", "3"]])),
        section("1. 요약재무정보", caption("(단위 : 원)"), table([["", "제 12 기 반기"], ["매출액", "1"]])),
        section(
            "4. 매출", "<P>가. 향후 투자계획</P>", caption("(단위 : 원)"), table([["구분", "2023년"], ["설비", "10"]])
        ),
        section("2. 임원의 보수 등", caption("(단위 : 원)"), table([["이름", "보수총액"], ["김", "10"]])),
        section(
            "3. 자본금 변동사항",
            caption("(단위 : 원)"),
            table([["일자", "종류", "수량", "금액"], ["2019.01.01", "증자", "10", "50"]]),
        ),
        section(
            "2. 연결재무제표", caption("자본변동표", "(단위 : 원)"), table([["", "제 12 기"], ["기초자본", "10"]])
        ),
        section(
            "3. 연결재무제표 주석",
            "<P>11. 투자주식</P><P>중요한 관계기업의 요약재무정보는 다음과 같습니다.</P>",
            caption("(단위 : 원)"),
            table([["구 분", "당기말"], ["유동자산", "10"]]),
        ),
        section(
            "3. 원재료",
            "<P>가. 가격변동추이</P>",
            "<P>(단위 : 원)</P>",
            table([["품 목", "제12기"], ["원피(매)", "57,028"]]),
        ),
        section("2. 연결재무제표", caption("(단위 : 원)"), table([["", "제 12 기"], ["합계", "10"]])),
    ],
)
def test_what_is_not_sure_is_not_a_fact(tmp_path: Path, part: str) -> None:
    assert lines(tmp_path, part) == []


def test_an_interim_report_gives_only_what_a_date_makes_sure(tmp_path: Path) -> None:
    part = section(
        "1. 요약재무정보",
        caption("(단위 : 원)"),
        table([["", "당기", "제 12 기", "2022.12.31", "2023.06.30"], ["자산총계", "1", "2", "3", "4"]]),
    )
    assert lines(tmp_path, part, acode="11012", name="반기보고서", end="20230630") == [
        "가온누리전자 2022년 자산총계: 3원",
        "가온누리전자 2023년 반기말 자산총계: 4원",
    ]


def test_contradicting_figures_get_their_topic_or_go(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        section(
            "2. 연결재무제표",
            caption("연결 재무상태표", "(단위 : 원)"),
            table([["", "제 12 기"], ["재고자산", "100"]]),
        ),
        section(
            "3. 연결재무제표 주석",
            "<P>7. 재고자산</P>",
            caption("(단위 : 원)"),
            table([["구 분", "당기"], ["매출원가", "7"]]),
            "<P>8. 현금흐름</P>",
            caption("(단위 : 원)"),
            table([["구 분", "당기"], ["재고자산", "9"]]),
        ),
    )
    assert found == [
        "가온누리전자 2023년 연결 재고자산: 100원",
        "가온누리전자 2023년 연결 재고자산 매출원가: 7원",
        "가온누리전자 2023년 연결 현금흐름 재고자산: 9원",
    ]


def test_tagged_cells_must_agree_with_their_column(tmp_path: Path) -> None:
    axis = "_ifrs-full_ConsolidatedAndSeparateFinancialStatementsAxis_ifrs-full_ConsolidatedMember"
    cell = '<TE ACODE="ifrs-full_Revenue" ACONTEXT="{}" ADECIMAL="-6">{}</TE>'
    part = section(
        "2. 연결재무제표",
        table(
            [
                ["", "제 12 기", "제 11 기"],
                ["매출액", cell.format(f"CFY2023dFY{axis}", "12"), cell.format(f"CFY2023dFY{axis}", "34")],
            ]
        ),
    )
    assert lines(tmp_path, part) == ["가온누리전자 2023년 연결 매출액: 12백만원"]


@pytest.mark.parametrize(
    "part",
    [
        # a market; months of a year; hours under a money unit; events of any year
        section("1. 사업의 개요", caption("시장 규모 추이", "(단위 : 억원)"), table([["구분", "2023년"], ["원형", "9"]])),
        section(
            "4. 매출", caption("(단위 : 억원)"), table([["구분", "2023년 11월", "2023년 12월"], ["내수 매출액", "1", "2"]])
        ),
        section("1. 외부감사", caption("(단위 : 백만원)"), table([["구분", "제 12 기"], ["감사 총소요시간", "50,401"]])),
        section("2. 회사의 연혁", caption("(단위 : 원)"), table([["구분", "양수가액"], ["토지", "10"]])),
    ],
)
def test_figures_of_something_else_are_not_the_companys(tmp_path: Path, part: str) -> None:
    assert lines(tmp_path, part) == []


def test_a_label_under_two_headings_is_qualified_even_where_one_is_nil(tmp_path: Path) -> None:
    rows = [
        ["구분", "당기말", "전기말"],
        ["유동:", "", ""],
        ["복구충당부채", "15", "-"],
        ["비유동:", "", ""],
        ["복구충당부채", "10", "29"],
    ]
    found = lines(
        tmp_path, section("5. 재무제표 주석", "<P>17. 충당부채</P>", caption("(단위 : 천원)"), table(rows))
    )
    assert [line.split(" ", 1)[1] for line in found] == [
        "2023년 별도 유동 복구충당부채: 15천원",
        "2023년 별도 비유동 복구충당부채: 10천원",
        "2022년 별도 비유동 복구충당부채: 29천원",
    ]
