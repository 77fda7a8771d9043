"""An answer as plain data, for `mundap ask --json`, for files of answers, and for whoever reads them.

    question      the whole question that was answered
    asked         the question as it was asked
    carried       [text]: what of it was taken from the talk before
    answer        the verified text, its references as [1]
    verdict       verified, repaired, struck, flagged or declined; "failed" where there is no answer
    checked       how many figures, dates and articles were looked up in the passages
    citations     [{number, chunk_id, citation, lines: [text], date, superseded_by, amended}]; amended
                  says what took the document's place, "" where it still holds
    terms         [{term, meaning}] of the recipe's glossary, beside an answer at the easiest level
    struck        [{text, reason}]: sentences taken out
    filters       {field: [value]} in force
    assumed       [field]: those of them the question did not state (the newest year)
    dropped       {field: [value]} that would have left nothing
    suggestions   [name] that an unknown name may have been meant for
    level         the level answered at, "" for none
    level_reason  why it was chosen, "" where the asker chose
    as_of         the day asked for, or null
    nearest       [{chunk_id, citation, date}] of a declined question: what was found instead
    timings_s     {step: seconds}
    error         "", or why there is no answer

A day is "2023-06-30", or null where none is known. Keys are only ever added.
"""

from __future__ import annotations

from typing import Any

from mundap.chunk import Chunk
from mundap.day import iso
from mundap.errors import MundapError
from mundap.korean import nfc
from rag.answer import Answer
from rag.inquiry import Inquiry

NEAREST = 2   # documents named when a question is declined
FAILED = "failed"


def record(answer: Answer, asked: str) -> dict[str, Any]:
    """Return an answer as plain data; asked is the question as it was put."""
    return {"question": answer.question, "asked": asked, "carried": list(answer.carried), "answer": answer.text,
            "verdict": answer.verdict.status, "checked": answer.verdict.checked,
            "citations": [{"number": one.number, "chunk_id": one.chunk.chunk_id, "citation": one.chunk.citation,
                           "lines": list(one.lines), "date": iso(one.chunk.date),
                           "superseded_by": one.chunk.superseded_by, "amended": one.amended} for one in answer.citations],
            "terms": [{"term": term, "meaning": meaning} for term, meaning in answer.terms],
            "struck": [{"text": one.text, "reason": one.reason} for one in answer.verdict.struck],
            "filters": {name: list(values) for name, values in answer.filters.items()}, "assumed": list(answer.assumed),
            "dropped": {name: list(values) for name, values in answer.dropped.items()},
            "suggestions": list(answer.suggestions), "level": answer.level, "level_reason": answer.level_reason,
            "as_of": iso(answer.as_of),
            "nearest": [{"chunk_id": one.chunk_id, "citation": one.citation, "date": iso(one.date)}
                        for one in nearest(answer)],
            "timings_s": dict(answer.timings_s), "error": ""}


def failed(inquiry: Inquiry, error: MundapError) -> dict[str, Any]:
    """Return the record of a question that got no answer, with the same keys."""
    return {"question": " ".join(nfc(inquiry.text).split()), "asked": inquiry.text, "carried": [], "answer": "",
            "verdict": FAILED, "checked": 0, "citations": [], "terms": [], "struck": [], "filters": {}, "assumed": [],
            "dropped": {}, "suggestions": [], "level": inquiry.level,
            "level_reason": "", "as_of": iso(inquiry.as_of), "nearest": [], "timings_s": {}, "error": str(error)}


def nearest(answer: Answer) -> list[Chunk]:
    """Return the documents found nearest to a declined question, one chunk of each citation; nothing for an answered one."""
    if not answer.declined:
        return []
    found = {hit.chunk.citation: hit.chunk for hit in reversed(answer.hits)}
    first = dict.fromkeys(hit.chunk.citation for hit in answer.hits)
    return [found[citation] for citation in first][:NEAREST]
