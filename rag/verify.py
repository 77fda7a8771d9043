"""What is done with a model's answer before anyone sees it: check, repair, strike, or decline. No figure is ever written.

A sentence stands when every figure, date and article in it follows from the passage it cites, and when the line its
figure stands in is the one the question asks about: this company, this year, this item. A citation that does not support
its sentence is moved to one that does. What does not stand is struck; an answer with nothing left is declined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mundap.grounding import ClaimCheck, SentenceCheck, check
from mundap.korean import morphemes
from mundap.prompt import Passage
from mundap.question import Question
from rag.evidence import asked_figure, best_lines, is_fact

Status = Literal["verified", "repaired", "struck", "declined", "flagged"]
Policy = Literal["flag", "strike", "abstain"]
MIN_WORD_SUPPORT = 0.6  # share of a sentence's content morphemes that its passage must hold when it has no figure
# "가온의 2021년 사업보고서에 해당 내용이 없습니다": a model words its own way what it was taught to say in one.
_DECLINING = re.compile(r"내용이(?:없|나오지않|나와있지않|명시되어있지않)|찾을수(?:가)?없|확인할수(?:가)?없|알수(?:가)?없")
_MARK = re.compile(r"\s*\[\s*\d+\s*\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """A sentence that was taken out of an answer, and why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A checked answer: its text with numbered citations, what happened to it, and which lines carry it.

    lines holds (passage number, line index) of the evidence; checked counts the figures, dates and articles looked up.
    """

    text: str
    status: Status
    citations: tuple[int, ...] = ()
    lines: tuple[tuple[int, int], ...] = ()
    struck: tuple[Struck, ...] = ()
    checked: int = 0


def declines(text: str, decline_text: str) -> bool:
    """Return whether an answer says, in the domain's words or the usual ones, that the documents do not hold it."""
    letters = _letters(text)
    return _letters(decline_text) in letters or bool(_DECLINING.search(letters))


def verify(question: Question, answer: str, passages: Sequence[Passage], *, decline_text: str, policy: Policy) -> Verdict:
    """Return the answer as it may be shown, under a policy.

    flag keeps every sentence and says which fail; strike takes those out; abstain declines when a struck sentence held
    the answer's only figure or nothing is left.
    """
    if declines(answer, decline_text) or not answer.strip():
        return Verdict(text=decline_text, status="declined")
    wanted = best_lines(question, passages)
    report = check(answer, passages)
    kept: list[str] = []
    struck: list[Struck] = []
    citations: list[int] = []
    lines: list[tuple[int, int]] = []
    repaired, checked = False, 0
    for sentence in report.sentences:
        checked += len(sentence.claims)
        number, places, reason = _judge(sentence, passages, wanted)
        if reason:
            struck.append(Struck(text=sentence.text, reason=reason))
        if reason and policy != "flag":
            continue
        repaired = repaired or (number is not None and sentence.citations != (number,))
        kept.append(_MARK.sub("", sentence.text).strip() + (f" [{number}]" if number is not None else ""))
        if number is not None:
            citations.append(number)
            lines.extend(places)
    silent = bool(asked_figure(question, passages)) and not wanted.intersection(lines)
    if silent and kept and policy == "abstain":
        struck.extend(Struck(text=text, reason="it does not give the figure asked for") for text in kept)
        kept = []
    if not kept or (policy == "abstain" and struck and not lines):
        return Verdict(text=decline_text, status="declined", struck=tuple(struck), checked=checked)
    status: Status = "flagged" if struck and policy == "flag" else "struck" if struck else \
        "repaired" if repaired else "verified"
    return Verdict(text=" ".join(kept), status=status, citations=tuple(dict.fromkeys(citations)),
                   lines=tuple(dict.fromkeys(lines)), struck=tuple(struck), checked=checked)


def _judge(sentence: SentenceCheck, passages: Sequence[Passage], wanted: set[tuple[int, int]]
           ) -> tuple[int | None, list[tuple[int, int]], str]:
    """Return the passage number that carries a sentence, its lines there, and why it fails ("" when it stands)."""
    figures = [claim for claim in sentence.claims if claim.claim.numeric]
    elsewhere: tuple[int, list[tuple[int, int]]] | None = None
    for number in dict.fromkeys([*sentence.citations, *(passage.number for passage in passages)]):
        passage = next((one for one in passages if one.number == number), None)
        if passage is None or not all(claim.holds_in((number,)) for claim in sentence.claims):
            continue
        places = _places(figures, passage)
        if not figures and _word_support(sentence.text, passage) < MIN_WORD_SUPPORT:
            continue
        if places and all(is_fact(passage.lines[at]) for _, at in places) and not wanted.intersection(places):
            elsewhere = elsewhere or (number, places)
            continue
        return number, ([place for place in places if place in wanted] or places), ""
    if elsewhere:
        return *elsewhere, "the figure stands in the passage, but for something else than the question asks"
    lacking = next((claim.claim.text for claim in sentence.claims if not claim.supported), "")
    if lacking:
        return None, [], f"{lacking!r} stands in no passage"
    return None, [], "no passage supports the sentence"


def _places(figures: Sequence[ClaimCheck], passage: Passage) -> list[tuple[int, int]]:
    """Return the lines of a passage that hold the figures of a sentence; a figure in its head (line -1) has none."""
    return [(passage.number, at) for claim in figures for support in claim.supports if support.passage == passage.number
            for at in support.lines if at >= 0]


def _word_support(text: str, passage: Passage) -> float:
    """Return the share of a sentence's content morphemes that a passage holds, 0 for a sentence without any."""
    words = set(morphemes(_MARK.sub("", text)))
    return len(words & set(morphemes(f"{passage.head}\n{passage.text}"))) / len(words) if words else 0.0


def _letters(text: str) -> str:
    return re.sub(r"[\s.'\"]+", "", text)
