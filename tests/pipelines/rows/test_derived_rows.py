"""Rows computed from several figures: operands quoted, answers grounded, nothing asked twice, the same bytes again."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest
from small_pool import COMPANIES, figures, placed, pool, settings

from mundap.grounding import normalise_value
from pipelines.rejects import Rejects
from pipelines.rows.build import build_rows
from pipelines.rows.derived import Derived
from pipelines.rows.derived_rows import derived_rows
from pipelines.rows.operands import basis_needed
from pipelines.rows.row import Row, rows_text

WANTED = {"change": 12, "comparison": 8, "share": 12, "ranking": 8}


@pytest.fixture(scope="module")
def made() -> list[tuple[Row, Derived]]:
    return list(derived_rows(pool(figures()), settings(), "train", WANTED, Rejects()))


def test_every_kind_is_made_as_often_as_wanted(made: list[tuple[Row, Derived]]) -> None:
    assert Counter(row.kind for row, _ in made) == WANTED
    forms = Counter(one.form for _, one in made)
    assert forms["ranking_companies"] and forms["ranking_items"]
    names = Counter(bool(one.name) for _, one in made if one.kind == "share")
    assert names == {True: 6, False: 6}   # named ratios, and parts of a total
    assert {row.level for row, _ in made} == {"", "초급", "중급", "고급"}


def test_operands_stand_in_the_cited_passages_and_the_result_is_right(made: list[tuple[Row, Derived]]) -> None:
    for row, one in made:
        lines = json.loads(row.gold_lines)
        assert lines == [fact.line for fact in one.facts]
        for fact in one.facts:
            assert fact.line in row.input and f"{fact.value}{fact.unit}" in row.output, row.output
        values = [Decimal(fact.value.replace(",", "")) for fact in one.facts]
        gold = Decimal(row.gold_value.replace(",", ""))
        if one.kind in ("change", "comparison"):
            assert gold == abs(values[0] - values[1]) and row.gold_value in row.output
        elif one.kind == "share":
            assert abs(gold - values[0] / values[1] * 100) <= Decimal("0.05") and f"{row.gold_value}%" in row.output
        else:
            assert gold == max(values)
        assert normalise_value(row.gold_value, row.gold_unit) is not None


def test_no_question_is_asked_twice_and_a_pair_is_one_whatever_its_order(made: list[tuple[Row, Derived]]) -> None:
    keys = [one.key for _, one in made]
    assert len(keys) == len(set(keys))
    assert len({row.id for row, _ in made}) == len(made)
    first, second = figures()[0], next(fact for fact in figures() if fact.company == COMPANIES[1])
    pair = [Derived(kind="comparison", form="comparison", facts=facts, with_basis=False)
            for facts in ((first, second), (second, first))]
    assert pair[0].key == pair[1].key


def test_a_part_of_the_year_is_named_and_never_set_against_a_whole_one() -> None:
    given = ((2021, "1,000", ""), (2022, "2,000", ""), (2021, "400", "상반기"), (2022, "900", "상반기"))
    facts = [placed("가온", year, "매출액", value, period=period) for year, value, period in given]
    rows = list(derived_rows(pool(facts), settings(), "train", {"change": 5}, Rejects()))
    assert len(rows) == 2
    for row, one in rows:
        assert {fact.period for fact in one.facts} == {row.period}
        assert ("상반기" in row.question) == ("상반기" in row.output) == (row.period == "상반기")
        assert row.output.count("상반기") == (3 if row.period else 0)   # both figures and the change
        assert row.gold_value == {"": "1,000", "상반기": "500"}[row.period]


def test_an_order_of_items_names_its_part_of_the_year_and_its_basis() -> None:
    values = (("매출액", "9"), ("영업이익", "5"), ("당기순이익", "3"))
    facts = [placed("가온", 2022, item, value, basis=basis, period="상반기", chunk=basis)
             for basis in ("연결", "별도") for item, value in (values if basis == "별도" else (("매출액", "8"),))]
    (row, one), = derived_rows(pool(facts), settings(levels={}), "train", {"ranking": 1}, Rejects())
    assert one.with_basis and "가온의 2022년 상반기 별도 수치가 큰 순서는 매출액(9백만원), 영업이익(5백만원)" in row.output


def test_units_and_bases_that_differ_are_not_set_against_each_other() -> None:
    odd = [placed("가온", 2022, "매출액", "1", "천원"), placed("가온", 2023, "매출액", "2"),
           placed("가온", 2022, "영업이익", "3", basis="별도"), placed("가온", 2023, "영업이익", "4")]
    assert list(derived_rows(pool(odd), settings(), "train", {"change": 5}, Rejects())) == []


def test_the_basis_is_named_where_it_decides_and_two_values_are_never_asked() -> None:
    both = [placed("가온", year, "매출액", value, basis=basis) for year, value, basis in (
        (2022, "10", "연결"), (2023, "12", "연결"), (2022, "5", "별도"), (2023, "9", "별도"))]
    assert [basis_needed(pool(both), one) for one in ((both[0],), both[:2], both[2:])] == [True, True, True]
    assert basis_needed(pool(both[:2]), both[:2]) is False
    clash = placed("가온", 2023, "매출액", "13", chunk="other")
    assert basis_needed(pool([*both[:2], clash]), both[:2]) is None


def test_a_prompt_too_small_for_the_operands_rejects_the_row() -> None:
    rejects = Rejects()
    made_pool, narrow = pool(figures()), settings(top_k=1, levels={})
    assert list(derived_rows(made_pool, narrow, "train", {"comparison": 2}, rejects)) == []
    assert set(rejects.by_reason()) == {"too_few_passages"} and rejects.tried == len(rejects)
    ranked = [one for _, one in derived_rows(made_pool, settings(top_k=2), "train", {"ranking": 6}, Rejects())]
    assert {one.form for one in ranked} == {"ranking_items"}   # three companies need three passages


def test_all_rows_add_up_decline_where_an_operand_lacks_and_come_out_the_same_again() -> None:
    rejects = Rejects()
    parts = {COMPANIES[0]: "eval", COMPANIES[1]: "eval"}
    made_pool = pool(figures(), {company: parts.get(company, "train") for company in COMPANIES})  # type: ignore[misc]
    rows = build_rows(made_pool, settings(), (), rejects)
    assert rejects.tried == sum(map(len, rows.values())) + len(rejects)
    for part, others in (("train", COMPANIES[:2]), ("eval", COMPANIES[2:])):
        for row in rows[part]:  # type: ignore[index]
            assert not any(f"{company} " in row.input for company in others), row.input
    declined = [row for part in rows.values() for row in part if row.kind == "unanswerable"]
    assert {"other_year", "other_company"} <= {row.reason for row in declined}
    assert all(row.output == "문서에 해당 내용이 없습니다." and not row.gold_value for row in declined)
    again = build_rows(made_pool, settings(), (), Rejects())
    assert [rows_text(rows[part]) for part in rows] == [rows_text(again[part]) for part in again]


def test_columns_of_levels_and_periods_are_written_only_where_they_are_used() -> None:
    plain = build_rows(pool(figures()), settings(levels={}, kinds={"lookup": 1.0}), (), Rejects())["train"]
    assert not {"level", "period", "gold_lines"} & set(json.loads(rows_text(plain))[0])
    assert {row.kind for row in plain} == {"fact", "unanswerable"}
    full = json.loads(rows_text(build_rows(pool(figures()), settings(), (), Rejects())["train"]))
    assert all({"level", "gold_lines"} <= set(row) for row in full)
