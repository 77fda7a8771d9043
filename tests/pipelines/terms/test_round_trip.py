"""Random terms come back as the same articles and items, from text, pages and Markdown, and no character is lost."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from made_terms import MadeArticle, made_articles, markdown, paged, plain

from pipelines.terms.source_lines import SourceLines, inked, lines_of_pages, lines_of_text
from pipelines.terms.structure import FRONT, Article, Terms, read_terms

Found = tuple[str, tuple[str, ...], tuple[int, int], str, tuple[tuple[tuple[str, ...], str], ...]]


def packed(text: str) -> str:
    """Return text without blanks: a page's line breaks decide those."""
    return "".join(text.split())


def expected(made: MadeArticle) -> Found:
    return (made.contract, tuple(map(packed, made.divisions)), made.number, packed(made.title),
            tuple((cite, packed(text)) for cite, text in made.units))


def found(article: Article) -> Found:
    return (article.contract, tuple(packed(name) for name in article.path[1:-1]), article.number, packed(article.title),
            tuple((unit.cite, packed(unit.text)) for unit in article.units))


def printed(terms: Terms) -> int:
    """Return the ink of all units and of each title where it is new."""
    total, path = 0, ()
    for article in terms.articles:
        if article.path == (FRONT,):   # a name of ours, not of the source
            total, path = total + sum(inked(unit.text) for unit in article.units), ()
            continue
        shared = next((at for at, (one, other) in enumerate(zip(path, article.path, strict=False)) if one != other),
                      min(len(path), len(article.path)))
        total += sum(inked(name) for name in article.path[shared:]) + sum(inked(unit.text) for unit in article.units)
        path = article.path
    return total


def read_all(lines: SourceLines) -> tuple[Terms, list[Found]]:
    terms = read_terms(lines)
    return terms, [found(article) for article in terms.articles if article.kind == "article"]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("way", ["plain", "markdown", "paged"])
def test_articles_come_back(seed: int, way: str) -> None:
    made = made_articles(random.Random(seed))
    text = {"plain": plain, "markdown": markdown, "paged": paged}[way](made)
    lines = lines_of_text(text, markdown=way == "markdown")
    terms, articles = read_all(lines)
    assert articles == [expected(article) for article in made]
    assert printed(terms) + sum(terms.dropped.values()) == inked(text)


@pytest.mark.parametrize("seed", range(30))
def test_pages_of_a_pdf_with_running_headers_read_alike(seed: int) -> None:
    made = made_articles(random.Random(1000 + seed))
    bodies = [page.partition(" -\n")[2] for page in paged(made).removeprefix("- ").split("\n- ")]
    pages = [f"무배당 가온 보험\n{body}\n{number}" for number, body in enumerate(bodies, start=1)]
    lines = lines_of_pages(pages)
    terms = read_terms(lines)
    assert printed(terms) + sum(terms.dropped.values()) == sum(inked(page) for page in pages)
    wanted = [article.number for article in made]
    assert [article.number for article in terms.articles if article.kind == "article"] == wanted


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_lost_from_noise(seed: int) -> None:
    """Lines in any order, cut anywhere, still end in a unit, a title or a count."""
    rng = random.Random(seed)
    lines = paged(made_articles(rng)).splitlines()
    lines += ["<별표 1> 장해분류표", "부칙 <제1호, 2020.1.1>", "제3조(목적) 제1항에 따라", "1. (목적) 옛 약관", "┠──╂──┨",
              "| 가 | 나 |", "제2관", "□상해보험", "가. 나. 다.", "[별표 2] ····· 12", "\x01제5조(끝)", "제5조 삭제"]
    rng.shuffle(lines)
    text = "\n".join(line if rng.random() < 0.8 else line[: rng.randint(0, len(line))] for line in lines)
    terms = read_terms(lines_of_text(text))
    assert printed(terms) + sum(terms.dropped.values()) == inked(text)
    kinds = Counter(article.kind for article in terms.articles)
    assert sum(kinds.values()) == len(terms.articles)
