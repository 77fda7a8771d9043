"""Filters of the quality gate as checks of single candidates, so that a model is told at once what its answer failed.

Filters that compare rows with each other (duplicates) or mend them (personal data) are left to the gate.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.generate.candidate import Candidate, Check
from pipelines.generate.grounded import passage_of
from pipelines.quality.candidate import Candidate as GateCandidate
from pipelines.quality.filter import Filter, Judge


def filter_checks(filters: Iterable[Filter]) -> tuple[Check, ...]:
    """Return a check for each filter that judges a row by itself, in their order."""
    return tuple(_check(one.judge) for one in filters if one.judge is not None and one.kept is None)


def _check(judge: Judge) -> Check:
    def check(candidate: Candidate) -> str:
        return judge(GateCandidate(
            record={"kind": candidate.kind, "instruction": candidate.question, "question": candidate.question,
                    "input": "", "output": candidate.answer}, given=(passage_of(candidate.chunk),)))

    return check
