"""Finding article references: 제12조의2 제3항 제1호 가목, 민법 12조 3항, 제1항(of an article named before).

Parts are (조, 의, 항, 호, 호의, 목), "" where silent. "12조원" and "1조 2,345억" are amounts: without 제, 조 is an
article only after a law's name or before 항, 호, 의N or words like 에 따르면.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mundap.grounding.claim import Claim

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_PARAGRAPH = rf"(?:제?\s?(?P<{{0}}>[0-9]{{{{1,2}}}})\s?항(?!목)|(?P<{{0}}c>[{CIRCLED}])항?)"
_BELOW = (r"(?:\s?제?\s?(?P<{0}>[0-9]{{1,3}})\s?호(?!선|실)(?:의\s?(?P<{0}s>[0-9]{{1,2}})(?![0-9]))?)?"
          r"(?:\s?(?P<{0}l>[가-하])목(?!적|록|표))?")
_NAMED = r"(?:(?<=[법률령칙」])|(?<=[법률령칙」]\s)|(?<=약관)|(?<=약관\s))"
ARTICLE = re.compile(
    rf"""(?=[제0-9])(?:(?:제\s?(?P<article>[0-9]{{1,4}}(?:-[0-9]{{1,3}})?)\s?조(?!원)
          |(?<![0-9.,제\-])(?:(?P<loose>[0-9]{{1,4}})\s?조(?=의\s?[0-9]|\s?제?\s?[0-9]{{1,2}}\s?[항호]|에\s?(?:따|의하|의거|규정|명시|정))
            |{_NAMED}(?P<named>[0-9]{{1,4}})\s?조(?!\s?[0-9원]|\s?[천백]))
         )
         (?:\s?의\s?(?P<branch>[0-9]{{1,2}})(?!\s?[0-9,.%명건개년월일회배인분]))?
         (?:\s?\([^()\n]{{1,40}}\)(?=\s?제?\s?[0-9]{{1,2}}\s?항|\s?[{CIRCLED}]))?
         (?:\s?{_PARAGRAPH.format("paragraph")})?{_BELOW.format("item")}
       |(?<![0-9제])(?:제\s?(?P<p2>[0-9]{{1,2}})\s?항(?!목)
                      |(?P<p3>[0-9]{{1,2}})항(?=[의에은는을이과와,. 제]|$)){_BELOW.format("i2")}
       |(?<!별지\s)(?<!별지)(?<!별표\s)(?<!별표)제\s?(?P<i4>[0-9]{{1,2}})\s?호(?![0-9선실]|서식)(?:의\s?(?P<i4s>[0-9]{{1,2}})(?![0-9]))?
          (?:\s?(?P<i4l>[가-하])목(?!적|록|표))?)
    """,
    re.VERBOSE | re.ASCII,
)
_LAW = re.compile(r"(?:「(?P<quoted>[^「」\n]{1,60})」"
                  r"|(?P<plain>(?:[가-힣]+(?:법|법률)\s)?(?:시행령|시행규칙)|[가-힣]*(?:법|법률|시행령|시행규칙|규칙|규정|약관|세칙)))\s?$")
_BEFORE_LAW = re.compile(r"(?<![가-힣])([가-힣]+[^\W은는이가을를의에로와과고며면만도서여라나까지및])\s$")
_NO_LAW = re.compile(r"^(?:이|동|같은|본|그|위|해당)?\s?(?:법|법률|영|규칙|약관|규정|방법|불법|적법)$")
_NUMBERED = re.compile(r"(?:법률|령|부령|칙|고시|훈령|예규|공고|조례|문서|접수|사건|규정)\s?$")


def law_named(text: str) -> str:
    """Return the law a short text ends by naming, without blanks; "" for none, and for 이 법, 동법, 같은 법."""
    match = _LAW.search(text)
    if match is None:
        return ""
    name = (match["quoted"] or match["plain"]).strip()
    if _NO_LAW.match(name) or len(name) < 2:
        return ""
    return name.replace(" ", "")


def _noun_before(text: str) -> str:
    """Return the noun just before the law a text ends by naming: 상가건물 of "상가건물 임대차보호법", which is one name."""
    match = _LAW.search(text)
    before = _BEFORE_LAW.search(text[:match.start()]) if match and match["plain"] else None
    return before[1] if before else ""


def _number(circled: str | None) -> str:
    return str(CIRCLED.index(circled) + 1) if circled else ""


def articles_in(text: str) -> Iterator[Claim]:
    """Yield the article references of a folded text, in order; one without its 조 has "" for it."""
    if "조" not in text and "항" not in text and "호" not in text:
        return
    for match in ARTICLE.finditer(text):
        group = match.groupdict()
        article = group["article"] or group["loose"] or group["named"] or ""
        if group["i4"] and _NUMBERED.search(text[max(0, match.start() - 6):match.start()]):
            continue  # "법률 제99호": a number of the law, not an item of an article
        circled = group["paragraphc"]
        paragraph = group["paragraph"] or group["p2"] or group["p3"] or _number(circled)
        item = group["item"] or group["i2"] or group["i4"] or ""
        parts = (article, group["branch"] or "", paragraph, item, group["items"] or group["i2s"] or group["i4s"] or "",
                 group["iteml"] or group["i2l"] or group["i4l"] or "")
        before = text[max(0, match.start() - 62):match.start()]
        law = law_named(before) if article else ""
        yield Claim(kind="article", span=match.span(), text=match[0].strip(), law=law, noun=_noun_before(before) if law else "",
                    parts=tuple(part.lstrip("0") for part in parts))
