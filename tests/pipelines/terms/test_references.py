"""What a text refers to, by article, 항, 호, 목 and law."""

from __future__ import annotations

import pytest

from pipelines.terms.references import Link, links

ORDER = {(7, 0): (6, 0), (3, 2): (3, 0)}


@pytest.mark.parametrize(("text", "wanted"), [
    ("제3조에 따라 지급합니다.", ["제3조"]),
    ("제4조제1항제2호라목의 보증보험", ["제4조 제1항 제2호 라목"]),
    ("제3조의2 제5항 및 제6항을 준용한다.", ["제3조의2 제5항", "제3조의2 제6항"]),
    ("제3조(보험금의 지급사유) 제3호 ‘사망’", ["제3조 제3호"]),
    ("「민법」 제575조제1항ㆍ제3항 및 같은 법 제578조를 준용한다.",
     ["「민법」 제575조 제1항", "「민법」 제575조 제3항", "「민법」 제578조"]),
    ("「민사집행법」 제152조부터 제161조까지의 규정", ["「민사집행법」 제152조", "「민사집행법」 제161조"]),
    ("제10조와 같은 조 제2항에 따른", ["제10조", "제10조 제2항"]),
    ("의료법 제3조(의료기관)에서 정한", ["「의료법」 제3조"]),
    ("제1항제2호의사고증명서는의료법제3조(의료기관)에서", ["제7조 제1항 제2호", "「의료법」 제3조"]),
    ("전항의 규정에 위반한 행위", ["제7조 제1항"]),
    ("전조의 경우에 준용한다.", ["제6조"]),
    ("안전조치와 전조선의 규정", []),
    ("「농업협동조합법」에 따른 은행", []),
    ("이 조에서 정한", []),
    ("제1항과 제3호", ["제7조 제1항"]),
    ("보험료를 냅니다.", []),
])
def test_links(text: str, wanted: list[str]) -> None:
    found = links(text, (7, 0), ("제2항",), order=ORDER)
    assert [link.name for link in found if link != Link(article=(7, 0))] == wanted


def test_the_own_paragraph_is_no_link() -> None:
    assert links("제2항의 기한", (7, 0), ("제2항",), order=ORDER) == ()


def test_the_base_contract_is_told_apart() -> None:
    found = links("보통약관 제5조(보험금을 지급하지 않는 사유)를 따르고 제2조는 따르지 않는다.", (3, 0), (), order={})
    assert [(link.article, link.base) for link in found] == [((5, 0), True), ((2, 0), False)]
