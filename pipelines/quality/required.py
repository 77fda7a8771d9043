"""Rows with an empty field: instruction, question and answer are always needed, other columns by setting."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164"))  # no more than a blank to a reader


def make(domain: Domain, *, columns: Sequence[str]) -> Filter:
    """Return the filter. columns are needed beside the question."""
    def judge(row: Candidate) -> str:
        for column in columns:
            if not row.text(column).translate(_INVISIBLE).strip():
                return f"empty_field: {column}"
        return KEEP if row.question.translate(_INVISIBLE).strip() else "empty_field: question"

    return Filter(judge=judge)
