"""Whether passages can answer a question at all: the line, or the passage, that names what the question names.

Two kinds of evidence. A fact line ("가온누리전자 2023년 매출액: 1,234백만원") must hold every word of the question, or its
figure answers another question. A passage of prose must hold at least half of them: people word questions their own way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mundap import reporting_period
from mundap.context import LineMatch, label, match
from mundap.korean import josa
from mundap.prompt import Passage
from mundap.question import Question, missing, squeeze
from rag.checks.orders import evidence_of

MIN_PROSE_COVERAGE = 0.5
MAX_FIGURE_SURPLUS = 2  # letters of a line's label beyond the question, for the question to be about that line's figure
# "2. 1년 이상 3년 미만: 25%" is a clause of terms: prose, not a figure of one thing
_CLAUSE = re.compile(r"\s*(?:\d{1,2}\.\s|[①-⑳]|[가-하]\.\s|\(\d{1,2}\))")
_BASES = frozenset(("연결", "별도", "개별"))
_NTH = {"첫": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4, "다섯": 5}
_ORDINAL = re.compile(r"(\d{1,2})\s?(?:위|번째)|(첫|두|둘|세|셋|네|넷|다섯)\s?번?째|가장|제일")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A place that answers the question: passage number, line index (None for a whole passage), and how well it fits.

    names are those of the question that the line holds, where it asks of several years, companies or items.
    """

    passage: int
    line: int | None
    rank: tuple[int, int]
    names: frozenset[str] = frozenset()


def is_fact(line: str) -> bool:
    """Return whether a line states one figure of one thing, as `label: value`, and is no numbered clause."""
    name, colon, value = line.partition(": ")
    return bool(colon) and not _CLAUSE.match(line) and len(name) <= 120 and any(letter.isdigit() for letter in value[:4])


def find(question: Question, passages: Sequence[Passage]) -> list[Evidence]:
    """Return every fact line and prose passage that answers the question, best first; empty when none does.

    Of several years or names asked for, the lines must hold every one together: with 2022's line alone, "2023년 매출액은
    2022년보다 얼마나 변했나요?" gets 2022's figure for an answer.
    """
    if question.unknown:
        return []  # it asks about a name the index does not hold; passages about a similar one are no evidence
    facts, found, place = list[Evidence](), list[Evidence](), _place(question.text)
    passages = evidence_of(passages)
    for passage in passages:
        prose = [line for line in passage.lines if line and not is_fact(line)]
        for at, line in enumerate(passage.lines):
            if is_fact(line) and not _of_another_time(question, line):
                fits: LineMatch = match(question, line, passage.head, as_written=True)
                if set(fits.missing) <= _aside(label(line), place):
                    facts.append(Evidence(passage=passage.number, line=at, rank=(0, fits.surplus),
                                          names=_several(question, line)))
        if prose and question.words:
            lacking = len(missing(question, "\n".join((passage.head, *prose)), as_written=True))
            if 1 - lacking / len(question.words) >= MIN_PROSE_COVERAGE and _names_subject(question, passage):
                found.append(Evidence(passage=passage.number, line=None, rank=(1 + lacking, 0)))
    if place and any(place in label(line) for line in (_line(one, passages) for one in facts)):
        facts = [one for one in facts if place in label(_line(one, passages))]
    if question.computing:   # a line that holds the words that ask for it states what was to be computed
        facts = facts or operands(question, passages)
    elif not _together(question) <= frozenset().union(*(one.names for one in facts)):
        facts = []
    return sorted([*facts, *found], key=lambda one: one.rank)


def _aside(name: str, place: str) -> frozenset[str]:
    """Return the words a label need not hold: 가운데 of "총액 중 여성 외래 비중", 번째 of "2위"."""
    among = ("가운데",) if " 중 " in name else ()
    return frozenset((*among, "번째", "번") if place and place in name else among)


def _place(text: str) -> str:
    """Return the place in an order that a question asks for, as a line says it: "2위" of 두 번째, "1위" of 가장; "" for none."""
    found = _ORDINAL.search(text)
    if found is None:
        return ""
    return f"{found[1] or _NTH.get(found[2] or '', 1)}위"


def _line(one: Evidence, passages: Sequence[Passage]) -> str:
    return next(passage.lines[one.line or 0] for passage in passages if passage.number == one.passage)


def operands(question: Question, passages: Sequence[Passage]) -> list[Evidence]:
    """Return the fact lines that a question about a change, a comparison, a share or an order is computed from.

    Two at least, which together hold every year, company and item the question names; empty when one is lacking. Lines of
    several years or companies are of the one item asked; of one year and company, each may be of one of several items. All
    are of the basis asked (별도), since the other one's figure is another figure.
    """
    entities = {squeeze(str(name)) for names in (question.years, *question.filters.values()) for name in names}
    items = {word for word in question.words if word not in question.computing
             and not any(name in word or word in name for name in entities)}
    several = len(question.years) > 1 or any(len(names) > 1 for names in question.filters.values())
    labels = [squeeze(label(line)) for passage in passages for line in passage.lines if is_fact(line)]
    named = {word for word in items if any(word in one for one in labels)}   # a head that says 입원외래별 is of neither
    found = []
    for passage in passages:
        for at, line in enumerate(passage.lines):
            if not is_fact(line) or _of_another_time(question, line):
                continue
            fits = match(question, line, passage.head, as_written=True)
            lacking = (set(fits.missing) - question.computing) | {
                word for word in named if word in squeeze(passage.head) and word not in squeeze(label(line))}
            if lacking & _BASES or (several and lacking & items):
                continue
            if lacking <= items and (lacking != items or not items):
                held = (items - lacking) | {name for name in entities if name in squeeze(label(line))}
                found.append(Evidence(passage=passage.number, line=at, rank=(1, fits.surplus), names=frozenset(held)))
    kinds = {one.names for one in found}
    return found if len(kinds) > 1 and frozenset().union(*kinds) >= entities | items else []


def best_lines(question: Question, passages: Sequence[Passage], found: Sequence[Evidence] | None = None
               ) -> dict[tuple[int, int], frozenset[str]]:
    """Return (passage number, line index) of the fact lines that fit the question best, ties included, and what each is of.

    Of several years, companies or items asked for, the best of each; their names are the value, empty where one is asked.
    found is what find() returns for the same arguments, where the caller has it.
    """
    best: dict[frozenset[str], tuple[int, int]] = {}
    lines = [one for one in (find(question, passages) if found is None else found) if one.line is not None]
    for one in lines:
        best.setdefault(one.names, one.rank)
    return {(one.passage, one.line): one.names for one in lines if one.line is not None and one.rank == best[one.names]}


def asked_figure(found: Sequence[Evidence]) -> bool:
    """Return whether a question, by what find() returns for it, asks for the very figure of a line: without it none answers."""
    return any(one.line is not None and one.rank[1] <= MAX_FIGURE_SURPLUS for one in found)


def narrow(question: Question, passages: Sequence[Passage]) -> list[Passage]:
    """Return the best evidence alone: one passage, one line of it when it is a fact line; empty when there is none.

    Of a computed answer, or of one about several years, companies or items, the lines it rests on. What a document tells
    whoever answers (rag.checks.orders) is left out.
    """
    passages = [replace(one, lines=tuple(filter(None, one.lines))) for one in evidence_of(passages)]
    found = find(question, passages)
    if not found:
        return []
    several = len({one.names for one in found if one.line is not None and one.names}) > 1
    if found[0].line is not None and (found[0].rank[0] or several):
        kept = best_lines(question, passages)
        return [Passage(number=one.number, head=one.head, chunk_id=one.chunk_id, lines=lines) for one in passages
                if (lines := tuple(line for at, line in enumerate(one.lines) if (one.number, at) in kept))]
    passage = next(one for one in passages if one.number == found[0].passage)
    lines = passage.lines if found[0].line is None else (passage.lines[found[0].line],)
    return [Passage(number=passage.number, head=passage.head, lines=lines, chunk_id=passage.chunk_id)]


def subject(lines: Sequence[str]) -> str:
    """Return how an answer from a single fact line begins: its label as the topic ("… 매출액은"), never its figure."""
    return josa(label(lines[0]), "은/는") if len(lines) == 1 and is_fact(lines[0]) else ""


def _together(question: Question) -> frozenset[str]:
    """Return the years and names of which the question asks for several at once; empty when it asks for one of each."""
    return frozenset(squeeze(str(value)) for values in (question.years, *question.filters.values()) if len(values) > 1
                     for value in values)


def _several(question: Question, line: str) -> frozenset[str]:
    """Return which of several years, or several values of one filter, a line's own label names."""
    name = squeeze(label(line))
    return frozenset(text for text in _together(question) if text in name)


def _of_another_time(question: Question, line: str) -> bool:
    """Return whether a line's own label names years and none of those asked, or a part of the year that is not asked.

    A report of 2023 also holds 2022's column, and its head would lend that line the year; a half-year's figure holds
    every word of a question about the year.
    """
    name = label(line)
    named = {int(year) for year in _YEAR.findall(name)}
    other_year = bool(question.years) and bool(named) and named.isdisjoint(question.years)
    return other_year or not reporting_period.fits(question.text, name)


def _names_subject(question: Question, passage: Passage) -> bool:
    """Return whether a passage is about what the question filters by (its company, its year): never another's prose."""
    text = f"{passage.head}\n{passage.text}".replace(" ", "")
    return all(any(str(value).replace(" ", "") in text for value in values) for values in question.filters.values())
