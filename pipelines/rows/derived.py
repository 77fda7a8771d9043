"""A question that two or more figures answer: its operands, how it is asked, and the answer computed from them.

    change      two years of one item        가온의 2023년 매출액은 2022년보다 얼마나 변했나요?
    comparison  two companies, one item      가온과 한빛 중 2023년 매출액이 더 큰 곳은?
    share       part of a total, or a ratio  가온의 2023년 자본총계 대비 부채총계의 비율(부채비율)은?
    ranking     three companies or items     가온, 한빛, 푸른솔의 2023년 매출액을 큰 순서대로

The answer quotes every operand as printed, with its citation, and then the result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mundap.korean import josa
from pipelines.facts import PlacedFact
from pipelines.rows.arithmetic import difference, number, share, worth
from pipelines.rows.askable import period
from pipelines.rows.phrases import EASY, ROUNDED, Voice, changed, states, when

Kind = Literal["change", "comparison", "share", "ranking"]
_MANY = frozenset("원 천원 백만원 억원 십억원 조원 명 인 주 천주 백만주 건 개".split())

_PER = re.compile(r"주당|단가|1인|평균|가격")   # high or low, not many or few


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """One computed question. facts are the operands in the order asked: new and old, part and whole, one and other.

    form names the template file; name is the ratio's own name ("부채비율"), "" for a part of a total.
    """

    kind: Kind
    form: str
    facts: tuple[PlacedFact, ...]
    with_basis: bool
    name: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """Return what tells two questions apart, the order of operands aside."""
        return self.kind, self.name, tuple(sorted(
            (fact.company, fact.fiscal_year, period(fact), fact.item, fact.basis * self.with_basis)
            for fact in self.facts))

    @property
    def values(self) -> Mapping[str, str]:
        """Return the values of the form's placeholders."""
        first, last = self.facts[0], self.facts[-1]
        words = Voice(with_basis=self.with_basis)
        return {
            "company": first.company, "other": last.company, "year": str(first.fiscal_year),
            "prior": str(last.fiscal_year), "item": words.item(first), "part": words.item(first),
            "whole": last.item, "name": f"비율({self.name})" if self.name else "비중",
            "companies": ", ".join(fact.company for fact in self.facts),
            "items": ", ".join([words.item(first), *(fact.item for fact in self.facts[1:])]),
        }

    def answer(self, marks: Sequence[str], voice: Voice) -> str:
        """Return the answer. marks are the operands' citations, "[1]", in the operands' order."""
        both = "".join(sorted(set(marks)))
        if self.kind == "ranking":
            return _ranked(self, voice, both)
        quoted = [states(self.facts[0], voice, marks[0]), _second(self, voice, marks[1])]
        if self.kind == "change":
            result = changed(self.facts[0], self.facts[1], voice, both)
        elif self.kind == "comparison":
            result = _compared(self.facts[0], self.facts[1], voice, both)
        else:
            result = _shared(self, voice, both)
        return " ".join([*quoted, result])

    @property
    def result(self) -> tuple[str, str]:
        """Return the figure that the answer ends in, as (value, unit)."""
        first, last = self.facts[0], self.facts[-1]
        if self.kind == "share":
            return share(first, last).removesuffix("%"), "%"
        if self.kind == "ranking":
            top = max(self.facts, key=worth)
            return top.value, top.unit
        size = difference(first, last).removeprefix("약 ")
        digits = size.rstrip("".join(letter for letter in size if not letter.isdigit()))
        return digits, size[len(digits):]


def _second(one: Derived, voice: Voice, mark: str) -> str:
    """Return the sentence of the second operand, with no more of its subject than the first sentence left open."""
    fact = one.facts[1]
    amount = voice.amount(fact)
    if one.kind == "change":
        return f"{when(fact)}에는 {josa(amount, '이었/였')}습니다. {mark}"
    if one.kind == "comparison":
        return f"{josa(voice.subject(fact, explained=False), '은/는')} {amount}입니다. {mark}"
    name = fact.item + voice.meaning(fact.item)
    return f"{josa(name, '은/는')} {amount}입니다. {mark}"


def _compared(one: PlacedFact, other: PlacedFact, voice: Voice, mark: str) -> str:
    if worth(one) == worth(other):
        same = josa(f"{one.value}{one.unit}", "으로/로")
        return f"{josa(one.company, '과/와')} {josa(other.company, '은/는')} {same} 같습니다. {mark}"
    more, less = (one, other) if worth(one) > worth(other) else (other, one)
    if one.unit == "%" or _PER.search(one.item):
        adjective = "높습니다"
    else:
        adjective = "많습니다" if one.unit in _MANY and worth(less) >= 0 else "큽니다"
    return f"{josa(more.company, '이/가')} {less.company}보다 {difference(more, less)} 더 {adjective}. {mark}"


def _shared(one: Derived, voice: Voice, mark: str) -> str:
    part, whole = one.facts
    told = share(part, whole)
    rounded = f"({ROUNDED})" if voice.exact else ""
    if one.name:
        name = one.name + voice.meaning(one.name)
        return (f"{josa(part.item, '을/를')} {josa(whole.item, '으로/로')} 나눈 {josa(name, '은/는')} {told}입니다"
                f"{rounded}. {mark}")
    return f"{whole.item}에서 {josa(part.item, '이/가')} 차지하는 비중은 {told}입니다{rounded}. {mark}"


def _ranked(one: Derived, voice: Voice, mark: str) -> str:
    order = sorted(one.facts, key=worth, reverse=True)
    first = order[0]
    by_company = one.form == "ranking_companies"
    names = [fact.company if by_company else fact.item for fact in order]
    if by_company:
        about = josa(f"{first.fiscal_year}년 {voice.explained(first)}", "이/가")
    else:
        basis = f"{first.basis} 기준 " if voice.exact and first.basis else f"{first.basis} " * one.with_basis
        about = f"{first.company}의 {when(first)} {basis}수치가"
    listed = [f"{name}({', '.join(filter(None, (f'{fact.value}{fact.unit}', voice.easy(fact))))})"
              for name, fact in zip(names, order, strict=True)]
    if voice.level == EASY:
        thing = "곳" if by_company else "것"
        return (f"{about} 가장 큰 {thing}은 {listed[0]}이고, 그다음은 {', '.join(listed[1:])} 순입니다. {mark}")
    return f"{voice.source(first)}{about} 큰 순서는 {', '.join(listed)}입니다. {mark}"


def told_apart(facts: Sequence[PlacedFact]) -> bool:
    """Return whether no two operands are the same size, so that an order can be told."""
    return len({worth(fact) for fact in facts}) == len(facts) and all(number(fact) > 0 for fact in facts)
