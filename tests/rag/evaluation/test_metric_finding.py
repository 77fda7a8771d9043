"""Declining, citing, finding and wording by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mundap.prompt import Passage
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics import METRICS, by_name
from rag.evaluation.metrics.citing import citation_precision, citation_recall, right_and_cited
from rag.evaluation.metrics.declining import answered, declined_rightly, wrongly_declined
from rag.evaluation.metrics.finding import found_recall, passage_recall, reciprocal_rank
from rag.evaluation.metrics.wording import answer_characters, long_words, words_per_sentence

LINE, OTHER = "가온 2023년 매출액: 5원", "한빛 2023년 매출액: 7원"
GOLD = Gold(id="1", question="가온의 2023년 매출액은?", answerable=True, reference="5원입니다.", value="5", unit="원", line=LINE,
            chunks=("c1",))
NONE = Gold(id="2", question="가온의 2019년 매출액은?", answerable=False, reference="없습니다.")
PASSAGES = (Passage(number=1, head="가온", lines=(LINE,), chunk_id="c1"),
            Passage(number=2, head="한빛", lines=(OTHER,), chunk_id="c2"),
            Passage(number=3, head="가온 정정", lines=("딴 줄", LINE), chunk_id="c3"))


def reply(*citations: int, text: str = "5원입니다.", found: tuple[str, ...] = ("c2", "c1")) -> Reply:
    return Reply(text=text, citations=citations, passages=PASSAGES, found=found, sources=(f"가온\n{LINE}", f"한빛\n{OTHER}"))


@pytest.mark.parametrize(("gold", "said", "values"), [
    (GOLD, Reply(text="5원입니다."), (None, 1, 0)), (GOLD, Reply(text="없습니다.", declined=True), (None, 0, 1)),
    (GOLD, Reply(text="", error="시간 초과"), (None, 0, 0)), (NONE, Reply(text="없습니다.", declined=True), (1, None, None)),
    (NONE, Reply(text="5원입니다."), (0, None, None))])
def test_declining(gold: Gold, said: Reply, values: tuple[float | None, ...]) -> None:
    assert (declined_rightly(gold, said), answered(gold, said), wrongly_declined(gold, said)) == values


@pytest.mark.parametrize(("citations", "precision", "recall", "both"), [
    ((1,), 1, 1, 1), ((3,), 1, 1, 1), ((2,), 0, 0, 0), ((1, 2), 0.5, 1, 1), ((9,), 0, 0, 0), ((), None, 0, 0)])
def test_citing(citations: tuple[int, ...], precision: float | None, recall: float, both: float) -> None:
    said = reply(*citations)
    assert (citation_precision(GOLD, said), citation_recall(GOLD, said), right_and_cited(GOLD, said)) == (precision, recall, both)


def test_a_wrong_figure_is_not_right_and_cited() -> None:
    assert right_and_cited(GOLD, reply(1, text="7원입니다.")) == 0


def test_an_answer_of_two_lines_wants_both_cited() -> None:
    gold = replace(GOLD, lines=(LINE, OTHER))
    assert [citation_recall(gold, reply(*shown)) for shown in ((1,), (1, 2), (3, 2))] == [0.5, 1, 1]
    assert citation_precision(gold, reply(1, 2)) == 1
    assert passage_recall(gold, reply()) == 1


def test_nothing_is_asked_of_citations_without_an_answer() -> None:
    assert citation_precision(NONE, reply(1)) is None
    assert citation_recall(replace(GOLD, line="", chunks=()), reply(1)) is None


@pytest.mark.parametrize(("found", "rank", "recall"), [
    (("c1", "c2"), 1, 1), (("c2", "c1"), 0.5, 1), (("c8", "c9", "c3"), 1 / 3, 1), (("c2",), 0, 0), ((), 0, 0)])
def test_finding(found: tuple[str, ...], rank: float, recall: float) -> None:
    said = reply(found=found)     # c3 is a twin: it quotes the same line
    assert (reciprocal_rank(GOLD, said), found_recall(GOLD, said)) == (rank, recall)


def test_finding_is_not_asked_of_a_system_that_searches_for_nothing() -> None:
    said = replace(reply(found=()), retrieved=False)
    assert (reciprocal_rank(GOLD, said), found_recall(GOLD, said), passage_recall(GOLD, said)) == (None, None, 1)
    assert passage_recall(GOLD, replace(said, passages=())) is None
    assert passage_recall(GOLD, replace(reply(), passages=())) == 0
    assert reciprocal_rank(NONE, reply()) is None


def test_wording() -> None:
    said = Reply(text="현금및현금성자산은 5원입니다. [1] 작년보다 두 배 늘었습니다. [2]")
    assert words_per_sentence(GOLD, said) == 3                # 2 and 4
    assert long_words(GOLD, said) == pytest.approx(1 / 6)
    assert answer_characters(GOLD, said) == len("현금및현금성자산은 5원입니다. 작년보다 두 배 늘었습니다.")
    assert words_per_sentence(GOLD, replace(said, declined=True)) is None


def test_the_list_of_metrics_can_be_reported() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert by_name["right"].rate
    assert not by_name["character_f1"].rate
    names = json.dumps(sorted(by_name))
    assert "hallucinated" in names and "reciprocal_rank" in names
