"""Rows that hold on a day, rows with a value, and the combinations of several values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mundap.chunk import Chunk
from rag.search.filters import MAX_COMBINATIONS, Rows
from tests.rag.small_index import chunk, reports


def names(chunks: list[Chunk], mask: NDArray[np.bool_]) -> list[str]:
    return [one.doc_id for one, kept in zip(chunks, mask.tolist(), strict=True) if kept]


def amended() -> list[Chunk]:
    old, *rest = reports()   # g22 of 20230315, amended on 20230801
    new = chunk("가온누리전자 2022년 매출액: 1,112백만원", doc_id="g22-2", date=20230801, company="가온누리전자", fiscal_year=2022)
    return [replace(old, superseded_by="g22-2"), new, *rest]


def test_now_the_amendment_holds_and_before_it_the_original_did() -> None:
    chunks = amended()
    rows = Rows(chunks)
    assert names(chunks, rows.holding()) == ["g22-2", "g23", "h22", "h23", "law"]
    assert names(chunks, rows.holding(20230731)) == ["g22", "h22"]
    assert names(chunks, rows.holding(20230801)) == ["g22-2", "h22"]
    assert names(chunks, rows.holding(20200101)) == []


def test_of_an_unknown_amendment_nobody_knows_since_when() -> None:
    outdated = chunk("옛 문장", doc_id="a", date=20200101, superseded_by="not here")
    marked = chunk("더 옛 문장", doc_id="b", date=20200101, superseded=1)
    undated = chunk("늘 그런 문장", doc_id="c", date=0)
    chunks = [outdated, marked, undated]
    assert names(chunks, Rows(chunks).holding()) == names(chunks, Rows(chunks).holding(20210101)) == ["c"]


def test_values_are_compared_as_they_are_written() -> None:
    chunks = reports()
    rows = Rows(chunks)
    assert names(chunks, rows.having("fiscal_year", [2022])) == names(chunks, rows.having("fiscal_year", ["2022"])) == [
        "g22", "h22"]
    assert names(chunks, rows.having("company", ["한빛바이오", "없는회사"])) == ["h22", "h23"]
    assert names(chunks, rows.having("region", ["서울"])) == []


def test_each_of_several_values_has_its_rows() -> None:
    chunks = reports()
    rows = Rows(chunks)
    both = {"company": ["가온누리전자", "한빛바이오"], "fiscal_year": [2022, 2023]}
    assert [names(chunks, mask) for mask in rows.combinations(both)] == [["g22"], ["g23"], ["h22"], ["h23"]]
    one_year = {"company": ["가온누리전자", "한빛바이오"], "fiscal_year": [2022]}
    assert [names(chunks, mask) for mask in rows.combinations(one_year)] == [["g22", "g23"], ["h22", "h23"]]
    assert not list(rows.combinations({"company": ["한빛바이오"], "fiscal_year": [2022]}))
    assert not list(rows.combinations({"company": ["회사"] * (MAX_COMBINATIONS + 1)})) and not list(rows.combinations({}))
