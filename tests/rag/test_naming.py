"""The names beside a figure are those of the line it stands in, and a source named is the one that says it."""

from __future__ import annotations

import pytest

from mundap.prompt import Passage
from mundap.question import Question, analyse
from rag.checks.verify import Verdict, verify

VOCABULARY = {"company": ["가온", "한빛"], "fiscal_year": [2022, 2023]}
GAON = Passage(number=1, head="가온 2023 사업보고서 > 연결재무제표", lines=(
    "가온 2023년 연결 매출액: 1,195,000백만원", "가온 2023년 별도 매출액: 800,000백만원",
    "가온 2022년 연결 매출액: 1,000,000백만원",
    "가온 2023년 연결 영업이익(손실): -12,345백만원", "가온 2023년 연결 당기순이익: 5,000백만원", "가온 2023년 직원 수: 1,234명"))
HANBIT = Passage(number=2, head="한빛 2023 사업보고서 > 연결재무제표", lines=("한빛 2023년 연결 매출액: 2,390,000백만원",))
QUARTERS = Passage(number=1, head="가온 2023 분기보고서", lines=(
    "가온 2023년 2분기 매출액: 100백만원", "가온 2023년 3분기 매출액: 200백만원"))
SALES, LOSS = "가온의 2023년 매출액은 얼마인가요?", "가온의 2023년 영업이익(손실)은 얼마인가요?"
BOTH = "가온의 2023년 매출액은 1,195,000백만원입니다. [1] 한빛의 2023년 매출액은 2,390,000백만원입니다. [2] "
DIFFERENCE = "가온과 한빛의 2023년 매출액 차이는 얼마인가요?"


def told(question: str | Question, answer: str, *passages: Passage) -> Verdict:
    asked = analyse(question, VOCABULARY) if isinstance(question, str) else question
    return verify(asked, answer, passages or (GAON, HANBIT), decline_text="문서에 해당 내용이 없습니다.", policy="strike")


@pytest.mark.parametrize(("question", "answer"), [
    (SALES, "가온의 2023년 매출액은 약 1.2조원입니다. [1]"),
    (SALES, "가온의 2023년 연결 기준 매출액은 1조 1,950억원(약 1.2조원)으로 나타났습니다. [1]"),
    (SALES, "당사의 2023년 연결 매출액(물건을 팔아 번 돈)은 1,195,000백만원입니다. [1]"),
    (LOSS, "가온의 2023년 영업이익(손실)은 (12,345)백만원입니다. [1]"),
    (LOSS, "가온의 2023년 영업손실은 123억 4,500만원입니다. [1]"),
    ("가온의 2023년 직원 수는 몇 명인가요?", "2023년 말 가온의 직원은 1,200여 명입니다. [1]"),
    (DIFFERENCE, BOTH + "한빛이 가온보다 1,195,000백만원 더 많습니다. [1][2]"),
    (DIFFERENCE, BOTH + "가온의 매출액은 한빛의 50% 수준입니다. [1][2]"),
])
def test_a_true_sentence_stands(question: str, answer: str) -> None:
    verdict = told(question, answer)
    assert (verdict.status, verdict.struck) == ("verified", ())


@pytest.mark.parametrize(("question", "answer"), [
    (SALES, "한빛의 2023년 매출액은 1,195,000백만원입니다. [1]"),           # another company of the passages
    (SALES, "늘품의 2023년 매출액은 1,195,000백만원입니다. [1]"),           # one of none
    (SALES, "가온의 2023년 영업이익은 1,195,000백만원입니다. [1]"),         # another item
    (SALES, "가온의 2023년 별도 매출액은 1,195,000백만원입니다. [1]"),      # the other basis
    (SALES, "가온의 2023년 매출액은 1,195,000백만원(약 8,000억원)입니다. [1]"),   # said twice, of two lines
    (LOSS, "가온의 2023년 영업이익(손실)은 12,345백만원입니다. [1]"),       # a label of both signs is no minus
    (DIFFERENCE, BOTH + "가온이 한빛보다 1,195,000백만원 더 많습니다. [1][2]"),   # 1,195,000 stands in a line, too
    (DIFFERENCE, BOTH + "늘품이 한빛보다 1,195,000백만원 더 적습니다. [1][2]"),
    (DIFFERENCE, "가온의 2023년 매출액은 2,390,000백만원입니다. [2] 한빛의 2023년 매출액은 1,195,000백만원입니다. [1]"),
])
def test_a_figure_beside_another_name_is_struck(question: str, answer: str) -> None:
    verdict = told(question, answer)
    assert verdict.struck and verdict.struck[-1].text.split(". ")[-1].strip() not in verdict.text


def test_a_figure_of_another_quarter_is_struck() -> None:
    question = "가온의 2023년 2분기 매출액은 얼마인가요?"
    assert told(question, "가온의 2023년 2분기 매출액은 100백만원입니다. [1]", QUARTERS).status == "verified"
    assert told(question, "가온의 2023년 3분기 매출액은 100백만원입니다. [1]", QUARTERS).status == "declined"
    assert told(question, "가온의 2023년 2분기 매출액은 200백만원입니다. [1]", QUARTERS).status == "declined"


ARTICLE = Passage(number=1, head="온새미 보통약관 > 제8조(보험금의 지급)", lines=(
    "① 회사는 청구서류를 접수한 날부터 3영업일 이내에 보험금을 지급합니다.", "② 제1항의 기간이 지나면 연 4.5%의 이자를 더합니다.",
    "③ 제1항 및 제2항에 필요한 서류는 회사가 정합니다.", "④ 회사는 다음의 경우에 보험금을 지급하지 않습니다.",
    "1. 피보험자가 음주운전을 하던 중에 다친 경우", "2. 수익자가 고의로 피보험자를 해친 경우", "3. 전쟁이나 폭동으로 다친 경우"))
ADVICE = Passage(number=2, head="민사 문답 > 전세", lines=(
    "전세금을 주지 않으면 어떻게 하나요?", "그렇지 않습니다.",
    "민법 제318조에 따라 반환을 지체하면 전세권자는 경매를 청구할 수 있습니다.",
    "다만 민법 제317조에 따라 말소등기 서류의 교부는 전세금 반환과 동시에 하여야 합니다."))


@pytest.mark.parametrize(("answer", "stands"), [
    ("제8조 제4항 제1호에 따르면 음주운전을 하던 중에 다친 경우에는 보험금을 지급하지 않습니다. [1]", True),
    ("제8조 제4항 제3호에 따르면 음주운전을 하던 중에 다친 경우에는 보험금을 지급하지 않습니다. [1]", False),
    ("제8조 제2항에 따르면 제1항의 기간이 지나면 연 4.5%의 이자를 더합니다. [1]", True),
    ("제8조 제2항에 따르면 제3항의 기간이 지나면 연 4.5%의 이자를 더합니다. [1]", False),
    ("제8조 제3항에 따르면 제1항 및 제2항에 필요한 서류는 회사가 정합니다. [1]", True),
    ("제8조 제3항에 따르면 제1항 및 제1항에 필요한 서류는 회사가 정합니다. [1]", False),
    ("제8조 제2항에 따르면 접수한 날부터 3영업일 이내에 보험금을 지급합니다. [1]", False),
    ("민법 제318조에 따라 반환을 지체하면 전세권자는 경매를 청구할 수 있습니다. [2]", True),
    ("민법 제317조에 따라 반환을 지체하면 전세권자는 경매를 청구할 수 있습니다. [2]", False),
    ("상법 제318조에 따라 반환을 지체하면 전세권자는 경매를 청구할 수 있습니다. [2]", False),
    ("그렇지 않습니다. [2]", True),
    ("그렇습니다. [2]", False),
])
def test_the_source_named_and_the_references_quoted_are_those_of_the_lines(answer: str, stands: bool) -> None:
    verdict = told(analyse("보험금은 언제 지급하나요?", {}), answer, ARTICLE, ADVICE)
    assert (not verdict.struck and verdict.status == "verified") is stands, verdict.struck


def test_a_rule_about_what_cannot_be_known_is_no_decline() -> None:
    law = Passage(number=1, head="민법 > 제19조(거소)", lines=("주소를 알 수 없으면 거소를 주소로 본다.",))
    verdict = told(analyse("민법에서 거소란 무엇인가요?", {}),
                   "민법 제19조에 따르면 주소를 알 수 없으면 거소를 주소로 본다. [1]", law)
    assert verdict.status == "verified"


def test_a_date_is_checked_as_a_date_and_does_not_count_among_the_words() -> None:
    law = Passage(number=1, head="민법 > 제19조(거소)", lines=("주소를 알 수 없으면 거소를 주소로 본다. <개정 2011.3.7>",))
    asked = analyse("민법 제19조는 언제 개정되었나요?", {})
    assert told(asked, "제19조는 2011년 3월 7일에 개정되었습니다. [1]", law).status == "verified"
    assert told(asked, "제19조는 2011년 3월 9일에 개정되었습니다. [1]", law).status == "declined"
    assert told(asked, "제19조는 2011년 3월 7일에 폐지되었습니다. [1]", law).status == "declined"
