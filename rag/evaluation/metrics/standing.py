"""What each figure, date and article of a reply stands on: the truth, the sources, or nothing.

    truth       it follows from the reference, the gold lines or the question
    told        it follows from a source, of something else than was asked, and its sentence says of what
    elsewhere   it follows from a source, but the sentence does not say of what: it passes for what was asked
    twisted     the amount stands somewhere, with another year, direction or sign than the reply gives it
    nowhere     it follows from nothing that was shown

mundap.grounding decides what follows; the verifier that gates answers (rag.checks) is not asked, since it is measured
against this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from mundap.context import label
from mundap.grounding import Claim, ClaimCheck, SentenceCheck, check, claims, normalise_value, sentence_spans
from mundap.grounding.claims import CITATION
from mundap.grounding.evidence import Evidence
from mundap.korean import nfc
from mundap.prompt import Passage
from mundap.question import squeeze, words
from rag.evaluation.asked import Gold, Reply

Basis = Literal["truth", "told", "elsewhere", "twisted", "nowhere"]
_GIVEN = 1               # the passage of the gold lines and the question; the reference is the second
_PROSE_SHARE = 0.6       # of a prose line's words: a sentence that has them tells that line
_BASES = frozenset(("연결", "별도", "개별", "기준"))
_YEAR = re.compile(r"(?:19|20)\d\d")
_BLANKS = re.compile(r"[ \t]{2,}")
_BROKEN_OFF = re.compile(r"\[\s*\d{0,3}\s*$")


@dataclass(frozen=True, slots=True)
class Stated:
    """One claim of a reply, the sentence it stands in, and what it stands on."""

    claim: Claim
    sentence: str
    basis: Basis


def bare(text: str) -> str:
    """Return a text in NFC without its citation marks, nor the beginning of one that it broke off in ("[18")."""
    return _BLANKS.sub(" ", _BROKEN_OFF.sub("", CITATION.sub("", nfc(text)))).strip()


def lines_of(gold: Gold) -> tuple[str, ...]:
    """Return the source lines that hold the answer."""
    return gold.lines or ((gold.line,) if gold.line else ())


def texts_of(reply: Reply) -> tuple[str, ...]:
    """Return whole texts a reply may repeat: its sources, and what its prompt quoted."""
    quoted = tuple(f"{one.head}\n{one.text}" for one in reply.passages)
    return tuple(dict.fromkeys((*reply.sources, *quoted)))


def stated(gold: Gold, reply: Reply) -> tuple[Stated, ...]:
    """Return every claim of a reply's text with what it stands on, in order."""
    return _stated(bare(reply.text), gold.question, gold.reference, lines_of(gold), (gold.value, gold.unit), texts_of(reply))


@lru_cache(maxsize=256)   # several metrics ask of the same reply, one after another
def _stated(text: str, question: str, reference: str, lines: tuple[str, ...], value: tuple[str, str],
            texts: tuple[str, ...]) -> tuple[Stated, ...]:
    if not claims(text):
        return ()
    given = [Passage(number=_GIVEN, head="", lines=(*lines, question)), _as_passage(2, bare(reference), by_sentence=True)]
    sources = [_as_passage(at, one, by_sentence=False) for at, one in enumerate(texts, start=3)]
    near, far = check(text, given), check(text, [given[0], *sources])
    everything = cache(lambda: Evidence([*given, *sources]))   # read only for a claim that follows from nothing
    found = []
    for true, wide in zip(near.sentences, far.sentences, strict=True):
        for by_truth, by_source in zip(true.claims, wide.claims, strict=True):
            basis = _basis(by_truth, by_source, true, reference, everything)
            if basis == "elsewhere" and (not by_truth.claim.numeric or _told(by_source, wide, question, sources)):
                basis = "told"
            found.append(Stated(by_truth.claim, true.text, basis))
    return _settled(found, value)


def _settled(found: Sequence[Stated], value: tuple[str, str]) -> tuple[Stated, ...]:
    """Return the claims with told and elsewhere as they are meant for the question.

    Where one value was asked for and the reply does not tell it, another true figure is no answer to it either; where the
    question asks for words, any figure of the sources may be part of them.
    """
    if not value[0]:
        return tuple(replace(one, basis="told") if one.basis == "elsewhere" else one for one in found)
    amount = normalise_value(*value) or 0   # a difference of 0 is told by words
    if not amount or any(one.basis == "truth" and one.claim.numeric and abs(one.claim.value or 0) == abs(amount) for one in found):
        return tuple(found)
    return tuple(replace(one, basis="elsewhere") if one.basis == "told" and one.claim.numeric else one for one in found)


def _basis(by_truth: ClaimCheck, by_source: ClaimCheck, sentence: SentenceCheck, reference: str,
           everything: Callable[[], Evidence]) -> Basis:
    claim = by_truth.claim
    if _GIVEN in by_truth.supported_by:
        return "truth"
    if by_truth.supported and (not by_source.conflict or _same_year(claim, sentence, reference)):
        return "truth"
    if by_source.supported:
        return "elsewhere"
    return "twisted" if claim.numeric and _stands(claim, everything()) else "nowhere"


def _same_year(claim: Claim, sentence: SentenceCheck, reference: str) -> bool:
    """Return whether the reference gives the amount to a year that the reply's sentence names, or either names none.

    Asked only where a source gives the amount to another year: the reference is prose, which the grounding does not hold
    to a year.
    """
    said = set(_YEAR.findall(sentence.text))
    for start, end in sentence_spans(reference):
        part = reference[start:end]
        if any(other.value == claim.value and other.unit == claim.unit for other in claims(part)):
            years = set(_YEAR.findall(part))
            if not said or not years or said <= years:
                return True
    return False


def _told(one: ClaimCheck, sentence: SentenceCheck, question: str, sources: Sequence[Passage]) -> bool:
    """Return whether a sentence says of what its figure is: it has the words of the line that holds it."""
    if one.derived:
        return True
    here, asked = squeeze(sentence.text), squeeze(question)
    named = bool(_YEAR.search(here))
    by_number = {passage.number: passage for passage in sources}
    for support in one.supports:
        for at in support.lines:
            if at < 0 or support.passage not in by_number:
                continue
            line = by_number[support.passage].lines[at]
            wanted = [word for word in words(label(line)) if word not in _BASES]
            held = [word in here or (word in asked and not (named and _YEAR.match(word))) for word in wanted]
            if wanted and sum(held) >= len(held) * (1 if ": " in line else _PROSE_SHARE):
                return True
    return False


def _stands(claim: Claim, everything: Evidence) -> bool:
    """Return whether the amount stands somewhere in its unit, whatever its sign and year."""
    series = everything.series.get(claim.unit)
    return claim.value is not None and bool(claim.unit) and bool(series and series.between(abs(claim.value), abs(claim.value)))


def _as_passage(number: int, text: str, *, by_sentence: bool) -> Passage:
    """Return a whole text as a passage: its first line the head, so that an article's heading holds for its paragraphs."""
    if by_sentence:
        return Passage(number=number, head="", lines=tuple(text[start:end] for start, end in sentence_spans(text)))
    head, *lines = text.splitlines() or [""]
    return Passage(number=number, head=head, lines=tuple(lines))
