"""항, 호, 목 and tables inside an article, and lines that only begin like one."""

from __future__ import annotations

import pytest

from pipelines.terms.source_lines import lines_of_text
from pipelines.terms.structure import read_terms
from pipelines.terms.units import Unit


def units_of(body: str, *, markdown: bool = False) -> tuple[Unit, ...]:
    head = "##### 제1조 (목적)\n\n" if markdown else "제1조(목적)\n"
    article = next(one for one in read_terms(lines_of_text(head + body, markdown=markdown)).articles if one.kind == "article")
    return article.units


WRAPPED = "회사는 계약자가 제1회 보험료를 납입하고 청약을 한 때에 승낙 여부를 서면으로 알려야 합니\n"


@pytest.mark.parametrize(("body", "wanted"), [
    ("① 하나다.\n1. 호다.\n가. 목이다.\n나. 목이다.\n1) 세목이다.\n2. 호다.\n② 둘이다.\n",
     ["제1항", "제1항 제1호", "제1항 제1호 가목", "제1항 제1호 나목", "제1항 제2호", "제2항"]),
    ("다음과 같다.\n1. 호다.\n2. 호다.\n", ["", "제1호", "제2호"]),
    ("① 하나다.\n➁ 둘이다.\n❸ 셋이다.\n㉑ 스물하나다.\n", ["제1항", "제2항", "제3항"]),
    ("① 하나다.\n1. 호다.\n1의2. 사이다.\n2. 호다.\n", ["제1항", "제1항 제1호", "제1항 제1호의2", "제1항 제2호"]),
    (WRAPPED + "다. 다만, 그러하지 않은 경우에는 승낙한 것으로 보고 보험증권을 드리고 알\n립니다.\n", [""]),
    ("가. 하나다.\n나. 계약자가 제1회 보험료를 납입하고 청약을 한 때에 승낙 여부를 서면으로 알려야 합니\n"
     "다. 다만, 그러하지 않다.\n다. 셋이다.\n", ["가목", "나목", "다목"]),
    (WRAPPED.replace("합니\n", "하며 개정된 날은 2018.\n") +
        "7. 10.부터 시행하는 것으로 하고 그 내용을 계약자에게 서면으로 알려야 한다고 정하여 둔\n다.\n", [""]),
    ("금액은 다음과 같다.\n1.5배로 한다.\n", [""]),
])
def test_citations(body: str, wanted: list[str]) -> None:
    found = [" ".join(unit.cite) for unit in units_of(body)]
    if "㉑" in body:
        assert found[:3] == wanted
    else:
        assert found == wanted


def test_figures_of_a_tables_column_are_never_joined() -> None:
    found = units_of("① 장해의 분류와 지급률은 다음과 같고 그 밖의 장해는 신체의 장해 정도에 따라 정\n"
                     "합니다.\n한 손의 5개 손가락을 모두 잃었을 때\n55\n15\n1,000만원\n30%\n")
    assert found[0].text.splitlines()[1:] == ["55", "15", "1,000만원", "30%"]


def test_a_unit_names_what_it_stands_under() -> None:
    found = units_of("① 다음과 같다.\n1. 호다.\n가. 목이다.\n")
    assert [unit.above for unit in found] == [-1, 0, 1]


def test_a_markdown_table_is_one_unit() -> None:
    table = "| 구분 | 금액 |\n|---|---|\n| 사망 | 1억원 |\n| 장해 | 5천만원 |"
    found = units_of(f"① 보험금은 다음과 같다.\n\n{table}\n\n② 끝이다.\n", markdown=True)
    assert [(unit.cite, unit.table) for unit in found] == [(("제1항",), False), (("제1항",), True), (("제2항",), False)]
    assert found[1].text == table


def test_a_table_of_box_characters_becomes_markdown_rows() -> None:
    box = "┏━━┯━━━┓\n┃구분│금 액┃\n┠──┼───┨\n┃사망│1억원 ┃\n┃    │(한도)┃\n┗━━┷━━━┛"
    found = units_of(f"① 보험금은 다음과 같다.\n{box}\n")
    assert found[1].text == "| 구분 | 금 액 |\n| --- | --- |\n| 사망 | 1억원 (한도) |"
    framed = units_of("① 산식이다.\n┌───┐\n│(가 - 나) × 1/12│\n└───┘\n")
    assert framed[1].text == "(가 - 나) × 1/12"


def test_boxes_of_terms_are_paragraphs_of_their_own() -> None:
    found = units_of("① 전문금융소비자가 체결한 계약은 청약을 철회할 수 없고 그 밖의 계약은 철회할 수 있\n"
                     "습니다.\n【전문금융소비자】 위험감수능력이 있는 자로서 국가, 지방자치단체를 포함한다고 하\n"
                     "며 한국은행을 말합니다.\n② 둘이다.\n")
    assert found[0].text.splitlines()[1].startswith("【전문금융소비자】")
    assert len(found) == 2
