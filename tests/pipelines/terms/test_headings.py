"""Which lines open articles, divisions, annexes and contracts, and which only look as if they did."""

from __future__ import annotations

import pytest

from pipelines.terms.source_lines import lines_of_text
from pipelines.terms.structure import Article, Terms, read_terms


def terms_of(text: str, *, markdown: bool = False, statute: bool = False) -> Terms:
    return read_terms(lines_of_text(text, markdown=markdown), statute=statute)


def articles_of(text: str, **ways: bool) -> list[Article]:
    return [article for article in terms_of(text, **ways).articles if article.kind == "article"]


def cites(text: str, **ways: bool) -> list[str]:
    return [article.cite for article in articles_of(text, **ways)]


BODY = "회사는 보험금 지급사유가 생긴 때에 보험수익자에게 약정한 보험금을 지급합니다.\n"


@pytest.mark.parametrize("line", [
    "제27조(제출서류) 제5호, 제6호의 배상의무자의 개인정보를 이용할 수 있습니다.",
    "제34조(해약환급금) 제1항에따른해약환급금을지급합니다.",
    "제3조(의료기관)에 규정한 종합병원을 말합니다.",
    "제3조(의료기관)에규정한 종합병원을 말합니다.",
    "제3조(보상하는 손해) 및 제4조(보상하지 않는 손해)를 따릅니다.",
    "제3조의 규정에 따라 지급합니다.",
    "제3조및관련규정이정하는바에따라지급합니다.",
    "제3조에",
    "제42조제1항제4호에",
])
def test_a_reference_at_a_line_start_opens_nothing(line: str) -> None:
    text = f"제1조(목적) {BODY}제2조(용어) 이 약관에서\n{line}\n{BODY}제3조(지급) {BODY}"
    articles = articles_of(text)
    assert [article.cite for article in articles] == ["제1조", "제2조", "제3조"]
    assert "".join(line.split()) in "".join("".join(unit.text.split()) for unit in articles[1].units)


def test_a_number_far_from_the_sequence_is_refused_and_told() -> None:
    terms = terms_of(f"제1조(목적) {BODY}제2조(용어) {BODY}제40조(예금자보호) {BODY}제3조(지급) {BODY}")
    assert [one.cite for one in terms.articles] == ["제1조", "제2조", "제3조"]
    assert [(one.line, one.reason) for one in terms.refused] == [(3, "제40조 after 제2조")]


def test_articles_between_and_a_typing_mistake() -> None:
    text = f"제1조(목적) {BODY}제2조(가) {BODY}제2조의2(나) {BODY}제2조의3(다) {BODY}제3조2(양도) {BODY}제3조(라) {BODY}"
    assert cites(text)[:4] == ["제1조", "제2조", "제2조의2", "제2조의3"]
    assert cites(f"제1조(목적) {BODY}제1조2(양도) {BODY}제2조(가) {BODY}") == ["제1조", "제1조의2", "제2조"]


def test_a_title_over_two_lines_and_one_with_brackets() -> None:
    text = ("제1조(보험료의 납입이 연체되는 경우 납입최고(독촉)와 계약의\n해지) ①계약자가 제2회 이후의 보험료를 납입하지 "
            "않은\n경우에는 그다음 날에 계약이 해지된다고 "
            "알립니\n다. 다만, 해지 전에 생긴 사유는 보상합니다.\n"
            "제2조[제목(괄호)] 회사는 청구를 받은 날부터 3영업일 이내에 지\n급합니다.\n")
    first, second = articles_of(text)
    assert first.path[-1] == "제1조(보험료의 납입이 연체되는 경우 납입최고(독촉)와 계약의 해지)"
    assert [unit.cite for unit in first.units] == [("제1항",)]
    assert "알립니다. 다만," in first.units[0].text
    assert second.path[-1] == "제2조[제목(괄호)]"
    assert second.units[0].text.endswith("이내에 지급합니다.")


def test_blanks_destroyed() -> None:
    text = ("제1 관\n목적및용어의정의\n제1조(목적) 이보험계약(이하‘계약’이라합니다)은보험계약자의위험을보장합니다.\n"
            "제2관보험금의지급\n제2조(지급) 회사는지급합니다.\n")
    first, second = articles_of(text)
    assert first.path == ("제1관 목적및용어의정의", "제1조(목적)")
    assert second.path == ("제2관 보험금의지급", "제2조(지급)")


def test_contents_pages_are_dropped_and_counted() -> None:
    contents = "제1조(목적)······ 3\n제2조(용어의 정의) ………… 4\n"
    bare = "\n".join(f"제{at}조({title})" for at, title in enumerate(("가", "나", "다", "라", "마"), start=1)) + "\n"
    body = "".join(f"제{at}조({title}) {BODY}" for at, title in enumerate(("가", "나", "다", "라", "마"), start=1))
    terms = terms_of(contents + bare + "무배당 가온 보험 보통약관\n" + body)
    assert [one.cite for one in terms.articles if one.kind == "article"] == [f"제{at}조" for at in range(1, 6)]
    assert terms.dropped["contents lines"] == len("".join(contents.split()))
    assert terms.dropped["contents pages"] == len("".join(bare.split()))


def test_riders_restart_under_their_own_name() -> None:
    text = (f"무배당 가온 상해보험 보통약관\n제1관 목적\n제1조(목적) {BODY}제2조(지급) {BODY}[별표 1] 보험금 지급기준표\n"
            f"가. 사망 1억원\n"
            f"골절진단비 특별약관\n제1조(지급사유) {BODY}제2조(준용규정) 보통약관 제2조를 따릅니다.\n"
            f"□수술비 특약(갱신형)\n제1조(지급사유) {BODY}")
    terms = terms_of(text)
    assert [(one.contract, one.contract_kind, one.cite) for one in terms.articles] == [
        ("무배당 가온 상해보험 보통약관", "보통약관", "제1조"), ("무배당 가온 상해보험 보통약관", "보통약관", "제2조"),
        ("무배당 가온 상해보험 보통약관", "보통약관", "별표 1"), ("골절진단비 특별약관", "특별약관", "제1조"),
        ("골절진단비 특별약관", "특별약관", "제2조"), ("수술비 특약(갱신형)", "특별약관", "제1조")]
    assert terms.articles[4].links[0][0].base


def test_a_restart_without_a_name_is_refused_in_mid_sentence() -> None:
    text = (f"제1조(목적) {BODY}제2조(용어) 의료법의 여러 조문 가운데 이 약관에서 인용하는 조문은 아래에 적은 것과 "
            f"같은데\n제1조(목적) 를 봅니다.\n{BODY}제3조(끝) {BODY}")
    assert cites(text) == ["제1조", "제2조", "제3조"]


def test_the_old_style_without_조() -> None:
    text = ("가온 실손의료비 보험 보통약관\n1. (목적) 이 보험은 위험을 보장합니다.\n"
            "2. (용어의 정의) 용어의 뜻은 다음과 같습니다.\n① 계약\n1. 전자서명이라 함은 서명을 말합니다.\n"
            "2. 계약자란 사람을 말합니다.\n3. (보험금을 지급하지 않는 사유) 지급하지 않습니다.\n")
    articles = articles_of(text)
    assert [article.path[-1] for article in articles] == ["1. (목적)", "2. (용어의 정의)", "3. (보험금을 지급하지 않는 사유)"]
    assert [unit.cite for unit in articles[1].units] == [(), ("제1항",), ("제1항", "제1호"), ("제1항", "제2호")]


def test_statutes_inside_a_policy_are_marked() -> None:
    text = (f"가온 상해보험 보통약관\n제1조(목적) {BODY}제2조(지급) {BODY}[약관에서 인용한 법령]\n"
            f"「상법」\n제638조(보험계약의 의의) 보험계약은 효력이 생긴다.\n"
            f"제651조(고지의무위반으로 인한 계약해지) 해지할 수 있다.\n의료법 시행규칙\n"
            f"제3조(의료기관) 의료기관은 다음과 같다.\n골절 특별약관\n제1조(지급) {BODY}제2조(준용) {BODY}")
    assert [(one.contract, one.contract_kind, one.cite) for one in articles_of(text)][2:] == [
        ("상법", "법령", "제638조"), ("상법", "법령", "제651조"), ("의료법 시행규칙", "법령", "제3조"),
        ("골절 특별약관", "특별약관", "제1조"), ("골절 특별약관", "특별약관", "제2조")]


def test_a_statute_in_markdown_with_deleted_articles_and_부칙() -> None:
    text = ("# 가온법\n\n## 제1장 총칙 <개정 2010.7.23>\n\n##### 제1조 (목적)\n\n"
            "목적이다.\n\n##### 제2조\n\n삭제 <1990.1.13>\n\n##### 제3조의4 (「민법」에 따른 (주)효력)\n\n"
            "**①** 첫째다.\n\n  1\\. 하나\n    가\\. 목이다.\n  3의2\\. 사이\n\n### 제1절 삭제 <2015.7.31>\n\n"
            "## 부칙\n\n부칙 <제471호,1958.2.22>\n\n"
            "제1조 (시행일) 시행한다.\n\n제2조부터 제4조까지 생략\n\n제5조(다른 법률의 개정) 가온법 일부를 개정한다.\n\n"
            "제7조제2항을 삭제한다.\n\n부칙(정부조직법) <제2호,2020.1.1>\n\n제1조(시행일) 시행한다.\n")
    terms = terms_of(text, markdown=True, statute=True)
    assert [one.cite for one in terms.articles] == [
        "제1조", "제2조", "제3조의4", "", "부칙 <제471호,1958.2.22> 제1조", "부칙 <제471호,1958.2.22> 제5조",
        "부칙(정부조직법) <제2호,2020.1.1> 제1조"]
    assert terms.articles[0].path == ("가온법", "제1장 총칙", "제1조(목적)")
    assert terms.articles[1].units[0].text == "삭제 <1990.1.13>"
    assert [unit.cite for unit in terms.articles[2].units] == [
        ("제1항",), ("제1항", "제1호"), ("제1항", "제1호", "가목"), ("제1항", "제3호의2")]
    assert terms.articles[3].units[0].text == "제1절 삭제 <2015.7.31>" or terms.articles[3].units[0].text == "제1절"
    assert all(one.supplement for one in terms.articles[4:])


@pytest.mark.parametrize(("line", "opens"), [
    ("<별표 1> 대인배상 지급 기준", True), ("[별표 3] 장해분류표", True), ("< 부표4-1 >", True),
    ("<붙임1> 용어의정의<개정2015.11.30.>", True),
    ("별표 2 보험금 지급기준표", True), ("<부표4-1> ‘적립이율계산’에따릅니다.", False),
    ("<별표 3> 참조)에서 정한", False), ("별표 3에서 정한 기준", False),
    ("[별표 2]에 따른 이자를 더하여", False), ("<개정2018.7.10.>", False),
])
def test_annexes(line: str, opens: bool) -> None:
    terms = terms_of(f"제1조(목적) {BODY}{line}\n장해의 분류\n")
    assert (terms.articles[-1].kind == "annex") is opens


def test_page_numbers_headers_and_private_signs() -> None:
    pages = []
    for number in range(1, 13):
        head = "보통약관" if number % 2 else "무배당 가온 보험"
        pages.append(f"{head}\n제{number}조(조문{number})\n"
                     f"\U000f02b1 회사는 보험금을\x01지급하고 {'갑을병정무기경신임계자축'[number - 1]}에게 내용을 "
                     f"계약자에게 서면으로 알\n립니다. {'하나 ' * number}이다.\n- {number} -\f")
    text = "\n".join(pages)
    terms = terms_of(text)
    assert [one.cite for one in terms.articles if one.kind == "article"] == [f"제{number}조" for number in range(1, 13)]
    assert terms.articles[2].units[0].text.startswith("① 회사는 보험금을 지급하고")
    assert terms.dropped["page numbers"] == sum(2 + len(str(number)) for number in range(1, 13))
    assert terms.dropped["running headers and footers"] == 5 * len("보통약관무배당가온보험")
    assert terms.dropped["control characters"] == 12
