"""Which lines of pages are furniture: page numbers, and headers and footers that stand on page after page.

A header is told by repetition at a page's edge, digits aside; where one first appears it stays, since a contract's name
is often both its title and its running header.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

PAGE_NUMBERS = "page numbers"
REPEATED = "running headers and footers"

_PAGE_NUMBER = re.compile(r"\s*(?:[-–—]\s*\d{1,4}\s*[-–—]|(?:page\s*)?\d{1,4}\s*/\s*\d{1,4})\s*", re.IGNORECASE)
_BARE = re.compile(r"\d{1,4}")
_DIGITS = re.compile(r"\d+")
_NO_HEADER = re.compile(r".*(?:[<>%]|개정|신설|삭제)|제\s*\d+\s*[조항호관장절편]|[①-⑳]|\d{1,2}\s*[.)]|[가-하]\s*[.)]")
_EDGE_LINES = 2
_MIN_PAGES = 5
_MIN_SHARE = 0.7
_MAX_CHARS = 60


def page_number(line: str) -> bool:
    """Return whether a line is nothing but a page number between dashes ("- 12 -") or of a whole ("12 / 416")."""
    return _PAGE_NUMBER.fullmatch(line) is not None


def furniture(pages: Sequence[Sequence[str]]) -> Mapping[int, Mapping[int, str]]:
    """Return page index -> line index -> why the line is furniture."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
    bare: list[tuple[int, int, int]] = []
    for at, page in enumerate(pages):
        filled = [place for place, line in enumerate(page) if line.strip()]
        numbered = [place for place in filled if page_number(page[place])]
        found[at].update(dict.fromkeys(numbered, PAGE_NUMBERS))
        inner = [place for place in filled if place not in found[at]]
        edge = dict.fromkeys(inner[:_EDGE_LINES] + inner[-_EDGE_LINES:])
        for place in edge:
            line = page[place].strip()
            if _BARE.fullmatch(line):
                bare.append((at, place, int(line)))
            elif len(line) <= _MAX_CHARS and not _NO_HEADER.match(line) and not line.endswith((".", "다")):
                seen[_DIGITS.sub("#", "".join(line.split()))].append((at, place))
    for places in seen.values():
        if _runs([at for at, _ in places]):
            for at, place in places[1:]:
                found[at][place] = REPEATED
    _number_pages(bare, found, len(pages))
    return found


def _runs(pages: Sequence[int]) -> bool:
    """Return whether a line stands on most pages of a stretch, or on most of its even or odd ones; a table's head does not."""
    distinct = sorted(set(pages))
    if len(distinct) < _MIN_PAGES:
        return False
    stretch = distinct[-1] - distinct[0] + 1
    one_side = len({at % 2 for at in distinct}) == 1
    return len(distinct) >= _MIN_SHARE * (stretch / 2 if one_side else stretch)


def _number_pages(bare: Sequence[tuple[int, int, int]], found: dict[int, dict[int, str]], pages: int) -> None:
    """Mark bare numbers at page edges that grow with the page."""
    offsets = Counter(value - at for at, _, value in bare)
    if not offsets:
        return
    offset, count = offsets.most_common(1)[0]
    if count >= max(3, pages // 3):
        for at, place, value in bare:
            if value - at == offset:
                found[at][place] = PAGE_NUMBERS
