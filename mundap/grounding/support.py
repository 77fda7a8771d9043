"""Which passages a claim follows from directly: the same value in the same unit, date or article.

Figures: equal after exact unit conversion, or equal once the passage's figure is rounded half up to the answer's
coarser precision. Dates: every part the answer states must stand in the passage; the answer may be coarser than its
source, not finer. Articles: likewise, and two different laws named never meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mundap.grounding.claim import Claim
from mundap.grounding.evidence import ANY, BARE, Evidence, Figure, complete
from mundap.grounding.tone import Tone, agrees

_LOOSEST = Decimal("0.05")   # "약 1,000억" may be off by this much of itself, whatever its trailing zeros allow
_MOST_OVER = Decimal("1.3")  # "20여 명" is 20 to 25


@dataclass(frozen=True, slots=True)
class Support:
    """A passage that supports a claim: its number and the lines (-1: its head). derived: computed from two figures."""

    passage: int
    lines: tuple[int, ...]
    derived: bool = False


def gather(places: Iterable[tuple[int, int]], *, derived: bool = False) -> tuple[Support, ...]:
    """Return one Support per passage from (passage, line) pairs, lines in order."""
    lines: dict[int, set[int]] = {}
    for passage, line in places:
        lines.setdefault(passage, set()).add(line)
    return tuple(Support(passage, tuple(sorted(found)), derived) for passage, found in sorted(lines.items()))


def supporting_figures(claim: Claim, words: Tone, evidence: Evidence) -> list[Figure]:
    """Return the figures of the passages that a figure of an answer may be."""
    if claim.value is None:
        return []
    size = abs(claim.value)
    low, high = _reach(claim, size)
    found = []
    for unit in _units(claim):
        series = evidence.series.get(unit)
        for figure in series.between(low, high) if series else ():
            if _equal(claim, size, abs(figure.value), figure.precision) \
                    and agrees(words, claim.value < 0, figure.tone(), figure.value < 0):
                found.append(figure)
    return found


def _units(claim: Claim) -> tuple[str, ...]:
    if not claim.unit:
        return (ANY,)
    # A table of counts often names no unit ("환자수: 1,234"); money and rates without one are never assumed.
    return (claim.unit, BARE) if claim.kind == "count" else (claim.unit,)


def _reach(claim: Claim, size: Decimal) -> tuple[Decimal, Decimal]:
    """Return between which sizes a passage's figure may lie to be the answer's, before the finer rules of _equal."""
    if claim.at_least:
        return size, size + claim.rough
    half = (claim.rough if claim.approximate else claim.precision) / 2
    return size - half, size + half


def _equal(claim: Claim, size: Decimal, source: Decimal, precision: Decimal) -> bool:
    if source == size:
        return True
    if claim.at_least:
        return size <= source < min(size + claim.rough, size * _MOST_OVER)
    if precision < claim.precision and rounds_to(source, size, claim.precision):
        return True
    return claim.approximate and precision < claim.rough and rounds_to(source, size, claim.rough) \
        and abs(source - size) <= size * _LOOSEST


def rounds_to(source: Decimal, size: Decimal, precision: Decimal) -> bool:
    """Return whether source, rounded half up to precision, is size (both without sign)."""
    return size - precision / 2 <= source < size + precision / 2


def supporting_dates(claim: Claim, evidence: Evidence) -> tuple[Support, ...]:
    """Return the passages that name a date; a source's date without its year takes the years its passage names."""
    year, *rest = claim.parts
    found = []
    for passage, line, (source_year, *source_rest) in evidence.dates:
        if any(part and part != other for part, other in zip(rest, source_rest, strict=True)):
            continue
        if not year or source_year == year or (not source_year and year in evidence.years[passage]):
            found.append((passage, line))
    return gather(found)


def supporting_articles(claim: Claim, before: list[Claim], evidence: Evidence) -> tuple[Support, ...]:
    """Return the passages that name an article.

    A 항 or 호 alone takes its 조 from the articles the answer named before. Without one it is supported only as a
    quotation, by a line that says "제2항" alone too: that a passage is 제12조 제2항 does not make "제2항" a
    reference to it.
    """
    wanted = [(claim.parts, claim.law, claim.noun)]
    if not claim.parts[0]:
        wanted += [(complete(claim.parts, base.parts), base.law, base.noun) for base in before if base.parts[0]]
    found = []
    for reference in evidence.references:
        for parts, law, noun in wanted:
            if _same_article(parts, reference.parts) and _same_law(law, reference.law, noun):
                found.append((reference.passage, reference.line))
    return gather(found)


def _same_article(wanted: tuple[str, ...], source: tuple[str, ...]) -> bool:
    # 조 and 의 are one number: 제12조 is not 제12조의2. Below them the source may be finer.
    below = zip(wanted[2:], source[2:], strict=True)
    return wanted[:2] == source[:2] and all(not part or part == other for part, other in below)


def _same_law(said: str, source: str, noun: str = "") -> bool:
    if not said or not source:
        return True
    if noun and source.endswith(said) and source != said and not source.endswith(noun + said):
        return False   # 상가건물 임대차보호법 is not 주택임대차보호법
    # An act and its decree share a name up to the ending.
    if any(said.endswith(ending) != source.endswith(ending) for ending in ("시행령", "시행규칙")):
        return False
    return said in source or source in said


def supporting_words(claim: Claim, evidence: Evidence) -> tuple[Support, ...]:
    """Return the passages that hold a code ("A09", "1577-0606") not as part of a longer one, or name a period."""
    if claim.kind == "period":
        return gather((passage, line) for passage, line, parts in evidence.periods if parts == claim.parts)
    return gather((passage, line) for passage, line, text in evidence.codes if _holds(text, claim.parts[0]))


def _holds(text: str, code: str) -> bool:
    at = text.find(code)
    while at >= 0:
        before, after = text[at - 1:at], text[at + len(code):at + len(code) + 1]
        if not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalnum()):
            return True
        at = text.find(code, at + 1)
    return False
