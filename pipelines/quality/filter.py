"""What a filter is: a judgement of one row, or a mending of it, and what it remembers of the rows kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mundap.token_count import Count
from pipelines.quality.candidate import Candidate

KEEP = ""
UNANSWERABLE = "unanswerable"   # the kind whose answer is the decline text


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """One place where personal data was masked: never the value. start and end count characters before the masking."""

    row: str
    column: str
    what: str
    start: int
    end: int


# Returns KEEP, or the reason, or "reason: detail".
Judge = Callable[[Candidate], str]
# Returns the row mended, and what was masked in it.
Mend = Callable[[Candidate], tuple[Candidate, Sequence[Masked]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter: either judge or mend. kept is told of every row that passed all filters."""

    judge: Judge | None = None
    mend: Mend | None = None
    kept: Callable[[Candidate], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What filters must know of a domain: its decline text, and how tokens of a row are counted (None: not at all)."""

    decline_text: str = ""
    count: Count | None = None
    max_tokens: int | None = None
