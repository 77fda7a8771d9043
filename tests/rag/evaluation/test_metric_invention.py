"""Each kind of invention by hand, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.evaluation.asked import Gold
from rag.evaluation.metrics import measure
from rag.evaluation.metrics.invention import inventions
from rag.evaluation.metrics.names import names_in
from tests.rag.evaluation.test_metric_figures import GOLD, NONE, SOURCE, reply

TERMS = Gold(id="5", question="한빛든든 상해보험의 부활은 언제까지 청약하나요?", answerable=True, value="3", unit="년",
             reference="제24조 제1항에 따르면 3년 이내에 청약할 수 있습니다.",
             line="① 해지된 날부터 3년 이내에 부활을 청약할 수 있습니다.")
CLAUSE = f"한빛든든 상해보험 보통약관 > 제24조(부활)\n{TERMS.line}\n② 이자는 평균공시이율에 1%를 더합니다."


@pytest.mark.parametrize(("text", "found"), [
    ("매출액은 1,234백만원입니다. [1]", ()),
    ("2023년 매출액은 2022년보다 134백만원(12.2%) 증가한 1,234백만원입니다.", ()),      # arithmetic of the sources
    ("매출액은 1,234백만원이고 직원은 77명입니다.", (("figure", "77명"),)),
    ("2021년 3월 5일 기준 매출액은 1,234백만원입니다.", (("figure", "2021년 3월 5일"), ("wrong_figure", "1,234백만원"))),
    ("매출액은 1,100백만원입니다.", (("wrong_figure", "1,100백만원"),)),
    ("매출액은 1,234백만원입니다. 삼성전자와 같습니다.", (("name", "삼성전자"),)),
    ("매출액은 1,234백만원입니다. Este es un texto", (("language", "Este es un texto"),)),
    ("매출액은 1,234백만원입니다. Ich möchte wissen", (("language", "Ich möchte wissen"),)),
    ("매출액은 1,234백만원입니다. продажи", (("language", "продажи"),)),
    ("매출액(Sales)은 1,234백만원입니다.", ()),                                        # one word is a gloss
    ("매출액은 1,234백만원입니다. 매출액은 1,234백만원입니다.", (("repetition", "매출액은 1,234백만원입니다."),)),
])
def test_what_a_reply_invents(text: str, found: tuple[tuple[str, str], ...]) -> None:
    assert inventions(GOLD, reply(text)) == found


@pytest.mark.parametrize(("text", "kinds"), [
    ("제24조 제1항에 따르면 3년 이내에 청약할 수 있습니다.", set()),
    ("제24조에 따르면 해지된 날부터 3년 이내에 청약할 수 있고, 이자는 평균공시이율에 1%를 더합니다.", set()),
    ("제99조에 따르면 3년 이내에 청약할 수 있습니다.", {"article"}),
    ("제24조 제7항에 따르면 3년 이내에 청약할 수 있습니다.", {"article"}),
    ("제24조 제1항에 따르면 5년 이내에 청약할 수 있습니다.", {"figure"}),
    ("가나다생명에서 3년 이내에 청약할 수 있습니다.", {"name"}),
    ("보험회사와 보험계약대출, 시중은행에 대하여 3년 이내에 청약할 수 있습니다.", set()),     # ordinary words
])
def test_articles_and_names_of_terms(text: str, kinds: set[str]) -> None:
    assert {kind for kind, _ in inventions(TERMS, reply(text, source=CLAUSE))} == kinds


def test_a_figure_for_an_unanswerable_question_is_wrong_though_it_stands_in_a_source() -> None:
    assert inventions(NONE, reply("매출액은 1,234백만원입니다.")) == (("wrong_figure", "1,234백만원"),)
    assert inventions(NONE, reply("매출액은 7백만원입니다.")) == (("figure", "7백만원"),)


def test_a_decline_invents_nothing_but_may_run_on() -> None:
    declined = "문서에 해당 내용이 없습니다."
    assert inventions(NONE, reply(declined, declined=True)) == ()
    assert inventions(NONE, reply("매출액은 7백만원이 아니므로 없습니다.", declined=True)) == ()
    assert [kind for kind, _ in inventions(NONE, reply(f"{declined} {declined} Este es", declined=True))] \
        == ["language", "repetition"]


def test_what_the_sources_write_is_no_other_language() -> None:
    text = "주요 고객은 Apple Inc와 株式會社입니다."
    assert [kind for kind, _ in inventions(GOLD, reply(text))] == ["language", "language"]
    assert inventions(GOLD, reply(text, source=f"{SOURCE}\n주요 고객: Apple Inc, 株式會社")) == ()


def test_names_are_read_without_their_particles() -> None:
    assert {name.text for name in names_in("삼성전자와 ㈜나래상사는 계약했다.")} == {"나래상사", "삼성전자"}
    assert {name.text for name in names_in("한국채택국제회계기준에 따른다. "
                                           "새빛결머티리제약은 한빛바이오를 샀다.")} == {"새빛결머티리제약", "한빛바이오"}
    assert names_in("매출총이익률과 기타자본구성요소, 해지환급금을 설명합니다.") == ()


def test_every_kind_has_a_metric_and_the_whole_counts_any() -> None:
    scored = measure(GOLD, reply("매출액은 1,100백만원입니다. Este es"))
    ones = {name for name, value in scored.values.items() if name.startswith("invented_") and value}
    assert ones == {"invented_wrong_figure", "invented_language"}
    assert scored.values["hallucinated"] == 1
    assert scored.invented == (("wrong_figure", "1,100백만원"), ("language", "Este es"))
    assert measure(GOLD, replace(reply(""), error="endpoint: 500")).values["answered"] == 0


OTHER = "온새미 건강보험 보통약관 > 제21조(납입)\n① 보험료는 매달 25일까지 냅니다."


@pytest.mark.parametrize(("text", "found"), [
    ("제24조 제1항에 따르면 3년 이내에 청약할 수 있습니다. [1]", ()),
    ("제24조에 따르면 이자는 평균공시이율에 1%를 더합니다. [1]", ()),
    ("제21조 제1항에 따르면 보험료는 매달 25일까지 냅니다. [2]", ()),          # beside the question, but it does say so
    ("제21조 제1항에 따르면 해지된 날부터 3년 이내에 부활을 청약할 수 있습니다. [2]", ("제21조 제1항",)),
    ("제21조를 보면 해지된 날부터 3년 이내에 부활을 청약할 수 있습니다. [2]", ()),   # not given as the source
    ("제21조 제1항에 따르면 3년", ("제21조 제1항",)),
])
def test_an_article_given_as_the_source_of_what_it_does_not_say(text: str, found: tuple[str, ...]) -> None:
    said = replace(reply(text), sources=(CLAUSE, OTHER))
    assert tuple(what for kind, what in inventions(TERMS, said) if kind == "article") == found


def test_no_article_answers_what_the_documents_do_not_hold() -> None:
    gold = replace(TERMS, answerable=False, reference="약관에 해당 내용이 없습니다.", line="", value="", unit="")
    said = replace(reply("제21조 제1항에 따르면 부상등급 15급은 치료비에 해당합니다. [2]"), sources=(CLAUSE, OTHER))
    assert ("article", "제21조 제1항") in inventions(gold, said)


def test_a_citation_mark_that_broke_off_is_no_figure() -> None:
    assert inventions(GOLD, reply("매출액은 1,234백만원입니다. [1] 영업이익은 알 수 없습니다. [18")) == ()
