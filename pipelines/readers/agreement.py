"""Facts of one document made to agree: where one name stands for different figures, the name grows or the figure goes.

A statement's figure keeps its plain name ("연결 매출액"). A figure from another table that bears the same name but
another value gets its table's topic before it; figures that even then contradict each other are not facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from pipelines.readers.candidates import (
    CASH_FLOW,
    FORM,
    OTHER,
    STATEMENT,
    SUMMARY,
    Candidate,
    with_parent,
)
from pipelines.readers.labels import is_generic
from pipelines.readers.numerals import MONEY
from pipelines.reading import Fact

_MEASURE = re.compile(
    r"매출액|매출$|매입액|영업이익|순이익|비중|가동률|생산능력|생산실적|수주총액|수주잔고|점유율|급여|보수|직원\s?수|연구개발"
)


def agree(candidates: Iterable[Candidate], company: str) -> dict[str, list[Fact]]:
    """Return facts by locator of their table cell; each subject has one value (a value in coarser units agrees)."""
    named = [named for candidate in candidates if (named := _self_explaining(candidate)) is not None]
    named = _resolve(named, with_parent)
    named = _resolve(named, _with_topic)
    named = _resolve(named, None)
    facts: dict[str, list[Fact]] = {}
    for candidate in named:
        facts.setdefault(candidate.locator, []).append(
            Fact(
                company=company,
                fiscal_year=candidate.fiscal_year,
                period=candidate.period,
                source=candidate.source,
                item=candidate.item,
                value=candidate.value,
                unit=candidate.unit,
                basis=candidate.basis,
                locator=candidate.locator,
            )
        )
    return facts


def _self_explaining(candidate: Candidate) -> Candidate | None:
    """Return the candidate under a name that can be understood without its table, or None when there is none.

    Accounts of statements, and the standard forms' own labels, can; elsewhere an item needs its table's topic unless
    it says both what and how much of it ("TV 매출액") or shares the section's own word ("연구개발비용 총계").
    """
    generic = all(is_generic(part) for part in candidate.parts)
    if candidate.kind in (STATEMENT, SUMMARY, CASH_FLOW):
        return None if generic else candidate
    if candidate.kind == FORM and not generic:
        return candidate
    if candidate.kind == OTHER and not candidate.about_others:
        measured = len(candidate.parts) > 1 and not is_generic(candidate.parts[0]) and _MEASURE.search(candidate.item)
        if measured or (candidate.parts[0][:4] in candidate.section.replace(" ", "") and len(candidate.parts[0]) > 4):
            return candidate
    named = _with_topic(candidate)
    return named if candidate.topic else None


def _resolve(candidates: list[Candidate], rename: Callable[[Candidate], Candidate] | None) -> list[Candidate]:
    """Keep the figures of the best-trusted tables under each name; rename, or drop, those that contradict."""
    groups: dict[tuple[int, str, str, str], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.name, []).append(candidate)
    kept: list[Candidate] = []
    for group in groups.values():
        if len(group) == 1:
            kept += group
            continue
        best = min(candidate.kind for candidate in group)
        trusted = [candidate for candidate in group if candidate.kind == best]
        sure = all(same_amount(candidate, trusted[0]) for candidate in trusted)
        for candidate in group:
            if sure and same_amount(candidate, trusted[0]):
                kept.append(candidate)
            elif rename is not None:
                kept.append(rename(candidate))
    return kept


def same_amount(one: Candidate, other: Candidate) -> bool:
    """Return whether two figures are one amount, the coarser of two money units having been rounded or cut."""
    if one.unit == other.unit:
        return one.value == other.value or _decimal(one) == _decimal(other)
    if one.unit not in MONEY or other.unit not in MONEY:
        return False
    coarse = max(MONEY[one.unit], MONEY[other.unit])
    return abs(_decimal(one) * MONEY[one.unit] - _decimal(other) * MONEY[other.unit]) < coarse


def _with_topic(candidate: Candidate) -> Candidate:
    topic, item = candidate.topic, candidate.item
    if not topic or topic.replace(" ", "") in item.replace(" ", ""):
        return candidate
    return candidate._replace(item=f"{topic} {item}", parts=(topic, *candidate.parts))


def _decimal(candidate: Candidate) -> Decimal:
    return Decimal(candidate.value.replace(",", ""))
