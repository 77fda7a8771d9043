from __future__ import annotations

import pytest

from pipelines.readers.periods import Calendar, Period, dated_terms, read_period

ANNUAL = Calendar(fiscal_year=2023, annual=True, term=12, latest=2024)
MARCH = Calendar(fiscal_year=2024, annual=True, end_month=3, latest=2024)
INTERIM = Calendar(fiscal_year=2023, latest=2023)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("제 12 기", 2023),
        ("제11기", 2022),
        ("제12기말", 2023),
        ("당기", 2023),
        ("당 기 말", 2023),
        ("전기", 2022),
        ("전전기말", 2021),
        ("2023년", 2023),
        ("2023", 2023),
        ("2023.12.31", 2023),
        ("2023년 12월말", 2023),
        ("FY2023", 2023),
        ("FY22", 2022),
        ("'22년", 2022),
        ("제12기(2023년)", 2023),
        ("제 12(당)기", 2023),
        ("제 11 기(전기)", 2022),
        ("2023.01.01 부터 2023.12.31 까지", 2023),
        ("2023년 1월~12월", 2023),
        ("제12기(2022년)", None),
        ("제 12 기 반기", None),
        ("2023년 3분기", None),
        ("전기 대비 증감", None),
        ("2023.06.30", None),
        ("2023.07.01 ~ 2023.12.31", None),
        ("2025년(예상)", None),
        ("2026년", None),
        ("최근 3년 평균 2023년", None),
    ],
)
def test_a_heading_names_its_fiscal_year_or_none(text: str, year: int | None) -> None:
    period = read_period(text, ANNUAL)
    assert period is not None and period.year == year


@pytest.mark.parametrize("text", ["", "구 분", "매출액", "1,234", "자산", "당좌자산", "전환사채", "기타 2"])
def test_other_headings_name_no_period(text: str) -> None:
    assert read_period(text, ANNUAL) is None


def test_what_else_a_heading_says_is_kept() -> None:
    assert read_period("2023년 매출액", ANNUAL) == Period(2023, "매출액")


def test_a_fiscal_year_is_named_by_the_year_it_ends_in() -> None:
    assert read_period("2024.03.31 현재", MARCH) == Period(2024, "")
    assert read_period("2023.12.31 현재", MARCH) == Period(None, "")


def test_an_interim_report_has_no_current_year() -> None:
    assert read_period("당기", INTERIM) == Period(None, "")
    assert read_period("제 12 기", INTERIM) == Period(None, "")
    assert read_period("2022.12.31", INTERIM) == Period(2022, "")


def test_terms_are_dated_by_captions_and_counted_only_when_all_agree() -> None:
    text = "제 12 기 2023.01.01 부터 2023.12.31 까지 제 11 기 2022.12.31 현재 "
    text += "제 13 기 반기 2024.01.01 부터 2024.06.30 까지"
    terms = dated_terms(text, 12)
    assert terms == {12: 2023, 11: 2022}
    assert Calendar(terms=terms).year_of_term(10) == 2021
    assert Calendar(terms={12: 2023, 11: 2021}).year_of_term(10) is None
