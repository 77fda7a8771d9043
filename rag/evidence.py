"""Whether passages can answer a question at all: the line, or the passage, that names what the question names.

Two kinds of evidence. A fact line ("가온누리전자 2023년 매출액: 1,234백만원") must hold every word of the question, or its
figure answers another question. A passage of prose must hold at least half of them: people word questions their own way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mundap import reporting_period
from mundap.context import LineMatch, label, match
from mundap.korean import josa
from mundap.prompt import Passage
from mundap.question import Question, missing

MIN_PROSE_COVERAGE = 0.5
MAX_FIGURE_SURPLUS = 2  # letters of a line's label beyond the question, for the question to be about that line's figure
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A place that answers the question: passage number, line index (None for a whole passage), and how well it fits."""

    passage: int
    line: int | None
    rank: tuple[int, int]


def is_fact(line: str) -> bool:
    """Return whether a line states one figure of one thing, as `label: value`."""
    name, colon, value = line.partition(": ")
    return bool(colon) and len(name) <= 120 and any(letter.isdigit() for letter in value[:4])


def find(question: Question, passages: Sequence[Passage]) -> list[Evidence]:
    """Return every fact line and prose passage that answers the question, best first; empty when none does."""
    if question.unknown:
        return []  # it asks about a name the index does not hold; passages about a similar one are no evidence
    found: list[Evidence] = []
    for passage in passages:
        prose = [line for line in passage.lines if not is_fact(line)]
        for at, line in enumerate(passage.lines):
            if is_fact(line) and not _of_another_year(question, line) and reporting_period.fits(question.text, label(line)):
                fits: LineMatch = match(question, line, passage.head)
                if fits.exact:
                    found.append(Evidence(passage=passage.number, line=at, rank=(0, fits.surplus)))
        if prose and question.words:
            lacking = len(missing(question, "\n".join((passage.head, *prose))))
            if 1 - lacking / len(question.words) >= MIN_PROSE_COVERAGE and _names_subject(question, passage):
                found.append(Evidence(passage=passage.number, line=None, rank=(1 + lacking, 0)))
    return sorted(found, key=lambda one: one.rank)


def best_lines(question: Question, passages: Sequence[Passage]) -> set[tuple[int, int]]:
    """Return (passage number, line index) of the fact lines that fit the question best, ties included."""
    lines = [one for one in find(question, passages) if one.line is not None]
    return {(one.passage, one.line) for one in lines if one.line is not None and one.rank == lines[0].rank}


def asked_figure(question: Question, passages: Sequence[Passage]) -> bool:
    """Return whether the question asks for the very figure of a line: then an answer without it is none."""
    return any(one.line is not None and one.rank[1] <= MAX_FIGURE_SURPLUS for one in find(question, passages))


def narrow(question: Question, passages: Sequence[Passage]) -> list[Passage]:
    """Return the best evidence alone: one passage, one line of it when it is a fact line; empty when there is none."""
    found = find(question, passages)
    if not found:
        return []
    passage = next(one for one in passages if one.number == found[0].passage)
    lines = passage.lines if found[0].line is None else (passage.lines[found[0].line],)
    return [Passage(number=passage.number, head=passage.head, lines=lines, chunk_id=passage.chunk_id)]


def subject(lines: Sequence[str]) -> str:
    """Return how an answer from a single fact line begins: its label as the topic ("… 매출액은"), never its figure."""
    return josa(label(lines[0]), "은/는") if len(lines) == 1 and is_fact(lines[0]) else ""


def _of_another_year(question: Question, line: str) -> bool:
    """Return whether a line's own label names years and none of those asked: a report of 2023 also holds 2022's column,
    and its head would lend that line the year.
    """
    named = {int(year) for year in _YEAR.findall(label(line))}
    return bool(question.years) and bool(named) and named.isdisjoint(question.years)


def _names_subject(question: Question, passage: Passage) -> bool:
    """Return whether a passage is about what the question filters by (its company, its year): never another's prose."""
    text = f"{passage.head}\n{passage.text}".replace(" ", "")
    return all(any(str(value).replace(" ", "") in text for value in values) for values in question.filters.values())
