"""The self-check of a reader: every non-blank character of the source is in the output, left out by name, or missing.

The first pass only counts: how often each character stands in the source, in the output and in what was left out. It
costs milliseconds and is exact, because what the output says more than once (a cell that spans rows) is noted while it
is written. Only where a count falls short does a second pass look for the pieces. Order is not compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

UNACCOUNTED = "unaccounted"
REPEATED_HEADINGS = "repeated headings"
_UNITS = 65_536  # UTF-16 code units: few enough for one small array, and a rare plane still counts as its two halves
_BLANKS = [code for code in range(_UNITS) if chr(code).isspace()]
_ROMAN_CODES = slice(0x2160, 0x216C)
_ROMAN = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2160, 0x216C)}  # titles say II for Ⅱ
_COUNTED_OTHERWISE = re.compile("[\u2160-\u216b\U00010000-\U0010ffff]")
_MAX_PIECES = 5
_PIECE_CHARS = 40


@dataclass(slots=True)
class Tally:
    """What a reader notes while it writes: text it adds or says again, and text it leaves out, by name."""

    added: list[str] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def repeat(self, text: str, count: int = 1) -> None:
        """Note text of the output that the source does not have, or has count times less often."""
        self.added.append(text * count)

    def leave_out(self, name: str, text: str) -> None:
        """Note text of the source that is left out on purpose."""
        if text:
            self.left_out.setdefault(name, []).append(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Non-blank characters of one document: source = output + left_out + unaccounted, what is said twice counted once.

    missing holds the missing characters with their counts; pieces the first texts that cannot be found, with the line.
    """

    source: int
    output: int
    left_out: Mapping[str, int]
    unaccounted: int = 0
    surplus: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)
    pieces: tuple[str, ...] = ()

    def as_fields(self) -> dict[str, Any]:
        """Return the account as a document's front matter says it."""
        said: dict[str, Any] = {"source": self.source, "output": self.output}
        said |= {"left_out": dict(self.left_out)} if self.left_out else {}
        said[UNACCOUNTED] = self.unaccounted
        return said | ({"missing": list(self.pieces)} if self.pieces else {})


def account(source: str, output: str, tally: Tally, root: etree._Element | None = None) -> Account:
    """Return where the characters of source went; root is searched for the pieces that are missing."""
    left = {name: "".join(texts) for name, texts in sorted(tally.left_out.items())}
    texts = (output, "".join(left.values()), source, "".join(tally.added))
    counts = [_counts(text) for text in texts]
    balance = counts[0] + counts[1] - counts[2] - counts[3]
    if balance.any():  # decomposed letters may have been put together: compare them taken apart
        apart = [_counts(unicodedata.normalize("NFD", text)) for text in texts]
        decomposed = apart[0] + apart[1] - apart[2] - apart[3]
        balance = balance if (decomposed < 0).any() else decomposed
    short = -balance.clip(max=0)
    missing = {chr(code): int(short[code]) for code in short.nonzero()[0]}
    sizes = {name: count for name, text in left.items() if (count := _size(text))}
    return Account(
        source=int(counts[2].sum()), output=int((counts[0] - counts[3]).sum()), left_out=sizes,
        unaccounted=sum(missing.values()), surplus=int(balance.clip(min=0).sum()), missing=missing,
        pieces=_pieces(root, missing, "".join(texts[:2])) if missing and root is not None else (),
    )  # fmt: skip


def source_text(root: etree._Element) -> str:
    """Return all text of a tree, tags left out."""
    return str(etree.tostring(root, method="text", encoding="unicode"))


def _size(text: str) -> int:
    """Return the non-blank characters of a text as _counts counts them."""
    return int(_counts(text).sum()) if _COUNTED_OTHERWISE.search(text) else sum(map(len, text.split()))


def _counts(text: str) -> Any:
    """Return how often each UTF-16 code unit stands in text: (65536,) int64, blanks zero, Roman numerals as letters."""
    import numpy as np

    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)
    counts = np.bincount(units, minlength=_UNITS)
    counts[_BLANKS] = 0
    for code in counts[_ROMAN_CODES].nonzero()[0] + _ROMAN_CODES.start:
        for letter in _ROMAN[int(code)]:
            counts[ord(letter)] += counts[code]
        counts[code] = 0
    return counts


def _pieces(root: etree._Element, missing: Mapping[str, int], output: str) -> tuple[str, ...]:
    """Return the first texts of the tree that hold a missing character and stand nowhere in the output."""
    flat = _flat(output)
    wanted = set(missing)
    found: list[str] = []
    position = 0
    for text, line in _leaves(root):
        piece = _flat(text)
        if not piece:
            continue
        at = flat.find(piece, position)
        at = at if at >= 0 else flat.find(piece)
        if at >= 0:
            position = at
        elif wanted.intersection(text) or wanted.intersection(piece):
            found.append(f"line {line}: {' '.join(text.split())[:_PIECE_CHARS]}")
            if len(found) == _MAX_PIECES:
                break
    return tuple(found)


def _leaves(root: etree._Element) -> Iterable[tuple[str, int]]:
    for element in root.iter():
        if element.text and isinstance(element.tag, str):
            yield element.text, _line_of(element)
        if element.tail:
            yield element.tail, _line_of(element)


def _line_of(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _flat(text: str) -> str:
    folded = text.translate(_ROMAN)
    return unicodedata.normalize("NFD", "".join(folded.split()))
