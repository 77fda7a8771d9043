"""Facts of half-year and quarterly reports: which part of the year a column means, and where it stays open."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.readers import dart_xml
from pipelines.readers.interim import part_of_year
from pipelines.readers.periods import Calendar, read_period
from tests.pipelines.readers.filings import caption, filing, section, table, write

HALF = Calendar(fiscal_year=2023, stage=2, term=12, terms={11: 2022}, latest=2023)
FIRST = Calendar(fiscal_year=2023, stage=1, term=12, terms={11: 2022}, latest=2023)
THIRD = Calendar(fiscal_year=2023, stage=3, term=12, terms={11: 2022}, latest=2023)
MARCH = Calendar(fiscal_year=2024, stage=2, term=12, end_month=3, latest=2023)


def lines(folder: Path, *parts: str, end: str = "20230630", start: str = "20230101") -> list[str]:
    half = end.endswith("0630") or start.endswith("0401")
    name, acode = ("반기보고서", "11012") if half else ("분기보고서", "11013")
    path = write(folder, filing(*parts, acode=acode, name=name, start=start, end=end))
    reading = next(dart_xml.read(path, folder, {}))
    return [fact.line for section_ in reading.sections for block in section_.blocks for fact in block.facts]


@pytest.mark.parametrize(
    ("calendar", "text", "year", "balance", "flow"),
    [
        (HALF, "제 12 기 반기", 2023, "반기말", "상반기"),
        (HALF, "제 11 기 반기", 2022, "반기말", "상반기"),
        (HALF, "제 12(당) 반기", 2023, "반기말", "상반기"),
        (HALF, "제 12 기 반기말", 2023, "반기말", None),
        (HALF, "제 12 기 반기 누적", 2023, None, "상반기"),
        (HALF, "제 12 기 반기 3개월", 2023, None, "2분기"),
        (HALF, "2023.06.30 현재", 2023, "반기말", None),
        (HALF, "2023년 6월말", 2023, "반기말", None),
        (HALF, "2022.12.31 현재", 2022, "", ""),
        (HALF, "제 11 기말", 2022, "", ""),
        (HALF, "전기말", 2022, "", ""),
        (HALF, "당반기", 2023, "반기말", "상반기"),
        (HALF, "당반기말", 2023, "반기말", None),
        (HALF, "전반기", 2022, "반기말", "상반기"),
        (HALF, "전반기말", 2022, "반기말", None),
        (HALF, "2023.01.01 부터 2023.06.30 까지", 2023, None, "상반기"),
        (HALF, "2023.04.01 ~ 2023.06.30", 2023, None, "2분기"),
        (HALF, "2023년 1월~6월", 2023, None, "상반기"),
        (HALF, "2022년 상반기", 2022, None, "상반기"),
        (HALF, "2022년 4분기", 2022, "", None),
        (FIRST, "제 12 기 1분기", 2023, "1분기말", "1분기"),
        (FIRST, "당분기", 2023, "1분기말", "1분기"),
        (FIRST, "전분기", 2022, "1분기말", "1분기"),
        (FIRST, "당분기 누적", 2023, None, "1분기"),
        (THIRD, "제 12 기 3분기", 2023, "3분기말", None),
        (THIRD, "제 12 기 3분기 누적", 2023, None, "3분기 누적"),
        (THIRD, "당분기 3개월", 2023, None, "3분기"),
        (THIRD, "2023년 3/4분기말", 2023, "3분기말", None),
        (MARCH, "2023.09.30 현재", 2024, "반기말", None),
        (MARCH, "2023.03.31 현재", 2023, "", ""),
        (MARCH, "2023.04.01 ~ 2023.09.30", 2024, None, "상반기"),
    ],
)
def test_a_heading_of_an_interim_report(
    calendar: Calendar, text: str, year: int, balance: str | None, flow: str | None
) -> None:
    period = read_period(text, calendar)
    assert period is not None and period.year == year
    assert part_of_year(period, "balance", calendar, half_is_cumulative=True) == balance
    assert part_of_year(period, "flow", calendar, half_is_cumulative=True) == flow


@pytest.mark.parametrize(
    "text",
    ["당기", "전기", "전분기말", "2023년 하반기", "제 12 기 반기 대비", "2023.06.15 현재", "2023.05.31 현재", "제 9(당) 기"],
)
def test_what_is_not_sure_has_no_year(text: str) -> None:
    period = read_period(text, Calendar(fiscal_year=2023, stage=3, latest=2023))
    assert period is not None and period.year is None


def test_the_running_year_is_not_over_in_an_interim_report() -> None:
    period = read_period("제 12 기", HALF)
    assert period is not None and period.year == 2023
    assert part_of_year(period, "flow", HALF, half_is_cumulative=True) is None


INCOME = caption(
    "연결 포괄손익계산서",
    "제 12 기 반기 2023.01.01 부터 2023.06.30 까지",
    "제 11 기 반기 2022.01.01 부터 2022.06.30 까지",
    "(단위 : 백만원)",
)


def test_three_months_and_the_half_year_are_told_apart(tmp_path: Path) -> None:
    rows = [
        ['<TH ROWSPAN="2"></TH>', '<TH COLSPAN="2">제 12 기 반기</TH>', '<TH COLSPAN="2">제 11 기 반기</TH>'],
        ["3개월", "누적", "3개월", "누적"],
        ["매출액", "2,129", "4,211", "5,034", "9,952"],
        ["영업이익(손실)", "(160)", "466", "2,936", "6,084"],
    ]
    assert lines(tmp_path, section("2. 연결재무제표", INCOME, table(rows, head=2))) == [
        "가온누리전자 2023년 2분기 연결 매출액: 2,129백만원",
        "가온누리전자 2023년 상반기 연결 매출액: 4,211백만원",
        "가온누리전자 2022년 2분기 연결 매출액: 5,034백만원",
        "가온누리전자 2022년 상반기 연결 매출액: 9,952백만원",
        "가온누리전자 2023년 2분기 연결 영업이익(손실): -160백만원",
        "가온누리전자 2023년 상반기 연결 영업이익(손실): 466백만원",
        "가온누리전자 2022년 2분기 연결 영업이익(손실): 2,936백만원",
        "가온누리전자 2022년 상반기 연결 영업이익(손실): 6,084백만원",
    ]


def test_an_income_statement_that_does_not_say_is_left_out_unless_its_caption_dates_it(tmp_path: Path) -> None:
    rows = [["", "제 12 기 반기", "제 11 기 반기"], ["매출액", "1", "2"]]
    bare = caption("포괄손익계산서", "(단위 : 원)")
    assert lines(tmp_path, section("4. 재무제표", bare, table(rows))) == []
    assert lines(tmp_path, section("2. 연결재무제표", INCOME, table(rows))) == [
        "가온누리전자 2023년 상반기 연결 매출액: 1백만원",
        "가온누리전자 2022년 상반기 연결 매출액: 2백만원",
    ]


def test_balances_are_of_a_day_and_last_years_end_is_that_years(tmp_path: Path) -> None:
    found = lines(
        tmp_path,
        section(
            "2. 연결재무제표",
            caption("연결 재무상태표", "제 12 기 반기말 2023.06.30 현재", "제 11 기말 2022.12.31 현재", "(단위 : 원)"),
            table([["", "제 12 기 반기말", "제 11 기말"], ["자산총계", "10", "20"]]),
            caption("연결 현금흐름표", "(단위 : 원)"),
            table([["", "제 12 기 반기", "제 11 기 반기"], ["영업활동현금흐름", "3", "4"]]),
        ),
    )
    assert found == [
        "가온누리전자 2023년 반기말 연결 자산총계: 10원",
        "가온누리전자 2022년 연결 자산총계: 20원",
        "가온누리전자 2023년 상반기 연결 영업활동현금흐름: 3원",
        "가온누리전자 2022년 상반기 연결 영업활동현금흐름: 4원",
    ]


def test_a_first_quarter_is_both_three_months_and_cumulative(tmp_path: Path) -> None:
    rows = [
        ['<TH ROWSPAN="2"></TH>', '<TH COLSPAN="2">제 12 기 1분기</TH>'],
        ["3개월", "누적"],
        ["매출액", "7", "7"],
        ["영업이익", "1", "2"],
    ]
    found = lines(
        tmp_path,
        section("4. 재무제표", caption("손익계산서", "(단위 : 원)"), table(rows, head=2)),
        section(
            "1. 요약재무정보",
            caption("(단위 : 원)"),
            table([["구 분", "제 12 기 1분기", "제 11 기"], ["부채총계", "5", "6"], ["금융수익", "8", "9"]]),
        ),
        end="20230331",
    )
    assert found == [
        "가온누리전자 2023년 1분기 별도 매출액: 7원",
        "가온누리전자 2023년 1분기말 부채총계: 5원",
        "가온누리전자 2022년 부채총계: 6원",
        "가온누리전자 2023년 1분기 금융수익: 8원",
        "가온누리전자 2022년 금융수익: 9원",
    ]


def test_a_third_quarter_is_not_taken_for_nine_months(tmp_path: Path) -> None:
    rows = [["구 분", "제 12 기 3분기", "제 11 기"], ["매출액", "1", "2"], ["자본총계", "3", "4"]]
    assert lines(tmp_path, section("1. 요약재무정보", caption("(단위 : 원)"), table(rows)), end="20230930") == [
        "가온누리전자 2022년 매출액: 2원",
        "가온누리전자 2023년 3분기말 자본총계: 3원",
        "가온누리전자 2022년 자본총계: 4원",
    ]


def test_an_interim_table_without_periods_is_of_the_day_that_its_caption_gives(tmp_path: Path) -> None:
    dated = caption("(기준일 : 2023년 06월 30일)", "(단위 : 백만원)")
    rows = [["사업부문", "직원수", "급여총액"], ["개발", "19", "700"]]
    assert lines(tmp_path, section("1. 임원 및 직원 등의 현황", dated, table(rows))) == [
        "가온누리전자 2023년 반기말 개발 직원수: 19명"
    ]
    assert lines(tmp_path, section("1. 임원 및 직원 등의 현황", caption("(단위 : 백만원)"), table(rows))) == []


def test_a_fiscal_year_that_ends_in_march(tmp_path: Path) -> None:
    rows = [["", "제 12 기 반기말", "제 11 기말"], ["자산총계", "10", "20"]]
    dates = caption("재무상태표", "제 12 기 반기말 2023.09.30 현재", "제 11 기말 2023.03.31 현재", "(단위 : 원)")
    assert lines(tmp_path, section("4. 재무제표", dates, table(rows)), start="20230401", end="20230930") == [
        "가온누리전자 2024년 반기말 별도 자산총계: 10원",
        "가온누리전자 2023년 별도 자산총계: 20원",
    ]


def test_a_summary_dates_its_columns_in_a_second_row(tmp_path: Path) -> None:
    def grid(dates: tuple[str, str], *rows: tuple[str, str, str]) -> str:
        head = '<TR><TD ROWSPAN="2">구분</TD><TD>제12기 반기</TD><TD>제11기</TD></TR>'
        head += f"<TR><TD>{dates[0]}</TD><TD>{dates[1]}</TD></TR>"
        body = "".join("<TR>" + "".join(f"<TD>{text}</TD>" for text in row) + "</TR>" for row in rows)
        return f'<TABLE BORDER="1"><TBODY>{head}{body}</TBODY></TABLE>'

    found = lines(
        tmp_path,
        section(
            "1. 요약재무정보",
            "<P>나. 요약별도재무정보</P>",
            caption("(단위 : 백만원)"),
            grid(("2023.06.30", "2022.12.31"), ("　[유동자산]", "9", "8"), ("투자주식의 평가방법", "원가법", "원가법")),
            caption("(단위 : 백만원)"),
            grid(("2023.01.01~2023.06.30", "2022.01.01~2022.12.31"), ("매출액", "7", "6"), ("주당손익(단위 : 원)", "5", "4")),
        ),
    )
    assert found == [
        "가온누리전자 2023년 반기말 별도 유동자산: 9백만원",
        "가온누리전자 2022년 별도 유동자산: 8백만원",
        "가온누리전자 2023년 상반기 별도 매출액: 7백만원",
        "가온누리전자 2022년 별도 매출액: 6백만원",
        "가온누리전자 2023년 상반기 별도 주당손익: 5원",
        "가온누리전자 2022년 별도 주당손익: 4원",
    ]
