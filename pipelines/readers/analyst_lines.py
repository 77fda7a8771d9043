"""What a line of an analyst report is: a heading, a figure of the side box, or why it is left out.

Running headers and footers are told by repetition on the pages, digits aside; headings by larger or bold letters, a
bullet, or a line that is nothing but a usual heading; notices by their headings.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.readers.pdf_letters import Letters
from pipelines.terms.page_furniture import page_number

# Why text is left out, as a Reading's left_out names it.
EDGES, CONTACT, NOTICE = "running headers and footers", "contact lines", "notices and disclaimer"
TITLE, SOURCES, LABELS = "title lines", "source notes of tables", "numbers without words"
# What a heading is about, the first that is found in it; the values are a chunk's `part`.
PARTS: Mapping[str, re.Pattern[str]] = {part: re.compile(pattern, re.IGNORECASE) for part, pattern in {
    "notice": r"compliance|disclaimer|준법|고지\s?사항|면책|유의\s?사항|투자등급|목표주가\s?변동|"
              r"투자의견.{0,12}(?:변동|추이|비율|분류|안내|구분)",
    "valuation": r"밸류에이션|valuation|가치\s?평가|적정\s?(?:주가|가치)|목표주가\s?(?:산출|산정|상향|하향)|target\s?price",
    "risk": r"리스크|위험|risk|우려",
    "guidance": r"가이던스|guidance|전망|outlook|추정|예상|forecast",
    "results": r"실적|review|리뷰|results|earnings",
    "summary": r"투자의견|투자\s?포인트|투자\s?요약|핵심|요약|결론|summary|recommendation|investment",
    "company": r"기업\s?개요|회사\s?개요|사업|company|overview",
}.items()}
OTHER = "other"
_USUAL = re.compile(
    r"투자의견|투자\s?포인트|투자\s?요약|핵심\s?요약|결론|(?:\d?분기\s?)?실적(?:\s?(?:분석|리뷰|전망|추정))?|밸류에이션|"
    r"가치\s?평가|투자\s?(?:위험|리스크)|리스크(?:\s?요인)?|위험\s?요인|가이던스|기업\s?개요|compliance notice|valuation|"
    r"risks?|guidance|outlook|investment summary|(?:(?:추정|요약|예상|연결)\s?)*(?:재무제표|손익계산서|재무상태표)|"
    r"(?:주요\s?)?투자지표", re.IGNORECASE)
_BULLET = re.compile(r"[■□▶▷►◆◇●▣◎]\s*")
_BOX = re.compile(
    r"(투자의견|(?:목표|적정|현재)\s?주가|현재가|주가|전일\s?종가|종가|상승\s?여력|시가총액|발행\s?주식\s?수|액면가|"
    r"유동\s?주식\s?(?:수|비율)|52주\s?(?:최고가?|최저가?|최고/최저)|외국인\s?(?:지분율|보유\s?비중)|배당수익률|거래대금|"
    r"거래량|주요\s?주주|KOSPI|KOSDAQ)(\s?\([^)]*\))?\s*[:：]?\s+(.{1,30})")
_RATING = re.compile(
    r"(?:매수|중립|매도|보유|비중\s?(?:확대|축소)|시장수익률|적극매수|buy|hold|sell|neutral|outperform|overweight|"
    r"underweight|reduce|trading buy|not rated|nr)(?:\s?\([^)]*\))?", re.IGNORECASE)
_FIGURE = re.compile(r"[-+△]?\d[\d,./]*(?:\s?(?:원|%|조|십억|억|천|백만|만|주|배|p|pt))*(?:\s?[\d,.]+(?:억|만)?원)?"
                     r"(?:\s?\([^)]*\))?")
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|(?<!\d)0\d{1,2}[-)\s]\s?\d{3,4}[-\s]\d{4}(?!\d)|\bAnalyst\b|^연구원|"
                      r"애널리스트\s", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?:[다요음함임됨]\.|[.!?])[\"'”’)]*$")
_SOURCE_NOTE = re.compile(r"(?:자료|출처|source)\s*[:：]", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\S)[-(△]?\d[\d,.]*[)%배A-Z]?(?!\S)")
_ROW_FIGURES = 2            # numbers that stand alone
_LARGER = 1.1
_MAX_BOLD = 45
_MAX_HEADING = 70
_EDGE_LINES = 4
_MIN_SHARE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a page (from 1) and its letters. spaced: a blank ended it, so it was cut between words."""

    text: str
    page: int
    letters: Letters
    spaced: bool


def edge_lines(pages: Sequence[Sequence[str]]) -> dict[tuple[int, int], str]:
    """Return (page index, line index) of page numbers, and of lines that stand at the edge of most pages, digits aside."""
    seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
    found: dict[tuple[int, int], str] = {}
    for at, page in enumerate(pages):
        filled = [place for place, line in enumerate(page) if line.strip()]
        for place in dict.fromkeys([*filled[:_EDGE_LINES], *filled[-_EDGE_LINES:]]):
            if page_number(page[place]):
                found[at, place] = EDGES
            elif len(page[place].strip()) <= _MAX_HEADING:
                seen[re.sub(r"\d+", "#", "".join(page[place].split()))].append((at, place))
    for places in seen.values():
        if len({at for at, _ in places}) >= max(2, _MIN_SHARE * len(pages)):
            found.update(dict.fromkeys(places, EDGES))
    return found


def body_letters(letters: Sequence[Sequence[Letters]], pages: Sequence[Sequence[str]]) -> Letters:
    """Return the letters most of the text is in."""
    counted: Counter[Letters] = Counter()
    for page, lines in zip(letters, pages, strict=True):
        for one, line in zip(page, lines, strict=False):
            counted[one] += len(line)
    return max(counted, key=lambda one: (counted[one], one)) if counted else Letters()


def is_heading(text: str, letters: Letters, body: Letters) -> bool:
    """Return whether a line is a heading: larger or bolder than the body, with a bullet, or a usual heading's words."""
    if len(text) > _MAX_HEADING or ends_sentence(text):
        return False
    if len(_NUMBER.findall(text)) < _ROW_FIGURES:       # a bold row of a table is no heading
        larger = letters.size >= _LARGER * body.size > 0.0
        if larger or (letters.bold and not body.bold and letters.size >= body.size and len(text) <= _MAX_BOLD):
            return True
    return bool(_BULLET.match(text) and len(text) > 2) or _USUAL.fullmatch(text) is not None


def part_of(heading: str) -> str:
    """Return what a heading is about: "valuation", "risk", "guidance", "results", "summary", "company", "notice" or "other"."""
    return next((part for part, pattern in PARTS.items() if pattern.search(heading)), OTHER)


def heading_text(line: str) -> str:
    """Return a heading without its bullet."""
    return _BULLET.sub("", line, count=1).strip()


def box_figure(text: str) -> tuple[str, str] | None:
    """Return (name, value) of a line of the side box ("목표주가(12개월) 41,000원"), or None for any other line."""
    found = _BOX.fullmatch(text)
    if found is None or not (_RATING.fullmatch(found[3]) or _FIGURE.fullmatch(found[3])):
        return None
    return f"{found[1]}{found[2] or ''}".strip(), found[3].strip()


def why_left_out(text: str) -> str:
    """Return why a line by itself is left out: it names the author or a number to call, or a table's source; else ""."""
    if len(text) > _MAX_HEADING:
        return ""
    if _CONTACT.search(text):
        return CONTACT
    return SOURCES if _SOURCE_NOTE.match(text) else ""


def ends_sentence(text: str) -> bool:
    """Return whether a line ends as a sentence does."""
    return _SENTENCE_END.search(text) is not None
