"""Number accuracy by hand: the figure, its unit, its sign, and no wrong one beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mundap.grounding import citations
from mundap.prompt import Passage
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.articles import articles_right
from rag.evaluation.metrics.figures import (
    figure_right,
    right,
    sign_right,
    unit_right,
    wrong_figure_shown,
    wrong_figures,
)

LINE = "가온누리전자 2023년 매출액: 1,234백만원"
SOURCE = "\n".join(("가온누리전자 사업보고서 > 요약재무정보", LINE, "가온누리전자 2022년 매출액: 1,100백만원",
                     "가온누리전자 2023년 영업이익: 99백만원"))
GOLD = Gold(id="1", question="가온누리전자의 2023년 매출액은 얼마인가요?", answerable=True, value="1,234", unit="백만원",
            line=LINE, reference="가온누리전자의 2023년 매출액은 1,234백만원입니다.", chunks=("c1",))
NONE = Gold(id="2", question="가온누리전자의 2019년 매출액은 얼마인가요?", answerable=False,
            reference="문서에 해당 내용이 없습니다.")


def reply(text: str, *, declined: bool = False, source: str = SOURCE) -> Reply:
    head, *lines = source.splitlines()
    return Reply(text=text, declined=declined, citations=citations(text), sources=(source,),
                 passages=(Passage(number=1, head=head, lines=tuple(lines), chunk_id="c1"),))


@pytest.mark.parametrize(("text", "figure", "unit", "sign", "whole"), [
    ("매출액은 1,234백만원입니다. [1]", 1, 1, 1, 1),
    ("매출액은 12.34억원입니다. [1]", 1, 1, 1, 1),
    ("매출액은 1,234,000,000원(약 12억원)입니다.", 1, 1, 1, 1),
    ("매출액은 1,234원입니다.", 0, 0, 1, 0),               # the digits at another scale
    ("매출액은 1,234,000,000달러입니다.", 1, 0, 1, 0),
    ("매출액은 △1,234백만원입니다.", 1, 1, 0, 0),
    ("매출액은 -1,234백만원입니다.", 1, 1, 0, 0),
    ("매출액은 999백만원입니다.", 0, 1, 1, 0),
    ("매출액은 50%입니다.", 0, 0, 1, 0),
    ("매출액은 많습니다.", 0, 0, 0, 0),
    ("매출액은 1,234백만원이고 영업이익은 77백만원입니다.", 1, 1, 1, 0),           # a wrong figure beside it
    ("매출액은 1,234백만원이고 영업이익은 99백만원입니다.", 1, 1, 1, 1),           # a true one, said of what it is
    ("매출액은 1,234백만원입니다. 매출액은 99백만원입니다.", 1, 1, 1, 0),          # a source's figure of something else
    ("2023년 매출액은 1,234백만원, 2022년 매출액은 1,100백만원입니다.", 1, 1, 1, 1),
    ("2022년 매출액은 1,234백만원입니다.", 1, 1, 1, 0),                           # given to another year
])
def test_figure_unit_and_sign(text: str, figure: int, unit: int, sign: int, whole: int) -> None:
    said = reply(text)
    assert (figure_right(GOLD, said), unit_right(GOLD, said), sign_right(GOLD, said), right(GOLD, said)) \
        == (figure, unit, sign, whole)


@pytest.mark.parametrize(("text", "sign"), [
    ("매출액은 117건 감소했습니다.", 1), ("매출액은 117건 증가했습니다.", 0), ("매출액은 -117건입니다.", 1),
    ("매출액은 △117건 변동했습니다.", 1),
    ("매출액은 117건 줄었습니다.", 1)])
def test_a_direction_is_a_sign(text: str, sign: int) -> None:
    gold = Gold(id="3", question="건수는 어떻게 변했나요?", answerable=True, reference="건수는 117건 감소했습니다.")
    assert (figure_right(gold, reply(text)), sign_right(gold, reply(text))) == (1, sign)


def test_a_loss_is_a_minus() -> None:
    line = "가온누리전자 2023년 당기순이익(손실): -815백만원"
    gold = replace(GOLD, value="-815", line=line, reference="당기순이익(손실)은 -815백만원입니다.")
    said = {text: sign_right(gold, reply(text, source=f"가온\n{line}"))
            for text in ("당기순손실은 815백만원입니다.", "당기순이익은 815백만원입니다.", "당기순이익은 △815백만원입니다.")}
    assert list(said.values()) == [1, 0, 1]


def test_without_a_gold_value_every_figure_of_the_reference_is_asked_for() -> None:
    gold = Gold(id="4", question="2년 계약은 언제 갱신하나요?", answerable=True,
                reference="2년 계약은 6개월 전부터 2개월 전까지 갱신을 요구할 수 있습니다.")
    assert right(gold, reply("6개월 전부터 2개월 전까지입니다.")) == 1      # 2년 is the question's own
    assert right(gold, reply("6개월 전부터입니다.")) == 0
    assert right(replace(gold, reference="요구할 수 있습니다."), reply("네.")) is None


def test_a_difference_of_nothing_is_told_by_words() -> None:
    gold = replace(GOLD, value="0", reference="2022년과 2023년 모두 500백만원으로 변동이 없습니다.", line="자본금: 500백만원")
    assert right(gold, reply("2022년과 2023년 모두 500백만원으로 같습니다.", source="가온\n자본금: 500백만원")) == 1


@pytest.mark.parametrize(("gold", "text", "declined", "wrong"), [
    (GOLD, "매출액은 1,234백만원입니다.", False, 0), (GOLD, "매출액은 1,100백만원입니다.", False, 1),
    (GOLD, "2022년 매출액은 1,100백만원입니다.", False, 1),        # true, and not what was asked
    (GOLD, "매출액은 약 12억원입니다.", False, 0), (GOLD, "잘 모르겠습니다.", False, 0),
    (GOLD, "문서에 해당 내용이 없습니다.", True, 0),
    (NONE, "매출액은 1,234백만원입니다.", False, 1), (NONE, "매출액은 5원입니다.", False, 1),
    (NONE, "2019년 매출액은 알 수 없습니다.", False, 0), (NONE, "문서에 해당 내용이 없습니다.", True, 0)])
def test_a_wrong_figure_is_counted_for_every_question(gold: Gold, text: str, declined: bool, wrong: int) -> None:
    assert wrong_figure_shown(gold, reply(text, declined=declined)) == wrong


def test_a_figure_rounded_with_about_is_neither_right_nor_wrong() -> None:
    said = reply("매출액은 약 12억원입니다.")
    assert (right(GOLD, said), wrong_figure_shown(GOLD, said)) == (0, 0)


def test_a_right_figure_of_another_owner_is_wrong() -> None:
    source = f"{SOURCE}\n한빛바이오 2023년 매출액: 50백만원"
    said = reply("한빛바이오의 2023년 매출액은 1,234백만원입니다.", source=source)
    assert wrong_figures(GOLD, said) == ("한빛바이오 1,234백만원",)
    assert right(GOLD, said) == 0


@pytest.mark.parametrize(("text", "value"), [
    ("제24조 제2항에 따르면 3일입니다.", 1), ("제24조에 따르면 3일입니다.", 1), ("제24조 제1항에 따르면 3일입니다.", 0),
    ("제25조에 따르면 3일입니다.", 0), ("3일입니다.", 0), ("제24조의2에 따르면 3일입니다.", 0)])
def test_the_article_named(text: str, value: int) -> None:
    gold = replace(GOLD, reference="제24조 제2항에 따르면 3일입니다.", value="3", unit="일")
    assert articles_right(gold, reply(text)) == value


def test_no_article_is_asked_for_where_the_reference_names_none() -> None:
    assert articles_right(GOLD, reply("제3조에 따르면 3일입니다.")) is None
