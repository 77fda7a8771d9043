"""The check that an analyst's forecast is told as one: "2025년 매출액은 2,810억원입니다." is no fact of 2025.

It looks at chunks of analyst reports alone (those whose metadata names a broker). A figure that stands only in sentences
that speak of what is expected may be repeated only in a sentence that says so too. Not judged: whose forecast it is said
to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mundap.formal_sentences import formal_sentences
from mundap.grounding import check, sentence_spans
from mundap.prompt import Passage
from pipelines.generate.candidate import Candidate

FORECAST_AS_FACT = "forecast_as_fact"
BROKER = "broker"           # the metadata by which a chunk of a report is known
_EXPECTED = re.compile(r"전망|예상|추정|예측|가이던스|목표|기대|컨센서스|계획|것으로 (?:본|봅|보|판단)|\d{2}[EF]\b")


def forecast_named(candidate: Candidate) -> str:
    """Return "forecast_as_fact: …" with the first expected figure that the answer states as if it had happened, else ""."""
    if BROKER not in candidate.chunk.metadata:
        return ""
    settled, expected = list[str](), list[str]()
    for sentence in _sentences(candidate.chunk.text):
        (expected if _EXPECTED.search(sentence) else settled).append(sentence)
    if not expected:
        return ""
    passage = Passage(number=1, head="", lines=tuple(settled))
    whole = Passage(number=1, head="", lines=(*settled, *expected))
    for start, end in sentence_spans(candidate.answer):
        said = candidate.answer[start:end]
        if _EXPECTED.search(said):
            continue
        known = {claim.span for claim in check(said, [passage]).supported}
        for claim in check(said, [whole]).supported:
            if claim.numeric and claim.span not in known:
                return f"{FORECAST_AS_FACT}: {claim.text}"
    return ""


def _sentences(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from formal_sentences(line)
