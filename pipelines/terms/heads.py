"""Lines that may open a part of terms or a statute: a division (편 장 절 관), an article, an annex, 부칙, a contract's name.

Only the form of a line is judged here, with what follows a bracket: "제27조(제출서류) 제5호의 서류" is a reference. Whether
an article's number fits those before it is `outline`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipelines.terms.source_lines import SourceLines
from pipelines.terms.wrapping import Joiner

HeadKind = Literal["division", "article", "annex", "supplement", "contract", "law", "heading"]
Style = Literal["제", "old", "bare"]

_DIVISION = re.compile(r"제\s*(\d+)\s*([편장절관])(?:\s*의\s*(\d+)(?!\d))?\s*(.*)", re.DOTALL)
_ARTICLE = re.compile(r"제\s*(\d+)\s*조(?:\s*의\s*(\d+)|(\d+))?(\s*)(.*)", re.DOTALL)
_OLD = re.compile(r"(\d{1,3})\s*\.\s*(?=[(\[])(.*)", re.DOTALL)
_ANNEX = re.compile(r"([<\[【〔(〈]\s*)?(별\s*표|부\s*표|별\s*지|붙\s*임|별\s*첨)\s*((?:제\s*)?\d+(?:\s*[-의]\s*\d+)*)?"
                    r"(\s*호?\s*(?:서\s*식)?)\s*([>\]】〕)〉])?(\s*)(.*)", re.DOTALL)
_SUPPLEMENT = re.compile(r"부\s*칙\s*([<(\[〈].*)?$")
_MARKED_NAME = re.compile(r"[□■◆◈◎]\s*(.{2,})$")
_BRACKETED_NAME = re.compile(r"[<〈《\[【]\s*([^<>〈〉《》\[\]【】]{2,60}?)\s*[>〉》\]】]\s*(<.*|\(.*|삭제.*)?$")
_CONTRACT_END = re.compile(r"(?:보험|약관|특약|공제)\s*(?:[(\[][^()\[\]]*(?:\([^()]*\)[^()\[\]]*)?[)\]])?$")
_PLAIN_NAME = re.compile(r"[^.。?!①-⑳]{2,60}(?:보통|특별|추가|표준)\s*약관\s*(?:[(\[][^()\[\]]*[)\]])?$|"
                         r"[^.。?!①-⑳,]{2,60}(?:특약|약관)\s*(?:[(\[][^()\[\]]*[)\]])?$")
_LAW = re.compile(r"[「『<\[【]?\s*([가-힣][가-힣·ㆍ\s]{0,38}(?:법|법률|시행령|시행규칙|규정))\s*[」』>\]】]?$")
_LAW_ZONE = re.compile(r"[<\[【(「]?\s*(?:약관에서?\s*)?(?:관련|인용|참고|준용)\w{0,3}\s*"
                       r"(?:법\s*령|법\s*규|법\s*률|법\s*조문|법)[^.]{0,12}$")
_AMENDED = re.compile(r"\s*[<\[(]\s*(?:개정|신설|본조\s*신설|전문\s*개정|제목\s*개정|전부\s*개정|단서\s*신설|삭제)"
                      r"[^>\])]*[>\])]?.*$", re.DOTALL)
# What makes "제N조(…)" a reference when it follows the bracket at once, and when a blank stands between.
_LEANS = re.compile(r"(?:에|의|을|를|은|는|과|와|으로|로|및|또는|내지|부터|까지|중|,|ㆍ|·|･|」|｣|\)|\.(?!\s*$))")
_LEANS_APART = re.compile(r"(?:제\s*\d+\s*[항호조]|및(?:\s|제)|또는(?:\s|제)|내지\s|부터|까지|에서|에\s|에\s?따|의\s|을\s"
                          r"|를\s|와\s|과\s|중\s|각\s?호|단서|본문|전단|후단)")
_NOT_ANNEX = re.compile(r"(?:에|의|을|를|은|는|이|가|과|와|및|또는|로|으로|참조|중|상의|,|\.)")
_NAME_MARKS = frozenset("□■◆◈◎<〈《【[")
_NAME_ENDS = frozenset("관약)]법률령칙정」』")    # of a contract's or a law's name on a line of its own
_CLOSING = {"(": ")", "[": "]", "【": "】", "（": "）"}
_TITLE_LINES = 4       # a title runs over at most so many lines
_TITLE_CHARS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A line that has a head's form. at..end are its lines, rest is the text after the heading on its last line.

    number is (12, 0) for 제12조 and (3, 2) for 제3조의2. sure: the source marks it as a heading itself (Markdown).
    amended is what was taken off the label: "<개정 2010.7.23>".
    """

    kind: HeadKind
    at: int
    end: int
    label: str
    number: tuple[int, int] = (0, 0)
    title: str = ""
    rest: str = ""
    unit: str = ""          # 편, 장, 절 or 관
    style: Style = "제"
    sure: bool = False
    depth: int = 0
    amended: str = ""


def heads(lines: SourceLines, joiner: Joiner) -> Iterator[Head]:
    """Yield the lines that have a head's form, in order."""
    finder = _Finder(lines, joiner)
    at = 0
    while at < len(lines.texts):
        head = finder.at(at)
        if head is None:
            at += 1
        else:
            yield head
            at = head.end


def is_law_zone(line: str) -> bool:
    """Return whether a line announces an appendix of statutes ("[약관에서 인용한 법령]", "관련 법규")."""
    return len(line) < 40 and "법" in line and _LAW_ZONE.match(line) is not None


class _Finder:
    def __init__(self, lines: SourceLines, joiner: Joiner) -> None:
        self.texts = lines.texts
        self.lines = lines
        self.joiner = joiner
        self.by_hash = lines.markdown and any(lines.hashes)

    def at(self, at: int) -> Head | None:
        """Return the head that the line at opens, or None."""
        text = self.texts[at]
        depth = self.lines.hashes[at]
        first = text[0]
        found: Head | None = None
        if first == "제":
            found = self._numbered(at, text, depth)
        elif first in "별부붙<[【〔〈(":
            found = self._annex_or_supplement(at, text, depth)
        elif first.isdigit() and not depth:
            found = self._old(at, text)
        if found is None and (depth or first in _NAME_MARKS or len(text) <= 64 and text[-1] in _NAME_ENDS):
            found = self._named(at, text, depth)
        return found

    def _numbered(self, at: int, text: str, depth: int) -> Head | None:
        article = _ARTICLE.match(text)
        if article is not None:
            return self._article(at, article, depth)
        division = _DIVISION.match(text)
        return self._division(at, division, depth) if division is not None else None

    def _article(self, at: int, found: re.Match[str], depth: int) -> Head | None:
        number = (int(found[1]), int(found[2] or found[3] or 0))
        name = "".join(self.texts[at][: found.start(4)].split())
        tail = found[5]
        if tail[:1] in _CLOSING and tail:
            titled = self._title(at, tail)
            if titled is None:
                return None
            title, rest, end = titled
            stripped = rest.lstrip()
            leans = (_LEANS if stripped == rest else _LEANS_APART).match(stripped) if stripped else None
            if not depth and (leans or _LEANS_APART.match(stripped)):
                return None
            return Head(kind="article", at=at, end=end, label=name + title, title=title[1:-1].strip(), number=number,
                        rest=stripped, sure=bool(depth), depth=depth)
        if depth or tail.startswith(("삭제", "<삭제", "(삭제", "생략")) and len(tail) < 60:
            return Head(kind="article", at=at, end=at + 1, label=name, number=number, rest=tail, sure=bool(depth), depth=depth)
        if found[4] and tail and not _LEANS_APART.match(tail):   # "제1조 이 법은 …": statutes before titles
            return Head(kind="article", at=at, end=at + 1, label=name, number=number, rest=tail, style="bare")
        return None

    def _title(self, at: int, tail: str) -> tuple[str, str, int] | None:
        """Return the bracketed title, what follows it, and the line after; the title may run over lines."""
        opening, closing = tail[0], _CLOSING[tail[0]]
        text, end = tail, at + 1
        closed = text.find(closing)
        if 0 < closed <= _TITLE_CHARS and text.find(opening, 1, closed) < 0:
            return text[: closed + 1], text[closed + 1:], end
        while True:
            level = 0
            for place, letter in enumerate(text):
                if letter == opening:
                    level += 1
                elif letter == closing:
                    level -= 1
                    if not level:
                        return (text[: place + 1], text[place + 1:], end) if place <= _TITLE_CHARS else None
            if end - at >= _TITLE_LINES or end >= len(self.texts) or not self.lines.wrapped or len(text) > _TITLE_CHARS:
                return None
            text = self.joiner.join(text, self.texts[end], self.lines.spaced[end - 1])
            end += 1

    def _division(self, at: int, found: re.Match[str], depth: int) -> Head | None:
        rest, end = found[4].strip(), at + 1
        if not depth:
            leans = (_LEANS if found[4] and not self.texts[at][: found.start(4)][-1:].isspace() else _LEANS_APART)
            if rest and (leans.match(rest) or _LEANS_APART.match(rest)) or len(rest) > 60 or rest.endswith("다."):
                return None
        name = "".join(self.texts[at][: found.start(4)].split())
        amended = _AMENDED.search(rest)
        title = rest[: amended.start()].strip() if amended else rest
        if not rest and not depth and end < len(self.texts) and self._is_title(end):
            title, end = self.texts[end], end + 1
        return Head(kind="division", at=at, end=end, label=f"{name} {title}".strip(), title=title, unit=found[2],
                    number=(int(found[1]), int(found[3] or 0)), sure=bool(depth), depth=depth,
                    amended=amended[0] if amended else "")

    def _is_title(self, at: int) -> bool:
        text = self.texts[at]
        return len(text) <= 40 and not text.endswith((".", ",")) and text[0] not in "①<[【|(-" and \
            not _ARTICLE.match(text) and not _DIVISION.match(text)

    def _annex_or_supplement(self, at: int, text: str, depth: int) -> Head | None:
        if text[0] == "부" and _SUPPLEMENT.match(text):
            return Head(kind="supplement", at=at, end=at + 1, label=text, sure=bool(depth), depth=depth)
        found = _ANNEX.match(text)
        if found is None:
            return None
        opening, name, number, form, closing, gap, rest = found.groups()
        if bool(opening) != bool(closing) and rest.find(_partner(opening or "")) < 0:
            return None
        if not opening and (not number or len(rest) > 40):
            return None
        if not depth and ((not gap and _NOT_ANNEX.match(rest)) or _LEANS_APART.match(rest) or "참조" in rest[:4]
                          or rest.rstrip().endswith(("다.", "다"))):
            return None
        if not depth and at and rest and self.texts[at - 1][-1] not in ".)]>」다표|】" and len(self.texts[at - 1]) > 20 and \
                self.lines.pages[at - 1] == self.lines.pages[at]:
            return None
        amended = _AMENDED.search(rest)
        title = (rest[: amended.start()] if amended else rest).strip()
        end = at + 1
        if not title and not depth and end < len(self.texts) and len(self.texts[end]) <= 40 and \
                self.texts[end].endswith(("표", "기준", "계산", "정의", "서식", "관련)")):
            title, end = self.texts[end], end + 1
        mark = text[: found.start(6)].strip()
        return Head(kind="annex", at=at, end=end, label=f"{mark} {title}".strip(), depth=depth, sure=bool(depth),
                    title="".join((name + (number or "")).split()), amended=amended[0] if amended else "")

    def _old(self, at: int, text: str) -> Head | None:
        found = _OLD.match(text)
        titled = self._title(at, found[2]) if found is not None else None
        if found is None or titled is None:
            return None
        title, rest, end = titled
        if _LEANS.match(rest) or _LEANS_APART.match(rest.lstrip()) or len(title) < 4:
            return None
        return Head(kind="article", at=at, end=end, label=f"{found[1]}. {title}", title=title[1:-1].strip(),
                    number=(int(found[1]), 0), rest=rest.lstrip(), style="old")

    def _named(self, at: int, text: str, depth: int) -> Head | None:
        if depth:
            kind: HeadKind = "contract" if depth == 1 else "heading"
            return Head(kind=kind, at=at, end=at + 1, label=text, title=text, sure=True, depth=depth)
        last = text[-1]
        if last in "법률령칙정」』" and (law := _LAW.match(text)):
            return Head(kind="law", at=at, end=at + 1, label=text, title=law[1].strip())
        if text[0] in "<〈《[【" and at + 1 < len(self.texts) and last not in ">〉》]】" and len(text) < 30 \
                and _partner(text[0]) not in text and self.texts[at + 1].endswith(_partner(text[0])):
            joined = self.joiner.join(text, self.texts[at + 1], True)
            return self._contract(at, joined, at + 2)
        return self._contract(at, text, at + 1)

    def _contract(self, at: int, text: str, end: int) -> Head | None:
        if "약관" not in text and "보험" not in text and "특약" not in text and "공제" not in text:
            return None
        amended = ""
        named = _MARKED_NAME.match(text)
        if named is not None:
            cut = _AMENDED.search(named[1])
            name = (named[1][: cut.start()] if cut else named[1]).strip()
            amended = cut[0] if cut else ""
        elif (named := _BRACKETED_NAME.match(text)) is not None:
            name, amended = named[1].strip(), named[2] or ""
        elif _PLAIN_NAME.match(text) and not text.startswith(("이 ", "본 ", "제", "-", "※")):
            return Head(kind="contract", at=at, end=end, label=text, title=text)
        else:
            return None
        if not _CONTRACT_END.search(name):
            return None
        return Head(kind="contract", at=at, end=end, label=text, title=name, amended=amended)


def _partner(opening: str) -> str:
    return {"<": ">", "[": "]", "【": "】", "〔": "〕", "(": ")", "〈": "〉", "《": "》"}.get(opening.strip(), "\0")
