"""Cutting an answer where a model runs on: at a phrase that begins a sentence after a complete one.

    cut("제8조에 따르면 … 지급합니다. 이번에 새로 나온 상품은 …", ["이번에"])  ->  "제8조에 따르면 … 지급합니다."
    cut("이번에 개정된 약관은 …", ["이번에"])                                 ->  unchanged

Stop strings cut anywhere; these phrases are ordinary words, and mark nothing inside a sentence or at an answer's start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_COMPLETE = r"[.?!](?:[\"'”’)]*)(?:\s*\[\d+\])*\s+"


def cut(text: str, phrases: Sequence[str]) -> str:
    """Return text up to the first sentence, other than the first, that begins with one of the phrases."""
    if not phrases:
        return text
    found = re.search(f"({_COMPLETE})(?:{'|'.join(map(re.escape, phrases))})", text)
    return text[: found.end(1)].rstrip() if found else text
