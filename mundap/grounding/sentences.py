"""Sentences of an answer with where they stand, by a pattern: Kiwi would cost more than the whole check.

A full stop ends a sentence only after Hangul, a closing mark or a percent sign, so "1.2조", "2024. 3. 15." and "1. "
stay whole. A citation mark after the stop belongs to the sentence before it.
"""

from __future__ import annotations

import re

from mundap.grounding.claim import fold

_MARKS = r"(?:[ \t]{0,3}\[[0-9 ,~\-·]{1,40}\])"
_END = re.compile(
    r"(?:(?<=[가-힣)\]%\"'」』”’])[.。]|[!?])[\"'”’)」』]{0,3}"
    rf"(?:{_MARKS}{{1,10}}(?![가-힣])\.?|(?=\s|$))|\n", re.ASCII)
_ONLY_MARKS = re.compile(rf"\s*{_MARKS}{{1,10}}[\s.]*", re.ASCII)
_ITEM = re.compile(r"[\s#>*\-•·]*[가-하]\.", re.ASCII)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where each sentence of a text stands, in order, without blanks at either end."""
    folded = fold(text)
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [*(match.end() for match in _END.finditer(folded)), len(text)]:
        piece = text[start:end]
        if _ITEM.fullmatch(piece.rstrip()):
            continue  # "가." opens an item; its sentence follows
        left, right = start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
        start = end
        if left >= right:
            continue
        if spans and _ONLY_MARKS.fullmatch(folded, left, right):
            spans[-1] = (spans[-1][0], right)
        else:
            spans.append((left, right))
    return spans
