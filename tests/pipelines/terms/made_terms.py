"""Random terms: contracts, divisions, articles and their items, with what a reader must find; rendered in three ways."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

WORDS = ("회사는", "계약자는", "보험금을", "지급사유가", "생긴", "때에", "피보험자의", "상해로", "입원한", "경우", "보험료를",
         "납입하지", "않으면", "계약을", "해지할", "수", "있고", "청구서를", "접수한", "날부터", "3영업일", "이내에", "1,000만원을",
         "「상법」에", "다만,", "영업일의", "(이하",
         "'계약'이라", "합니다)", "연", "2.75%를", "장해지급률")
TITLES = ("목적", "용어의 정의", "보험금의 지급사유", "납입최고(독촉)와 계약의 해지", "「민법」에 따른 효력",
          "청약의 철회", "준용규정", "해지환급금",
          "보험료의 납입이 연체되는 경우 납입최고(독촉)와 계약의 해지")
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫"
LETTERS = "가나다라마바사아"


@dataclass
class MadeArticle:
    """An article to be found: contract, division titles, number, title, and (cite, text) of its units."""

    contract: str
    divisions: tuple[str, ...]
    number: tuple[int, int]
    title: str
    units: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    @property
    def heading(self) -> str:
        number, sub = self.number
        return f"제{number}조" + (f"의{sub}" if sub else "") + f"({self.title})"


def made_articles(rng: random.Random) -> list[MadeArticle]:
    """Return the articles of a random document in order: one 보통약관, then riders, each numbered from 1."""
    riders = ("입원일당", "수술비", "골절진단비")[: rng.randint(0, 3)]
    names = ["무배당 가온 보험 보통약관"] + [f"{name} 특별약관" for name in riders]
    found: list[MadeArticle] = []
    for name in names:
        number, sub, division, chapter = 0, 0, 0, ""
        for at in range(rng.randint(2, 9)):
            if name.endswith("보통약관") and (at == 0 or rng.random() < 0.3):
                division += 1
                chapter = f"제{division}관 {rng.choice(TITLES)}"
            if number and rng.random() < 0.15:
                sub = sub + 1 if sub else 2
            else:
                number, sub = number + 1, 0
            article = MadeArticle(name, (chapter,) if chapter else (), (number, sub), rng.choice(TITLES))
            article.units = _units(rng)
            found.append(article)
    return found


def sentence(rng: random.Random) -> str:
    """Return a sentence that begins with no mark and ends with a stop."""
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 14))).replace("다만, 다만,", "다만,") + " 지급합니다."


def _units(rng: random.Random) -> list[tuple[tuple[str, ...], str]]:
    if rng.random() < 0.1:
        return [((), "삭제 <2020.1.1.>")]
    units: list[tuple[tuple[str, ...], str]] = []
    paragraphs = rng.randint(0, 4)
    if not paragraphs:
        units.append(((), sentence(rng)))
        _items(rng, (), units)
    for at in range(paragraphs):
        cite = (f"제{at + 1}항",)
        units.append((cite, f"{CIRCLED[at]} {sentence(rng)}"))
        _items(rng, cite, units)
    return units


def _items(rng: random.Random, cite: tuple[str, ...], units: list[tuple[tuple[str, ...], str]]) -> None:
    for at in range(rng.choice((0, 0, 2, 3, 11))):
        own = (*cite, f"제{at + 1}호")
        units.append((own, f"{at + 1}. {sentence(rng)}"))
        for letter in LETTERS[: rng.choice((0, 0, 0, 2, 5))]:
            units.append(((*own, f"{letter}목"), f"{letter}. {sentence(rng)}"))


def plain(articles: list[MadeArticle]) -> str:
    """Return the document as plain text, a unit a line."""
    return "\n".join(_lines(articles)) + "\n"


def markdown(articles: list[MadeArticle]) -> str:
    """Return the document as the law sites' Markdown: ##### headings, **①**, escaped dots."""
    lines = []
    for line, kind in _marked(articles):
        if kind == "contract":
            lines.append(f"# {line}")
        elif kind == "division":
            lines.append(f"## {line}")
        elif kind == "article":
            lines.append(f"##### {line}")
        elif line[0] in CIRCLED:
            lines.append(f"**{line[0]}**{line[1:]}")
        else:
            head, dot, rest = line.partition(". ")
            lines.append(f"  {head}\\. {rest}" if dot and len(head) <= 2 else line)
        lines.append("")
    return "\n".join(lines)


def paged(articles: list[MadeArticle], width: int = 44, height: int = 30) -> str:
    """Return the document as a page prints it: lines cut anywhere, a header, and page numbers."""
    lines: list[str] = []
    for line, kind in _marked(articles):
        if kind == "unit":
            text = line
            while len(text) > width:
                cut = width
                lines.append(text[:cut].rstrip() + (" " if text[cut - 1] == " " or text[cut] == " " else ""))
                text = text[cut:].lstrip()
            lines.append(text)
        else:
            lines.append(line)
    pages = [lines[at: at + height] for at in range(0, len(lines), height)]
    return "\n".join("\n".join([f"- {number} -", *page]) for number, page in enumerate(pages, start=1)) + "\n"


def _lines(articles: list[MadeArticle]) -> list[str]:
    return [line for line, _ in _marked(articles)]


def _marked(articles: list[MadeArticle]) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    contract, division = "", ""
    for article in articles:
        if article.contract != contract:
            contract, division = article.contract, ""
            lines.append((contract, "contract"))
        if article.divisions and article.divisions[0] != division:
            division = article.divisions[0]
            lines.append((division, "division"))
        lines.append((article.heading, "article"))
        lines += [(text, "unit") for _, text in article.units]
    return lines
