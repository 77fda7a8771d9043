"""The last look at finished rows: empty fields, exact duplicates and rows over the token budget are dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mundap.prompt import build_prompt
from mundap.token_count import Count
from pipelines.rejects import Rejects
from pipelines.rows.row import Row
from pipelines.split import Part

_END = 1  # the end token that the trainer adds
# Yields the rows of a part that are kept; each other goes to rejects.
Sift = Callable[[Iterable[Row], Part, Rejects], Iterator[Row]]


def keep(rows: Iterable[Row], part: Part, rejects: Rejects, *, max_tokens: int | None = None,
         count: Count | None = None) -> Iterator[Row]:
    """Yield the rows worth training on; each other goes to rejects."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        reason = _reason(row, seen, max_tokens, count)
        if reason:
            rejects.add(reason, part=part, subject=row.question, detail=row.id)
            continue
        seen.add((row.question, row.output))
        yield row


def _reason(row: Row, seen: set[tuple[str, str]], max_tokens: int | None, count: Count | None) -> str:
    if not (row.instruction.strip() and row.input.strip() and row.output.strip() and row.question.strip()):
        return "empty_field"
    if (row.question, row.output) in seen:
        return "duplicate"
    if max_tokens is not None and count is not None:
        if count(build_prompt(row.instruction, row.input) + row.output) + _END > max_tokens:
            return "over_tokens"
    return ""
