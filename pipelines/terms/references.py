"""What a text refers to: articles of the same contract, the one before, the 보통약관, other laws; as links by name.

    제4조제1항제2호라목     this contract's article
    같은 조 제2항, 전항, 제1항     the article named last, or the one the text stands in
    「상법」 제638조의3     another law's: kept as it is written, since it stands in another document
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HO = r"(?:\s?제\s?\d+\s?호(?:의\s?\d+)?(?:\s?[가-하]목)?)?"
_HANG_HO = r"(?:\s?제?\s?\d+\s?[항호](?:의\s?\d+)?(?:\s?[가-하]목)?){0,3}"
_TITLE = r"(?:\s?[(\[][^)\]]{1,60}[)\]])?"
_REFERENCE = re.compile(
    rf"제\s?(?P<article>\d+)\s?조(?:\s?의\s?(?P<sub>\d+))?{_TITLE}(?P<items>{_HANG_HO})"
    rf"|(?P<same>같은\s?조|(?<![가-힣])동조|이\s조)(?P<same_items>{_HANG_HO})"
    r"|(?P<before>전)(?P<count>\d?)\s?(?P<what>[항조])(?![가-힣]*(?:선|해)[가-힣])"
    rf"|제\s?(?P<paragraph>\d+)\s?항(?P<paragraph_items>{_HO})")
_ITEM = re.compile(r"제?\s?(\d+)\s?([항호])(의\s?\d+)?|([가-하])목")
_LAW_BEFORE = re.compile(r"(?:[「｢『]\s?(?P<quoted>[^」｣』]{2,60})\s?[」｣』]\s?|"
                         r"(?P<bare>[가-힣]{1,20}(?:법|법률|시행령|시행규칙|시행세칙|감독규정))\s?)$")
# Laws that policies name without brackets: told apart from the words before them where blanks were lost.
_BARE_LAWS = tuple("상법 민법 형법 의료법 보험업법 소득세법 예금자보호법 국민건강보험법 의료급여법 약사법 전자서명법 민사집행법 "
                   "국세징수법 근로기준법 신용정보법 개인정보보호법 산업재해보상보험법 자동차손해배상보장법 도로교통법".split())
UNNAMED_LAW = "다른 법령"
_SAME_LAW = re.compile(r"(?:같은|동)\s?(?:법|법률|영|규칙|법\s?시행령)\s?$")
_CONTINUED = re.compile(r"\s?(?:[ㆍ·･,]|및|또는|내지|부터|까지|와|과|이나)?\s?")   # "제1항ㆍ제3항": of the article named before
_BASE_BEFORE = re.compile(r"(?:보통|기본형[가-힣\s]*|주계약\s?)약관\s?(?:의\s?)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One reference. article is (number, 의-number); cite the 항, 호, 목 named, in order; law "" is the same contract.

    base: the 보통약관's article, referred to from a 특별약관.
    """

    article: tuple[int, int]
    cite: tuple[str, ...] = ()
    law: str = ""
    base: bool = False

    @property
    def name(self) -> str:
        """Return the reference as a person writes it: "제4조의2 제1항 제2호"."""
        number, sub = self.article
        own = f"제{number}조" + (f"의{sub}" if sub else "")
        return " ".join([*([f"「{self.law}」"] if self.law else []), own, *self.cite])


def links(text: str, article: tuple[int, int], cite: tuple[str, ...], *, order: Mapping[tuple[int, int], tuple[int, int]]
          ) -> tuple[Link, ...]:
    """Return the references of a unit's text, each once, in order; a reference to the unit's own 항 is left out.

    article and cite say where the text stands; order maps an article's number to the one before it.
    """
    if "조" not in text and "항" not in text:
        return ()
    found: dict[Link, None] = {}
    named, law, end = article, "", -9
    for reference in _REFERENCE.finditer(text):
        goes_on = 0 < reference.start() - end <= 4 and _CONTINUED.fullmatch(text, end, reference.start()) is not None
        link = _link(reference, text, article, cite, named, law, order, goes_on)
        if link is None:
            continue
        if reference["paragraph"] is None or not goes_on:
            named, law = link.article, link.law
        end = reference.end()
        found[link] = None
    own = Link(article=article, cite=cite)
    return tuple(link for link in found if link != own and link.article != (0, 0))


def _link(reference: re.Match[str], text: str, article: tuple[int, int], cite: tuple[str, ...],
          named: tuple[int, int], law: str, order: Mapping[tuple[int, int], tuple[int, int]], goes_on: bool) -> Link | None:
    if reference["article"] is not None:
        before = text[max(0, reference.start() - 70): reference.start()]
        number = (int(reference["article"]), int(reference["sub"] or 0))
        outside = _LAW_BEFORE.search(before)
        named_law = law if _SAME_LAW.search(before) else _law_name(outside) if outside else \
            law if law and goes_on else ""
        return Link(article=number, cite=_items(reference["items"]), law=named_law, base=_BASE_BEFORE.search(before) is not None)
    if reference["same"] is not None:
        return Link(article=article if reference["same"].startswith("이") else named, cite=_items(reference["same_items"]),
                    law="" if reference["same"].startswith("이") else law)
    if reference["before"] is not None:
        return _previous(reference, text, article, cite, order)
    if reference.start() and text[reference.start() - 1] in "조목호":
        return None
    return Link(article=named if goes_on else article, law=law if goes_on else "",
                cite=(f"제{reference['paragraph']}항", *_items(reference["paragraph_items"])))


def _law_name(found: re.Match[str]) -> str:
    """Return the law's name; without brackets it is what a blank sets off, or a law known by name, else UNNAMED_LAW."""
    if found["quoted"]:
        return str(found["quoted"]).strip()
    bare = str(found["bare"])
    known = max((law for law in _BARE_LAWS if bare.endswith(law)), key=len, default="")
    return known or (bare if len(bare) <= 10 and bare not in ("법", "법률") else UNNAMED_LAW)


def _previous(reference: re.Match[str], text: str, article: tuple[int, int], cite: tuple[str, ...],
              order: Mapping[tuple[int, int], tuple[int, int]]) -> Link | None:
    """Return what 전항, 전조 or 전2조 (the nearer of the two) means here; None when it means nothing."""
    if reference.start() and "가" <= text[reference.start() - 1] <= "힣":
        return None
    if reference["what"] == "항":
        if not cite or not cite[0].endswith("항"):
            return None
        number = int(cite[0][1:-1]) - 1
        return Link(article=article, cite=(f"제{number}항",)) if number > 0 else None
    earlier = order.get(article)
    return Link(article=earlier) if earlier is not None else None


def _items(text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    return tuple(f"{found[4]}목" if found[4] else f"제{found[1]}{found[2]}" + (found[3] or "").replace(" ", "")
                 for found in _ITEM.finditer(text))


