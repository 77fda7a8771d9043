"""Child texts of an article: within the limit, whole sentences and rows, the right citation, the leading sentence kept."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from made_terms import made_articles, plain

from mundap.document import Document
from pipelines.readers.terms import reading_of
from pipelines.reading import Block
from pipelines.terms.children import children, cite_of
from pipelines.terms.source_lines import lines_of_text
from pipelines.terms.structure import read_terms


def words(text: str) -> int:
    """Count blank-separated words, and two for the ends."""
    return len(text.split()) + 2


def block(cite: str, text: str, lead: str = "", links: tuple[str, ...] = ()) -> Block:
    return Block(text=text, cite=cite, lead=lead, links=links)


ITEMS = [block("제1항", "① 다음의 사유로 지급하지 않습니다."),
         *(block(f"제1항 제{at}호", f"{at}. 사유 " + "가 " * 6, "① 다음의 사유로 지급하지 않습니다.") for at in range(1, 6)),
         block("제2항", "② 그 밖에는 지급합니다.", links=("제3조",))]


def test_a_short_article_is_one_child_with_no_part_named() -> None:
    found = children(ITEMS, 450, words, Counter())
    assert [(child.cite, child.links) for child in found] == [("", ("제3조",))]


def test_a_child_in_mid_enumeration_begins_with_the_sentence_it_depends_on() -> None:
    found = children(ITEMS, 26, words, Counter())
    assert [child.cite for child in found] == ["제1항 ~ 제2호", "제1항 제3호 ~ 제4호", "제1항 제5호 ~ 제2항"]
    assert all(child.text.startswith("① 다음의 사유로") for child in found)
    assert all(words(child.text) <= 26 for child in found)


@pytest.mark.parametrize(("cites", "wanted"), [
    (["제1항"], "제1항"), (["제1항", "제1항 제1호"], "제1항 ~ 제1호"), (["제1항 제1호", "제1항 제2호"], "제1항 제1호 ~ 제2호"),
    (["제1항", *(f"제1항 제{at}호" for at in range(1, 6))], "제1항"), (["제2항"], "제2항"),
    (["제1항 제5호", "제2항"], "제1항 제5호 ~ 제2항"),
])
def test_citations_of_parts(cites: list[str], wanted: str) -> None:
    assert cite_of([one for one in ITEMS if one.cite in cites], ITEMS) == wanted


def test_a_long_table_keeps_its_header_and_whole_rows() -> None:
    rows = [f"| {at}급 | {at}0만원 |" for at in range(1, 30)]
    found = children([block("", "\n".join(["| 등급 | 금액 |", "|---|---|", *rows]))], 40, words, Counter())
    assert len(found) > 2
    assert all(child.text.startswith("| 등급 | 금액 |\n|---|---|\n") for child in found)
    assert [line for child in found for line in child.text.splitlines()[2:]] == rows


@pytest.mark.parametrize("seed", range(20))
def test_random_articles_keep_every_sentence_in_order(seed: int) -> None:
    made = made_articles(random.Random(seed))
    document = Document(doc_id="a", title="가온", source="", publisher="", date=0, doc_type="약관", body="")
    reading = reading_of(read_terms(lines_of_text(plain(made))), document)
    for section in reading.sections:
        notes: Counter[str] = Counter()
        found = children(section.blocks, 60, words, notes)
        assert all(words(child.text) <= 60 for child in found)
        kept = "".join("".join(child.text.split()) for child in found)
        at = 0
        for one in section.blocks:
            own = "".join(one.text.split())
            place = kept.find(own, at)
            assert place >= 0 or notes["line_cut"] or len(one.text.split()) > 40, own
            at = max(at, place)
