"""The marks that number the parts of an article: 항 ①, 호 1., 목 가., and below them 1) 가) (1) (가).

Only the mark and its ordinal are told here; whether a mark goes on from the one before is `units`' to say.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CIRCLED = {chr(0x2460 + at): at + 1 for at in range(20)} | {chr(0x3251 + at): at + 21 for at in range(15)} | \
    {chr(0x32B1 + at): at + 36 for at in range(15)} | \
    {chr(start + at): at + 1 for start in (0x2776, 0x2780, 0x278A) for at in range(10)}   # ❶ ➀ ➊: what fonts lend
_LETTERS = {letter: at + 1 for at, letter in enumerate("가나다라마바사아자차카타파하"
                                                           "거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호")}
_DIGITS = "123456789"
_AFTER_LETTER = (".", ")", "의")
_STARTS = frozenset((*_CIRCLED, *_LETTERS, *_DIGITS, "("))
_DIGIT_MARK = re.compile(r"(\d{1,3})(?:\s?의\s?(\d{1,2}))?([.)])(?!\d)(?!\s?\d{1,2}\s?\.(?!\d))")  # no date: "7. 10."
_LETTER_MARK = re.compile(r"([가-힣])(?:의(\d{1,2}))?([.)])(?!\d)")
_BRACKET_MARK = re.compile(r"\((?:(\d{1,2})|([가-하]))\)")


class Mark(NamedTuple):
    """A mark at a line's start. style is how it is written ("①", "1.", "가.", "1)", "가)", "(1)", "(가)")."""

    style: str
    number: int
    sub: int
    length: int

    @property
    def cite(self) -> str:
        """Return the part's name as a person cites it: 제2항, 제3호의2, 가목, 1)."""
        if self.style == "①":
            return f"제{self.number}항"
        if self.style == "1.":
            return f"제{self.number}호" + (f"의{self.sub}" if self.sub else "")
        if self.style == "가.":
            return f"{letter(self.number)}목" + (f"의{self.sub}" if self.sub else "")
        return self.style.replace("1", str(self.number)).replace("가", letter(self.number))


def mark_of(line: str) -> Mark | None:
    """Return the mark that begins a line, or None."""
    first = line[0]
    if first not in _STARTS:
        return None
    if first in _CIRCLED:
        return Mark("①", _CIRCLED[first], 0, 1)
    if first in _DIGITS:
        found = _DIGIT_MARK.match(line)
        if found is not None:
            style = "1." if found[3] == "." else "1)"
            return Mark(style, int(found[1]), int(found[2] or 0), found.end())
    elif first in _LETTERS:
        found = _LETTER_MARK.match(line) if line[1:2] in _AFTER_LETTER else None
        if found is not None:
            return Mark("가." if found[3] == "." else "가)", _LETTERS[first], int(found[2] or 0), found.end())
    elif first == "(":
        found = _BRACKET_MARK.match(line)
        if found is not None and found[1]:
            return Mark("(1)", int(found[1]), 0, found.end())
        if found is not None and found[2] in _LETTERS:
            return Mark("(가)", _LETTERS[found[2]], 0, found.end())
    return None


def letter(number: int) -> str:
    """Return the letter of a 목: 1 is 가."""
    return next(name for name, at in _LETTERS.items() if at == number)
