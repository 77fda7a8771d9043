"""Answers whose figures, dates and articles do not follow from their passages, or that quote what is not there.

Figures that the question itself gives may be used ("보증금 3천만원이면 …"): a scenario computes with them. A row that names
no source at all is kept: a plain question and its answer. A maker that knows the sources gives them to the gate.
"""

from __future__ import annotations

import re
import unicodedata

from mundap.grounding import SentenceCheck, check
from mundap.grounding.claim import fold
from mundap.prompt import Passage
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, UNANSWERABLE, Domain, Filter

_QUOTED = re.compile(r"[“\"]([^“”\"\n]{6,300})[”\"]|[‘']([^‘’'\n]{8,300})[’']|[「『]([^「」『』\n]{2,80})[」』]")
_INSIDE = re.compile(r"[^0-9A-Za-z가-힣\u3400-\u9fff%]+")


def make(domain: Domain, *, quotes: bool) -> Filter:
    """Return the filter. quotes: whether text in quotation marks must stand in the passages or the question."""
    def judge(row: Candidate) -> str:
        if row.kind == UNANSWERABLE or row.sourceless:
            return KEEP
        passages = row.passages
        wrong = ungrounded(row.output, passages, row.question)
        if wrong:
            return f"not_grounded: {wrong}"
        missing = missing_quote(row.output, passages, row.question) if quotes else ""
        return f"quote_not_found: {missing}" if missing else KEEP

    return Filter(judge=judge)


def ungrounded(answer: str, passages: tuple[Passage, ...], question: str = "") -> str:
    """Return the first claim or citation of an answer that nothing supports, or ""."""
    found = check(answer, passages)
    if found.ok:
        return ""
    asked = 1 + max((passage.number for passage in passages), default=0)
    with_question = check(answer, [*passages, Passage(number=asked, head="", lines=(question,))])
    for plain, sentence in zip(found.sentences, with_question.sentences, strict=True):
        wrong = "" if plain.ok else _wrong(plain, sentence, asked)
        if wrong:
            return wrong
    return ""


def _wrong(plain: SentenceCheck, sentence: SentenceCheck, asked: int) -> str:
    """Return what a sentence states without support; the question supports it beside the passages it cites."""
    if plain.unknown_citations:
        return f"[{plain.unknown_citations[0]}]"
    allowed = (*plain.citations, asked) if plain.citations else ()
    for claim in sentence.claims:
        if not (claim.holds_in(allowed) if allowed else claim.supported):
            return f"{claim.claim.text} (contradicts {claim.conflict})" if claim.conflict else claim.claim.text
    return ""


def missing_quote(answer: str, passages: tuple[Passage, ...], question: str = "") -> str:
    """Return the first quoted text that stands in no passage and not in the question, or ""; blanks and signs aside."""
    if not any(mark in answer for mark in "“\"‘'「『"):
        return ""
    there = _bare("\n".join([*(f"{passage.head}\n{passage.text}" for passage in passages), question]))
    for match in _QUOTED.finditer(answer):
        quoted = next(group for group in match.groups() if group)
        if _bare(quoted) not in there:
            return quoted[:60]
    return ""


def _bare(text: str) -> str:
    return _INSIDE.sub("", fold(unicodedata.normalize("NFC", text)))
