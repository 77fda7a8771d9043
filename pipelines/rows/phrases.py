"""Pieces of a sentence about a figure, in the wording of a level: its subject, its amount, its basis, its change.

Every level tells the same figures as printed; 초급 also explains the term and says large amounts in 조 and 억.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mundap.korean import josa
from pipelines.facts import PlacedFact
from pipelines.rows.arithmetic import WON, difference, in_eok, number, rate, worth
from pipelines.rows.askable import compact, period

EASY, MIDDLE, EXPERT = "초급", "중급", "고급"
ROUNDED = "소수점 둘째 자리에서 반올림"
_PROFIT = re.compile(r"(?:영업|순|총포괄|매출총|차감전|계속사업)(?:이익|손익)$")
_NUMBERING = re.compile(r"^\s*(?:(?:[IVX]+|[0-9]+|[가-하])[.)]|\(?[0-9]+\)|\(첨부\))\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How an answer is worded: at a level ("" for none), with a glossary, naming the basis where the question does.

    prior_year: the change from the year before is told too, where a passage has it.
    """

    level: str = ""
    prior_year: bool = False
    terms: Mapping[str, str] = field(default_factory=dict)
    with_basis: bool = False

    @property
    def exact(self) -> bool:
        """Return whether basis and rounding are always told."""
        return self.level in (MIDDLE, EXPERT)

    def item(self, fact: PlacedFact) -> str:
        """Return the figure's item after its period and, where told, its basis."""
        basis = ""
        if fact.basis:
            basis = f"{fact.basis} 기준" if self.exact else fact.basis if self.with_basis else ""
        return " ".join(part for part in (period(fact), basis, fact.item) if part)

    def explained(self, fact: PlacedFact) -> str:
        """Return the item, for a beginner with what it means in brackets."""
        return self.item(fact) + self.meaning(fact.item)

    def meaning(self, term: str) -> str:
        """Return "(what a term means)" for a beginner, where the glossary has it; a label's heading and (손실) aside."""
        if self.level != EASY:
            return ""
        bare = re.sub(r"\([^()]*\)$", "", term).strip()
        for name in dict.fromkeys((bare, bare.split()[-1] if bare else "")):
            found = next((text for key, text in self.terms.items() if compact(key) == compact(name)), "")
            if found:
                return f"({found})"
        return ""

    def amount(self, fact: PlacedFact) -> str:
        """Return the figure as printed with its unit; for a beginner also in 조 and 억."""
        plain = f"{fact.value}{fact.unit}"
        easy = self.easy(fact)
        return f"{plain}({easy})" if easy else plain

    def easy(self, fact: PlacedFact) -> str:
        """Return an amount of money in 조 and 억 for a beginner; "" at other levels, below 1억, or if it says the same."""
        if self.level != EASY or fact.unit not in WON or fact.unit in ("억원", "조원"):
            return ""
        return in_eok(worth(fact))

    def source(self, fact: PlacedFact) -> str:
        """Return "요약재무정보에 따르면 " for an expert: the table's or section's own title, its number taken off."""
        if self.level != EXPERT:
            return ""
        title = _NUMBERING.sub("", fact.section.split(" > ")[-1]).strip()
        return f"{title}에 따르면 " if title and not re.search(r"\d", title) else ""

    def subject(self, fact: PlacedFact, *, explained: bool = True) -> str:
        """Return "가온누리전자의 2023년 연결 기준 매출액"."""
        item = self.explained(fact) if explained else self.item(fact)
        return f"{fact.company}의 {fact.fiscal_year}년 {item}"


def when(fact: PlacedFact) -> str:
    """Return the time a figure is of: "2022년", "2022년 상반기"."""
    return f"{fact.fiscal_year}년 {period(fact)}".rstrip()


def states(fact: PlacedFact, voice: Voice, mark: str) -> str:
    """Return the sentence that gives one figure, its citation after it."""
    amount = voice.amount(fact)
    loss = voice.level == EASY and is_profit(fact) and number(fact) < 0
    end = f"{josa(amount, '으로/로')}, 번 돈보다 쓴 돈이 많았습니다" if loss else f"{amount}입니다"
    return f"{voice.source(fact)}{josa(voice.subject(fact), '은/는')} {end}. {mark}"


def changed(new: PlacedFact, old: PlacedFact, voice: Voice, mark: str, *, quoting: bool = False) -> str:
    """Return the sentence that gives the change from old to new, worded for its direction; quoting also gives old."""
    year, size = when(old), difference(new, old)
    before = f"{year} {old.value}{old.unit}" if quoting else year
    first, last = number(old), number(new)
    if first == last:
        same = josa(f"{new.value}{new.unit}", "으로/로")
        return f"{josa(year, '과/와')} {when(new)} 모두 {same} 변동이 없습니다. {mark}"
    if is_profit(new) and first * last < 0:
        lost, won = ("적자", "흑자") if first < 0 else ("흑자", "적자")
        return f"{before} {lost}에서 {when(new)} {won}로 전환했고, 차이는 {size}입니다. {mark}"
    if is_profit(new) and first < 0 and last < 0:
        return f"손실이 {before}보다 {size} {'늘었' if last < first else '줄었'}습니다. {mark}"
    if first < 0 or last < 0:  # a cost or an outflow printed with a minus: "감소" could mean either way
        return f"{josa(before, '과/와')}의 차이는 {size}입니다. {mark}"
    up, told = last > first, rate(new, old)
    if not voice.exact:
        verb = ("늘었" if up else "줄었") if voice.level == EASY else ("증가했" if up else "감소했")
        return f"{before}보다 {size}{_in_brackets(new, old, voice, told)} {verb}습니다. {mark}"
    verb = "증가" if up else "감소"
    if not told:
        return f"{before} 대비 {size} {verb}했습니다. {mark}"
    return f"{before} 대비 {size} {verb}했고 {verb}율은 {told}입니다({ROUNDED}). {mark}"


def is_profit(fact: PlacedFact) -> bool:
    """Return whether a figure is a profit whose minus is a loss: 영업이익, 당기순이익(손실); not 이익잉여금, 환산이익."""
    return bool(_PROFIT.search(re.sub(r"\(손실\)$", "", compact(fact.item))))


def _in_brackets(new: PlacedFact, old: PlacedFact, voice: Voice, told: str) -> str:
    easy = in_eok(abs(worth(new) - worth(old))) if voice.easy(new) else ""
    inside = ", ".join(part for part in (easy, told) if part)
    return f"({inside})" if inside else ""
