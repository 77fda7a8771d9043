from __future__ import annotations

from pipelines.supersession import Filing, resolve


def one(doc_id: str, date: int, supersedes: str = "", **other: object) -> Filing:
    fields = {"company": "00126380", "fiscal_year": 2023, "doc_type": "사업보고서"} | other
    return Filing(doc_id=doc_id, date=date, supersedes=supersedes, **fields)  # type: ignore[arg-type]


def test_an_amendment_supersedes_the_same_company_year_and_type() -> None:
    assert resolve([one("b", 20240504, "20240318"), one("a", 20240318)]) == {"a": "b"}


def test_each_names_its_immediate_successor() -> None:
    assert resolve([one("a", 1), one("b", 2, "x"), one("c", 3, "x")]) == {"a": "b", "b": "c"}


def test_other_years_types_and_companies_are_left_alone() -> None:
    others = [one("y", 1, fiscal_year=2022), one("t", 1, doc_type="반기보고서"), one("c", 1, company="2")]
    assert resolve([*others, one("b", 2, "x")]) == {}


def test_a_second_report_that_amends_nothing_supersedes_nothing() -> None:
    assert resolve([one("a", 1), one("b", 2)]) == {}


def test_a_named_document_is_superseded_whatever_its_year() -> None:
    assert resolve([one("a", 1, fiscal_year=0), one("b", 2, "a", fiscal_year=0)]) == {"a": "b"}
