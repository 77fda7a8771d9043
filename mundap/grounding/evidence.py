"""What a set of passages says, arranged for asking: figures by unit and value, dates, articles, periods and codes.

A unit declared in a passage's head, or in a line "(단위: 백만원)" from there on, holds for the figures without a unit.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from mundap.grounding.articles import CIRCLED
from mundap.grounding.claim import Claim, fold, nfc
from mundap.grounding.claims import claims
from mundap.grounding.dates import YEAR
from mundap.grounding.tone import Tone, tone
from mundap.grounding.units import Unit, declared_units, unit_of
from mundap.prompt import Passage

HEAD = -1
ANY = "*"       # every figure, as printed and in its base unit: what a number without unit is looked up in
BARE = "?"      # figures whose unit the passage does not say
_LABEL_UNIT = re.compile(r"\(([^()\d]{1,12})\)\s?[:|]?\s?$", re.ASCII)
_RATE = re.compile(r"율|률|비중|비율|지분|구성비|%")
_LAW_IN_HEAD = re.compile(r"[가-힣 ]{0,40}?[가-힣]+(?:법률|법|시행령|시행규칙|규칙|약관|규정)(?![가-힣])"
                          r"(?:\s(?:시행령|시행규칙)(?![가-힣]))?")
_HEADING = re.compile(r"제\s?\d")   # from here on a head names the article: its title (강행규정) is no law
_ITEM = re.compile(rf"[\s#>*\-]{{0,8}}(?:(?P<circled>[{CIRCLED}])"
                   r"|(?P<item>\d{1,2})(?:의(?P<sub>\d{1,2}))?\\?\.(?!\d)|(?P<letter>[가-하])\\?\.)", re.ASCII)


class Figure(NamedTuple):
    """One figure of a passage under one reading of its unit; value carries the sign. A tuple: hundreds are made."""

    passage: int
    line: int
    value: Decimal
    unit: str
    precision: Decimal
    text: str                     # the line it stands in
    span: tuple[int, int]
    free: tuple[int, int]         # where the claims before and after it end and start

    def tone(self) -> Tone:
        """Return what the words beside it say."""
        return tone(self.text, self.span, *self.free)


@dataclass(slots=True)
class _Series:
    """Figures of one unit ordered by size."""

    figures: list[Figure] = field(default_factory=list)
    sizes: list[Decimal] = field(default_factory=list)

    def order(self) -> None:
        self.figures.sort(key=lambda figure: abs(figure.value))
        self.sizes = [abs(figure.value) for figure in self.figures]

    def between(self, low: Decimal, high: Decimal) -> list[Figure]:
        """Return the figures with low <= size <= high."""
        return self.figures[bisect_left(self.sizes, low):bisect_right(self.sizes, high)]


@dataclass(frozen=True, slots=True)
class Reference:
    """An article a passage names or is: (조, 의, 항, 호, 호의, 목) and its law, if said."""

    passage: int
    line: int
    parts: tuple[str, ...]
    law: str


class Evidence:
    """The passages of one prompt, read once."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.series: dict[str, _Series] = defaultdict(_Series)
        self.dates: list[tuple[int, int, tuple[str, ...]]] = []
        self.years: dict[int, set[str]] = defaultdict(set)
        self.periods: list[tuple[int, int, tuple[str, ...]]] = []
        self.codes: list[tuple[int, int, str]] = []
        self.references: list[Reference] = []
        self.numbers = tuple(dict.fromkeys(passage.number for passage in passages))
        self.line_years: dict[tuple[int, int], set[str]] = defaultdict(set)
        for passage in passages:
            self._read(passage)
        for series in self.series.values():
            series.order()

    def _read(self, passage: Passage) -> None:
        head = nfc(passage.head)
        law = _LAW_IN_HEAD.findall(_HEADING.split(fold(head), maxsplit=1)[0])
        walker = _Articles(law[-1].replace(" ", "") if law else "")
        units = declared_units(fold(head))
        for index, raw in enumerate([head, *map(nfc, passage.lines)], start=HEAD):
            text = fold(raw)
            found = claims(raw)
            units = declared_units(text) or units if "단위" in text else units
            self.codes.append((passage.number, index, text.upper()))
            for position, claim in enumerate(found):
                before = found[position - 1].span[1] if position else 0
                after = found[position + 1].span[0] if position + 1 < len(found) else len(text)
                if claim.numeric:
                    self._figure((passage.number, index), text, claim, (before, after), units)
                elif claim.kind == "period":
                    self.periods.append((passage.number, index, claim.parts))
                elif claim.kind == "date":
                    self._date(passage.number, index, claim.parts)
            for parts, named in walker.walk(text, [claim for claim in found if claim.kind == "article"], index):
                self.references.append(Reference(passage.number, index, parts, named))

    def _date(self, number: int, line: int, parts: tuple[str, ...]) -> None:
        self.dates.append((number, line, parts))
        if parts[0]:
            self.years[number].add(parts[0])
            self.line_years[number, line].add(parts[0])

    def _figure(self, place: tuple[int, int], text: str, claim: Claim, free: tuple[int, int],
                units: tuple[Unit, ...]) -> None:
        value, printed = claim.value, claim.printed
        if value is None or printed is None:
            return
        readings = [(ANY, value, claim.precision)]
        if printed != value:
            readings.append((ANY, printed, Decimal(1)))
        if claim.unit:
            readings += _same(claim.unit, value, claim.precision)
        else:
            readings += _readings(text, claim, value, units)
            if YEAR.fullmatch(claim.text):
                self._date(*place, (claim.text, "", "", ""))
            elif len(claim.text) == 8 and claim.text.isdigit() and YEAR.fullmatch(claim.text[:4]):
                self._date(*place, (claim.text[:4], claim.text[4:6].lstrip("0"), claim.text[6:].lstrip("0"), ""))
        for unit, size, precision in readings:
            self.series[unit].figures.append(Figure(*place, size, unit, precision, text, claim.span, free))


def _readings(text: str, claim: Claim, value: Decimal, units: tuple[Unit, ...]) -> list[tuple[str, Decimal, Decimal]]:
    """Return what a figure without a unit may be: in the unit of its label "(천원):", the declared ones, or unsaid."""
    before = text[max(0, claim.span[0] - 18):claim.span[0]]
    label = _LABEL_UNIT.search(before)
    own = unit_of(label[1]) if label else None
    found: list[tuple[str, Decimal, Decimal]] = []
    for unit in ((own,) if own else units):
        found += _same(unit.name, value * unit.factor, claim.precision * unit.factor) if unit.name else []
    if not found:
        found.append((BARE, value, claim.precision))
        if _RATE.search(before):
            found.append(("%", value, claim.precision))
    return found


def _same(unit: str, value: Decimal, precision: Decimal) -> list[tuple[str, Decimal, Decimal]]:
    """Return a figure in its unit and in those that say exactly the same: years as months, fractions as per cent."""
    found = [(unit, value, precision)]
    if unit == "년":
        found.append(("개월", value * 12, precision))
    if unit == "개월":
        found.append(("년", value / 12, precision / 12))
    if unit == "분수":
        found.append(("%", value * 100, precision))
    if unit == "%":
        found.append(("분수", value / 100, precision / 100))
    return found


class _Articles:
    """Which article each line of a passage belongs to, from its head, headings, ① and "1." marks."""

    def __init__(self, law: str) -> None:
        self.law = law
        self.now: tuple[str, ...] = ("",) * 6

    def walk(self, text: str, found: list[Claim], line: int) -> list[tuple[tuple[str, ...], str]]:
        """Return the articles a line names or is part of, each with its law."""
        named: list[tuple[tuple[str, ...], str]] = []
        opening = not found or len(text[:found[0].span[0]].strip(" #*>-\t\"'[")) == 0
        if found and found[0].parts[0] and (line == HEAD or opening):
            self.now = found[-1].parts if line == HEAD else found[0].parts
            if found[0].law:
                self.law = found[0].law
        self._mark(text)
        if self.now[0]:
            named.append((self.now, self.law))
        last, last_law = self.now, self.law
        for claim in found:
            if claim.parts[0]:
                last, last_law = claim.parts, claim.law or self.law
                named.append((last, last_law))
                continue
            named.append((claim.parts, ""))  # said without its 조, for an answer that quotes it so
            for base, law in ((self.now, self.law), (last, last_law)):
                if base[0]:
                    named.append((complete(claim.parts, base), law))
        return named

    def _mark(self, text: str) -> None:
        """Step to the paragraph, item or letter a line opens; an article's heading may carry ① after its title."""
        match = _ITEM.match(text)
        article, branch, paragraph, item, sub, letter = self.now
        if match is None:
            heading = re.match(rf"[\s#>*]*제\s?\d[^①-⑳\n]{{0,60}}([{CIRCLED}])", text)
            if heading:
                self.now = (article, branch, str(CIRCLED.index(heading[1]) + 1), "", "", "")
        elif match["circled"]:
            self.now = (article, branch, str(CIRCLED.index(match["circled"]) + 1), "", "", "")
        elif match["item"]:
            self.now = (article, branch, paragraph, match["item"], match["sub"] or "", "")
        elif match["letter"]:
            self.now = (article, branch, paragraph, item, sub, match["letter"])


def complete(parts: tuple[str, ...], base: tuple[str, ...]) -> tuple[str, ...]:
    """Return a reference without its 조 in full: 제2항 after 제12조 is 제12조 제2항; 제3호 keeps the 항 of base."""
    paragraph = parts[2] or (base[2] if parts[3] or parts[5] else "")
    return (*base[:2], paragraph, *parts[3:])

