"""Lines packed into texts of at most so many tokens: greedy, in order, never cutting a line that fits.

Counts come from the embedder's own tokenizer. A sum of per-line counts decides where to stop, since counting every
growing text again would cost its square; the finished text is counted once more, and lines are taken off while it is
over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mundap.token_count import Count

_CLAUSE = re.compile(r"(?<=[,;:·…])\s+|(?<=[고며서나면])\s+")


def pack(units: Sequence[str], limit: int, count: Count, head: Sequence[str] = ()) -> list[str]:
    """Return texts of whole units joined by newlines, each within limit tokens and beginning with the head lines.

    A unit that is over the limit on its own must have been through `fit` before; it would stand alone here.
    """
    texts: list[str] = []
    start, base = 0, count("")
    room = limit - (count("\n".join(head)) if head else base)
    sizes = [count(unit) - base for unit in units]
    while start < len(units):
        end, used = start + 1, sizes[start]
        while end < len(units) and used + sizes[end] <= room:
            used += sizes[end]
            end += 1
        text = "\n".join([*head, *units[start:end]])
        while end - start > 1 and count(text) > limit:
            end -= 1
            text = "\n".join([*head, *units[start:end]])
        texts.append(text)
        start = end
    return texts


def fit(line: str, limit: int, count: Count, notes: Counter[str]) -> list[str]:
    """Return the line, or, when it is over the limit, its pieces: cut after clauses, then at blanks, then anywhere.

    Every line that had to be cut is counted in notes under "line_cut".
    """
    if count(line) <= limit:
        return [line]
    notes["line_cut"] += 1
    pieces = [line]
    for cut in (_CLAUSE.split, str.split, list):
        pieces = [part for piece in pieces for part in ([piece] if count(piece) <= limit else
                                                        _joined(cut(piece), limit, count, "" if cut is list else " "))]
    return pieces


def _joined(parts: Sequence[str], limit: int, count: Count, glue: str) -> list[str]:
    """Return neighbouring parts joined again as far as the limit allows."""
    joined: list[str] = []
    for part in parts:
        if joined and count(joined[-1] + glue + part) <= limit:
            joined[-1] += glue + part
        else:
            joined.append(part)
    return joined
