"""What is done with a model's answer before anyone sees it: check, repair, strike, or decline. No figure is ever written.

A sentence stands when every figure, date and article in it follows from the passage it cites, and when the line its
figure stands in is the one the question asks about: this company, this year, this item. A paragraph named as the source
("제24조 제2항에 따르면") must be the one that says it. A citation that does not support its sentence is moved to one that
does. What does not stand is struck; an answer with nothing left is declined. What documents tell whoever answers is no
evidence, and a sentence that repeats the prompt, writes markup or names an address of its own is struck (rag.checks.orders).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from mundap.grounding import ClaimCheck, SentenceCheck, check
from mundap.grounding.items import item_of
from mundap.korean import morphemes
from mundap.prompt import Passage
from mundap.question import Question
from rag.checks.contracts import of_contract_asked
from rag.checks.evidence import Evidence, asked_figure, best_lines, find, is_fact
from rag.checks.naming import foreign_name
from rag.checks.orders import evidence_of, improper
from rag.checks.source_named import SOURCE, misnamed

Status = Literal["verified", "repaired", "struck", "declined", "flagged"]
Policy = Literal["flag", "strike", "abstain"]
Wanted = Mapping[tuple[int, int], frozenset[str]]   # best_lines
MIN_WORD_SUPPORT = 0.6  # share of a sentence's content morphemes that its passage must hold when it has no figure
# "가온의 2021년 사업보고서에 해당 내용이 없습니다": a model words its own way what it was taught to say in one.
_DECLINING = re.compile(r"내용이(?:없|나오지않|나와있지않|명시되어있지않)"
                        r"|(?:찾을|확인할|알)수(?:가)?없(?!으면|는경우|는때|을때|거나)")
_MARK = re.compile(r"\s*\[\s*\d+\s*\]")
_SAME_LAW = re.compile(r"같은\s?(?:조|법|영|시행령|시행규칙|약관|특약)\s?$")
_ASKING = re.compile(r"(?:나요|니까|까요|가요|건가요|는지요)[.?!]*\s*$")   # a small model may hand the question back as its answer


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


def verify(question: Question, answer: str, passages: Sequence[Passage], *, decline_text: str, policy: Policy, told: str = ""
           ) -> Verdict:
    """Return the answer as it may be shown, under a policy; told is what the model was told to do, which is not shown.

    flag keeps every sentence and says which fail; strike takes those out; abstain declines when a struck sentence held
    the answer's only figure or nothing is left.
    """
    if declines(answer, decline_text) or not answer.strip():
        return Verdict(text=decline_text, status="declined")
    passages = of_contract_asked(question, evidence_of(passages))
    found = find(question, passages)
    wanted = best_lines(question, passages, found)
    report = check(answer, passages)
    kept, said, citations = list[str](), set[str](), list[int]()
    struck, lines = list[Struck](), list[tuple[int, int]]()
    repaired, checked = False, 0
    for sentence in report.sentences:
        checked += len(sentence.claims)
        numbers, places, reason = _judge(sentence, passages, wanted)
        if not reason and (foreign := foreign_name(sentence, question, passages, places)):
            numbers, places, reason = (), [], f"the figure is not of {foreign!r}"
        reason = improper(sentence.text, passages, told) or reason
        if reason:
            struck.append(Struck(text=sentence.text, reason=reason))
        if reason and policy != "flag":
            continue
        bare = _MARK.sub("", sentence.text).strip()
        if policy != "flag" and bare in said:
            continue    # a small model's tail repeats itself; said once is enough
        said.add(bare)
        repaired = repaired or (bool(numbers) and sentence.citations != numbers)
        kept.append(" ".join(filter(None, (bare, "".join(f"[{number}]" for number in numbers)))))
        citations.extend(numbers)
        lines.extend(places)
    reason = _silent(found, wanted, lines)
    if reason and kept and policy == "abstain":
        struck.extend(Struck(text=text, reason=reason) for text in kept)
        kept = []
    if not kept or (policy == "abstain" and struck and not lines):
        return Verdict(text=decline_text, status="declined", struck=tuple(struck), checked=checked)
    status = ("flagged" if policy == "flag" else "struck") if struck else "repaired" if repaired else "verified"
    return Verdict(text=" ".join(kept), status=cast(Status, status), citations=tuple(dict.fromkeys(citations)),
                   lines=tuple(dict.fromkeys(lines)), struck=tuple(struck), checked=checked)


def _silent(found: Sequence[Evidence], wanted: Wanted, lines: Sequence[tuple[int, int]]) -> str:
    """Return why an answer does not answer, whatever it says: not the figure asked for, or one figure of several needed."""
    if asked_figure(found) and wanted.keys().isdisjoint(lines):
        return "it does not give the figure asked for"
    told = {wanted[place] for place in lines if place in wanted}
    if len(set(wanted.values())) > 1 and len(told) == 1 and any(told):
        return "it gives the figure of one of the years, names or items asked for, and not the others'"
    return ""


def _judge(sentence: SentenceCheck, passages: Sequence[Passage], wanted: Wanted
           ) -> tuple[tuple[int, ...], list[tuple[int, int]], str]:
    """Return the passage numbers that carry a sentence, its lines there, and why it fails ("" when it stands).

    One passage carries it wherever one can; a figure computed from two passages needs both.
    """
    if _ASKING.search(_MARK.sub("", sentence.text)):
        return (), [], "it asks, where an answer was to be given"
    figures = [claim for claim in sentence.claims if claim.claim.numeric]
    other = ""
    elsewhere: tuple[tuple[int, ...], list[tuple[int, int]]] | None = None
    for numbers in _carriers(sentence, passages):
        chosen = [passage for passage in passages if passage.number in numbers]
        if len(chosen) < len(numbers) or not all(claim.holds_in(numbers) for claim in sentence.claims):
            continue
        places = [place for passage in chosen for place in _places(figures, passage)]
        wrong = next((name for passage in chosen if (name := misnamed(sentence, passage))), "")
        if wrong:
            other = wrong
            continue
        if not figures and not _quoted(sentence, chosen[0]) and _word_support(sentence, chosen[0]) < MIN_WORD_SUPPORT:
            continue
        if len(chosen) > 1 and not _about(places, wanted, passages):
            elsewhere = elsewhere or (numbers, places)
            continue
        of_facts = all(is_fact(_line(place, passages)) for place in places)
        if places and of_facts and wanted.keys().isdisjoint(places):
            elsewhere = elsewhere or (numbers, places)
            continue
        asked = [place for place in places if place in wanted]
        return numbers, (places if len(chosen) > 1 else asked or places), ""
    if elsewhere:
        return *elsewhere, "the figure stands in the passage, but for something else than the question asks"
    lacking = next((claim.claim.text for claim in sentence.claims if not claim.supported), "")
    if lacking:
        return (), [], f"{lacking!r} stands in no passage"
    return (), [], f"{other} says something else" if other else "no passage supports the sentence"


def _carriers(sentence: SentenceCheck, passages: Sequence[Passage]) -> list[tuple[int, ...]]:
    """Return the sets of passages to try for a sentence: each cited one, each other, then several together.

    Several: the cited ones in the order cited, then those that its figures were found to need. The cited ones come
    first of all when each of them holds a figure of the sentence.
    """
    alone = [(number,) for number in dict.fromkeys([*sentence.citations, *(passage.number for passage in passages)])]
    figures = [claim for claim in sentence.claims if claim.claim.numeric]
    needed = tuple(sorted({number for claim in figures if claim.supported
                           for number in (claim.supported_by if claim.derived else claim.supported_by[:1])}))
    joined = [numbers for numbers in dict.fromkeys((sentence.citations, needed)) if len(numbers) > 1]
    holding = {number for claim in figures for number in claim.supported_by}
    if joined[:1] == [sentence.citations] and holding.issuperset(sentence.citations):
        return joined[:1] + alone + joined[1:]
    return alone + joined


def _about(places: Sequence[tuple[int, int]], wanted: Wanted, passages: Sequence[Passage]) -> bool:
    """Return whether every line several passages are joined for is asked about, its year aside."""
    asked = {item_of(_line(place, passages)) for place in wanted}
    return all(item_of(_line(place, passages)) in asked for place in places)


def _line(place: tuple[int, int], passages: Sequence[Passage]) -> str:
    return next(passage.lines[place[1]] for passage in passages if passage.number == place[0])


def _places(figures: Sequence[ClaimCheck], passage: Passage) -> list[tuple[int, int]]:
    """Return the lines of a passage that hold the figures of a sentence; a figure in its head (line -1) has none."""
    return [(passage.number, at) for claim in figures for support in claim.supports if support.passage == passage.number
            for at in support.lines if at >= 0]


def _word_support(sentence: SentenceCheck, passage: Passage) -> float:
    """Return the share of a sentence's content morphemes that a passage holds, 0 for a sentence without any.

    Dates and articles are checked as such, in whatever form: the words are counted with them and without, the better counts.
    """
    wanted = [set(morphemes(_MARK.sub("", text))) for text in (sentence.text, _without_references(sentence))]
    support, held = 0.0, set[str]()
    letters = set(_letters(sentence.text))
    for line in sorted((passage.head, *passage.lines), key=lambda line: -len(letters.intersection(line))):
        held.update(morphemes(line))
        support = max(len(words & held) / len(words) for words in wanted if words) if any(wanted) else 0.0
        if support >= MIN_WORD_SUPPORT:   # the rest of a long article need not be analysed
            break
    return support


def _without_references(sentence: SentenceCheck) -> str:
    """Return a sentence without its dates, and without its articles and the words that make them its source."""
    text, start = sentence.text, sentence.span[0]
    for one in sorted(sentence.claims, key=lambda one: one.claim.span, reverse=True):
        if one.claim.kind in ("date", "article"):
            first, last = (at - start for at in one.claim.span)
            source = SOURCE.match(text, last)
            text = _SAME_LAW.sub(" ", text[:first]) + " " + text[source.end() if source else last:]
    return text


def _quoted(sentence: SentenceCheck, passage: Passage) -> bool:
    """Return whether a sentence is a whole line of its passage ("그렇지 않습니다."), which no other passage is cited for."""
    said = _letters(_MARK.sub("", sentence.text))
    return bool(said) and sentence.citations in ((), (passage.number,)) and any(said == _letters(line) for line in passage.lines)


def _letters(text: str) -> str:
    return re.sub(r"[\s.'\"]+", "", text)
