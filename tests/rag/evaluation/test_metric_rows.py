"""The metrics on real rows: a row's own reference is perfect, and one made wrong in one way is caught for that way."""

from __future__ import annotations

from collections import Counter

import pytest

from rag.evaluation.metrics import by_name, measure
from tests.rag.evaluation.corruptions import CORRUPTIONS
from tests.rag.evaluation.rows import DOMAINS, gold_of, reply_of, rows_of

_ONE = ("right", "right_and_cited", "figure_right", "unit_right", "sign_right", "articles_right", "declined_rightly", "answered",
        "citation_precision", "citation_recall", "found_recall", "passage_recall", "exact_match", "normalised_match",
        "character_f1", "rouge_l", "chrf")
# Two of a row's figures are the same, or the other year's line holds the same figure: the corrupted row is no untruth.
_LEAST = {"digit": 0.98, "year": 0.9}


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_rows_own_reference_is_perfect(domain: str) -> None:
    for row in rows_of(domain):
        values = measure(gold_of(row), reply_of(row)).values
        short = {name: value for name, value in values.items() if name in _ONE and value != pytest.approx(1)}
        bad = {name: value for name, value in values.items() if by_name[name].better == "lower" and value}
        assert not short and not bad, (row["id"], short, bad)


def test_a_reference_made_wrong_is_caught() -> None:
    tried, caught = Counter[str](), Counter[str]()
    for domain in ("dart", "insurance", "hira"):
        for at, row in enumerate(one for one in rows_of(domain) if one["kind"] != "unanswerable"):
            for name, (corrupt, kinds) in CORRUPTIONS.items():
                text = corrupt(row)
                if not text or text == row["output"] or (at % 12 and name not in ("year", "direction", "other_company")):
                    continue
                tried[name] += 1
                caught[name] += any(kind in kinds for kind, _ in measure(gold_of(row), reply_of(row, text)).invented)
    assert set(tried) == set(CORRUPTIONS)
    assert min(tried.values()) >= 5, tried
    rates = {name: caught[name] / tried[name] for name in tried}
    assert all(rate >= _LEAST.get(name, 1) for name, rate in rates.items()), rates
