"""Answers too short to say anything, or too long; citation marks and blanks at the ends are not counted."""

from __future__ import annotations

from mundap.grounding.claims import CITATION
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter


def make(domain: Domain, *, min_chars: int, max_chars: int | None) -> Filter:
    """Return the filter. Source of the default of 10 characters: the insurance project's own check."""
    def judge(row: Candidate) -> str:
        length = len(CITATION.sub("", row.output).strip())
        if length < min_chars:
            return f"short_answer: {length} characters"
        if max_chars is not None and length > max_chars:
            return f"long_answer: {length} characters"
        return KEEP

    return Filter(judge=judge)
