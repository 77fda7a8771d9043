"""The lines of a terms or statute text, ready for the structure reader: without Markdown, page furniture or contents lines.

Text only changes in ways that are counted: what is left out goes to `dropped` by reason, in non-blank characters. What is
replaced by another sign of the same meaning (a boxed number from a private-use glyph by ①) stays one character.

Not done here: deciding what a line means.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mundap.korean import nfc
from pipelines.terms.page_furniture import furniture, page_number

MARKDOWN = "Markdown marks"
CONTENTS = "contents lines"
CONTROL = "control characters"

_LEADERS = re.compile(r"[·․‥…⋯.・･ㆍ]{5,}\s*[\d\-ⅰ-ⅻ]*\s*$|(?:[·․‥…・･ㆍ.]\s){5,}\s*\d*\s*$|…{2,}\s*\d+\s*$")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_HASHES = re.compile(r"(#{1,6})\s+")
_BOLD = re.compile(r"\*\*([①-⑳㉑-㉟㊱-㊿➀-➉]|제\s*\d+\s*[조항호관장절편][^*]*)\*\*")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\ufffe]")
# Boxed and circled numbers that insurers' PDF fonts keep in private-use areas: three runs, each from 1.
# Source: counted in two insurers' terms, where they stand in front of paragraphs one to ten.
_GLYPHS = {0xF02B1 + at: chr(0x2460 + at) for at in range(10)} | {0xF0852 + at: chr(0x2460 + at) for at in range(10)}
_GLYPH = re.compile("[" + "".join(map(chr, _GLYPHS)) + "]")
_WRAPPED_SHARE = 0.25
_SENTENCE_END = ".:;)]>」』】다음표"


@dataclass(slots=True, kw_only=True)
class SourceLines:
    """Lines in order, all lists alike long. numbers are the source's own line numbers from 1, hashes a Markdown heading's
    depth (0: none), spaced whether a blank ended the line, pages the page from 1 (0: no pages).

    wrapped: lines end where the page does, not where the sentence does.
    """

    texts: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    hashes: list[int] = field(default_factory=list)
    spaced: list[bool] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    wrapped: bool = False
    markdown: bool = False
    dropped: Counter[str] = field(default_factory=Counter)


def lines_of_text(text: str, *, markdown: bool = False) -> SourceLines:
    """Return the lines of a text file. Form feeds and lines such as "- 12 -" separate its pages."""
    numbered = list(enumerate(_split(text), start=1))
    if markdown:
        return _collect([numbered], markdown, paged=False)
    starts = [at for at, (_, line) in enumerate(numbered) if "\f" in line or line[:1] in "-–— 0123456789" and page_number(line)]
    pages = [numbered[first:last] for first, last in zip([0, *starts], [*starts, len(numbered)], strict=True)]
    return _collect(pages, markdown, paged=len(pages) > 1)


def lines_of_pages(pages: Sequence[str]) -> SourceLines:
    """Return the lines of a PDF's pages."""
    numbered: list[list[tuple[int, str]]] = []
    number = 0
    for page in pages:
        numbered.append([])
        for line in _split(page):
            number += 1
            numbered[-1].append((number, line))
    return _collect(numbered, False, paged=True)


def inked(text: str) -> int:
    """Return how many non-blank characters a text has."""
    return sum(map(len, text.split()))


def _split(text: str) -> list[str]:
    return nfc(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _collect(pages: Sequence[Sequence[tuple[int, str]]], markdown: bool, paged: bool) -> SourceLines:
    found = SourceLines(markdown=markdown)
    repeated = furniture([[line for _, line in page] for page in pages]) if paged else {}
    for at, page in enumerate(pages):
        skip = repeated.get(at, {})
        for place, (number, line) in enumerate(page):
            reason = skip.get(place)
            if reason is not None:
                found.dropped[reason] += inked(line)
            else:
                _add(found, line, number, at + 1 if paged else 0, markdown)
    found.wrapped = not markdown and _is_wrapped(found.texts)
    return found


def _add(found: SourceLines, raw: str, number: int, page: int, markdown: bool) -> None:
    line = raw.strip()
    if not line:
        return
    if not line.isprintable():
        line = _readable(line, found.dropped)
        if not line:
            return
    depth = 0
    if markdown:
        depth, line = _unmarked(line, found.dropped)
    if line[-1:] in "·․‥…⋯.・･ㆍ0123456789ⅰⅱⅲⅳⅴ-" and _LEADERS.search(line):
        found.dropped[CONTENTS] += inked(line)
        return
    if not line:
        return
    found.texts.append(line)
    found.numbers.append(number)
    found.hashes.append(depth)
    found.spaced.append(raw[-1:].isspace())
    found.pages.append(page)


def _readable(line: str, dropped: Counter[str]) -> str:
    """Return the line with private-use numbers as ① and control characters as blanks."""
    line = _GLYPH.sub(lambda found: _GLYPHS[ord(found[0])], line)
    cleaned, count = _CONTROLS.subn(" ", line)
    if count:
        dropped[CONTROL] += sum(not letter.isspace() for letter in _CONTROLS.findall(line))
    return cleaned.strip()


def _unmarked(line: str, dropped: Counter[str]) -> tuple[int, str]:
    """Return a Markdown line's heading depth and its text without marks; rows of a table stay as they are."""
    if line[0] == "|":
        return 0, line
    before, depth = len(line), 0
    if line[0] == "#":
        hashes = _HASHES.match(line)
        if hashes is not None:
            depth, line = len(hashes[1]), line[hashes.end():].strip()
            dropped[MARKDOWN] += depth
            before = len(line)
    if "**" in line:
        line = _BOLD.sub(r"\1", line)
    if "\\" in line:
        line = _ESCAPED.sub(r"\1", line)
    dropped[MARKDOWN] += before - len(line)
    return depth, line


def _is_wrapped(texts: Iterable[str]) -> bool:
    """Return whether many lines stop in mid-sentence, as those taken from a page do."""
    long = [text for text in texts if len(text) > 20]
    return bool(long) and sum(text[-1] not in _SENTENCE_END for text in long) > _WRAPPED_SHARE * len(long)

