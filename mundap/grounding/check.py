"""Whether an answer's figures, dates and articles follow from the passages it cites. No model, only milliseconds.

    check("2023년 매출액은 12억 3,400만원입니다. [1]", passages).sentences[0].ok

What is not judged: whether the words around a figure are right, beyond sign, direction (증가/감소), profit or loss,
and the year of a one-year line. Texts are read in NFC; spans count characters of the answer in NFC.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mundap.grounding.claim import Claim, fold, nfc
from mundap.grounding.claims import citations, claims
from mundap.grounding.derived import Said, derive
from mundap.grounding.evidence import Evidence, Figure
from mundap.grounding.items import Items
from mundap.grounding.sentences import sentence_spans
from mundap.grounding.support import (
    Support,
    gather,
    supporting_articles,
    supporting_dates,
    supporting_figures,
    supporting_words,
)
from mundap.grounding.tone import Tone, contradicts, tone
from mundap.prompt import Passage

_YEAR_BEFORE = re.compile(r"전년|전기|지난해|작년|직전")
_PROSE = re.compile(r"[다요음함]\.|니다|한다")
# "500원 더 많습니다" is a difference: a line that holds 500원 does not say it, unless it speaks of one
_MORE = re.compile(r"\s?더\s")
_DIFFERENCE = re.compile(r"차이|격차|더\s|보다|증감")
_SPAN = re.compile(r"부터|까지|~|동안")
_ISSUED = re.compile(r"도?\s?(?:\d{1,2}\s?월\s?)?(?:\d{1,2}\s?일\s?)?(?:자\s?)?(?:에\s?)?"
                     r"(?:공시|사업\s?보고서|[가-힣]*보고서|제출|발표|개정|시행)")


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """A claim and what supports it. conflict: what contradicts it."""

    claim: Claim
    supports: tuple[Support, ...]
    conflict: str = ""

    @property
    def supported(self) -> bool:
        """Return whether some passage supports the claim."""
        return bool(self.supports)

    @property
    def derived(self) -> bool:
        """Return whether the claim is computed from two figures rather than read."""
        return any(support.derived for support in self.supports)

    @property
    def supported_by(self) -> tuple[int, ...]:
        """Return the numbers of the supporting passages; of a derived claim, those that hold its two figures."""
        return tuple(support.passage for support in self.supports)

    def holds_in(self, passages: Collection[int]) -> bool:
        """Return whether these passages suffice: one of them for a claim read, all of its passages for one derived."""
        enough = all if self.derived else any
        return bool(self.supports) and enough(number in passages for number in self.supported_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceCheck:
    """A sentence of the answer.

    ok: every citation is a passage, and every claim is supported by the cited passages; by any passage when none is
    cited (citations is then empty: the caller decides whether that is enough). supporting: the passages each of
    which alone supports all claims. repairable_to: the first of them, when the cited ones do not do or none is
    cited.
    """

    text: str
    span: tuple[int, int]
    citations: tuple[int, ...]
    unknown_citations: tuple[int, ...]
    claims: tuple[ClaimCheck, ...]
    ok: bool
    supporting: tuple[int, ...]
    repairable_to: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """The verdict on an answer: its claims in order, and its sentences."""

    claims: tuple[ClaimCheck, ...]
    sentences: tuple[SentenceCheck, ...]

    @property
    def ok(self) -> bool:
        """Return whether every sentence is ok."""
        return all(sentence.ok for sentence in self.sentences)

    @property
    def supported(self) -> tuple[Claim, ...]:
        """Return the claims that follow from some passage."""
        return tuple(check.claim for check in self.claims if check.supported)

    @property
    def unsupported(self) -> tuple[Claim, ...]:
        """Return the claims that follow from no passage."""
        return tuple(check.claim for check in self.claims if not check.supported)


@dataclass(frozen=True, slots=True)
class _Said:
    """A claim of the answer with the words beside it and the figures of the passages it may be."""

    claim: Claim
    words: Tone
    figures: tuple[Figure, ...]
    conflict: str


@dataclass(frozen=True, slots=True)
class _Context:
    """Where claims stand: their sentence, the years it names, what was said before it, and the passages."""

    text: str
    span: tuple[int, int]
    years: frozenset[str]
    said_before: Sequence[_Said]
    found: Sequence[Claim]
    evidence: Evidence
    items: Items


def check(answer: str, passages: Sequence[Passage]) -> Grounding:
    """Return which claims of an answer follow from the passages, by claim and by sentence."""
    answer = nfc(answer)
    folded, found, evidence = fold(answer), claims(answer), Evidence(passages)
    items = Items(evidence)
    sentences, said_before, at = [], list[_Said](), 0
    for start, end in sentence_spans(answer):
        own = []
        while at < len(found) and found[at].span[0] < end:
            own.append(found[at])
            at += 1
        years = _years(folded, own, (start, end))
        said = [_said(folded, found, position, years, evidence) for position in range(at - len(own), at)]
        context = _Context(answer[start:end], (start, end), years, said_before, found[:at], evidence, items)
        sentences.append(_sentence(said, context))
        said_before = (said_before + said)[-8:]
    checks = tuple(claim for sentence in sentences for claim in sentence.claims)
    return Grounding(claims=checks, sentences=tuple(sentences))


def _years(text: str, own: Sequence[Claim], span: tuple[int, int]) -> frozenset[str]:
    """Return the years a sentence's figures are of, without a filing's or an amendment's own; empty: none named."""
    years = {claim.parts[0] for claim in own if claim.kind == "date" and claim.parts[0]
             and not _ISSUED.match(text, claim.span[1])}
    if len(years) > 1 and _SPAN.search(text, *span):
        years = {str(year) for year in range(int(min(years)), int(max(years)) + 1)}
    return frozenset(years)


def _said(text: str, found: Sequence[Claim], position: int, years: frozenset[str], evidence: Evidence) -> _Said:
    claim = found[position]
    before = found[position - 1].span[1] if position else 0
    after = found[position + 1].span[0] if position + 1 < len(found) else len(text)
    words = tone(text, claim.span, before, after)
    if not claim.numeric:
        return _Said(claim, words, (), "")
    figures = supporting_figures(claim, words, evidence)
    if years and _YEAR_BEFORE.search(text, before, claim.span[0]):
        years |= {str(int(year) - 1) for year in years}
    fitting = [figure for figure in figures if _of_year(figure, years, evidence)]
    conflict = ""
    if figures and not fitting:
        conflict = min(evidence.line_years[figures[0].passage, figures[0].line])
    previous = [other for other in found[max(0, position - 3):position] if other.numeric]
    if previous and contradicts(text, previous[-1], claim, words):
        fitting, conflict = [], "증가" if words.trend > 0 else "감소"
    return _Said(claim, words, tuple(fitting), conflict)


def _of_year(figure: Figure, years: frozenset[str], evidence: Evidence) -> bool:
    """Return False for a figure in a fact line of exactly one year when the sentence names only other years."""
    line_years = evidence.line_years.get((figure.passage, figure.line), set())
    return not years or len(line_years) != 1 or bool(line_years & years) or bool(_PROSE.search(figure.text))


def _sentence(said: Sequence[_Said], context: _Context) -> SentenceCheck:
    evidence, cited = context.evidence, citations(context.text)
    known = tuple(number for number in cited if number in evidence.numbers)
    stated = [figure for one in (*said, *context.said_before) for figure in one.figures]

    def derived_in(one: _Said, allowed: Collection[int]) -> tuple[Support, ...]:
        if one.conflict and not one.conflict.isdigit():
            return ()  # the sentence contradicts itself; a value met in another year's line may still be computed
        return derive(one.claim, one.words, Said(context.text, context.years, stated), context.items, allowed)

    checks = []
    for one in said:
        if _MORE.match(context.text, one.claim.span[1] - context.span[0]):
            one = replace(one, figures=tuple(figure for figure in one.figures if _DIFFERENCE.search(figure.text)))
        supports = _direct(one, context.found, evidence) or derived_in(one, known or evidence.numbers) \
            or derived_in(one, evidence.numbers)
        checks.append(ClaimCheck(one.claim, supports, "" if supports else one.conflict))
    alone = tuple(number for number in evidence.numbers if checks and all(
        check.holds_in((number,)) or (check.derived and derived_in(one, (number,)))
        for one, check in zip(said, checks, strict=True)))
    ok = len(known) == len(cited) and all(check.holds_in(known if cited else evidence.numbers) for check in checks)
    return SentenceCheck(text=context.text, span=context.span, citations=cited, claims=tuple(checks), ok=ok,
                         supporting=alone, unknown_citations=tuple(number for number in cited if number not in known),
                         repairable_to=alone[0] if alone and not (ok and cited) else None)


def _direct(one: _Said, found: Sequence[Claim], evidence: Evidence) -> tuple[Support, ...]:
    claim = one.claim
    if claim.numeric:
        places = gather((figure.passage, figure.line) for figure in one.figures)
        return places or _as_year(claim, evidence)
    if claim.kind == "date":
        return supporting_dates(claim, evidence)
    if claim.kind == "article":
        before = [other for other in found if other.kind == "article" and other.span < claim.span]
        return supporting_articles(claim, before, evidence)
    return supporting_words(claim, evidence)


def _as_year(claim: Claim, evidence: Evidence) -> tuple[Support, ...]:
    """Return the passages naming the year that a bare number is, if it is one ("2023 사업보고서")."""
    if claim.kind != "number":
        return ()
    return gather((passage, line) for passage, line, parts in evidence.dates if parts[0] == claim.text)
