"""Putting lines together that a page cut: with a blank where a word ended, without one where the line broke a word.

PDF text loses the blank at a line's end, and Korean pages break lines inside words ("계|약자"). What decides is the
document's own words: the joined form, or both halves, as they stand inside its lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_LEFT = re.compile(r"[가-힣]+$")
_RIGHT = re.compile(r"[가-힣]+")
_WORDS = re.compile(r"[가-힣]+")
_TIGHT_AFTER = "([{「『【<〈‘“/~-"
_TIGHT_BEFORE = ")]}」』】>〉’”.,:;%"
_LOOSE_AFTER = ".,:;)]}」』】>〉|"
# endings after which a word of formal prose is mostly over
_ENDED = tuple("을 를 은 는 에 의 와 과 로 도 며 면 고 나 여 한 할 된 될 가 이 만 경우 또는 및 등 따라 대한 관한 않은 "
               "때 때에 위하여 으로 에서 부터 까지 되어 하여 에게".split())
# particles and endings, which never begin a word of their own
_PARTICLES = frozenset("의 을 를 은 는 가 에 에서 에게 에는 로 으로 와 과 도 만 부터 까지 이나 라 며 면 다 니다 "
                       "서 서의 서는".split())
_VERB_STARTS = "하합할한했되됩된될"
_DESTROYED_CHARS = 3.3   # mean word length above which blanks were lost throughout


class Joiner:
    """Joins lines of one document. Built from its lines; looks at words that no line break could have touched."""

    def __init__(self, texts: Sequence[str], *, wrapped: bool = True) -> None:
        inner = " ".join([text[text.find(" ") + 1: text.rfind(" ") + 1] for text in texts]) if wrapped else ""
        words = _WORDS.findall(inner)
        self._count = Counter(words).get
        self._destroyed = not words or sum(map(len, words)) / len(words) > _DESTROYED_CHARS

    def join(self, left: str, right: str, spaced: bool) -> str:
        """Return both lines as one; spaced: a blank ended the left one."""
        return left + (" " if spaced or self._parted(left, right) else "") + right

    def joined(self, texts: Sequence[str], spaced: Sequence[bool]) -> str:
        """Return lines as one line."""
        if len(texts) == 1:
            return texts[0]
        pieces = [texts[0]]
        for at in range(1, len(texts)):
            if spaced[at - 1] or self._parted(texts[at - 1], texts[at]):
                pieces.append(" ")
            pieces.append(texts[at])
        return "".join(pieces)

    def _parted(self, left: str, right: str) -> bool:
        last, first = left[-1], right[0]
        if "가" <= last <= "힣" and "가" <= first <= "힣":
            return self._parted_words(left, right)
        if last in _TIGHT_AFTER or first in _TIGHT_BEFORE:
            return False
        if last in _LOOSE_AFTER:
            return not (last == "." and first.isdigit() and left[-2:-1].isdigit())
        if last.isdigit():
            return first.isascii()     # "10|영업일", but never two figures as one
        if last == "제" and first.isdigit():
            return False
        return not self._destroyed

    def _parted_words(self, left: str, right: str) -> bool:
        ahead, behind = _LEFT.search(left), _RIGHT.match(right)
        assert ahead is not None and behind is not None
        if behind[0] in _PARTICLES:
            return False
        one, other = ahead[0], behind[0]
        if other[0] in _VERB_STARTS and not one.endswith(_ENDED):
            return False           # "지급|하는"
        count = self._count
        whole, left_known, right_known = count(one + other, 0), count(one, 0), count(other, 0)
        if whole and not (left_known and right_known):
            return False
        if left_known and right_known:
            return whole < min(left_known, right_known)
        return not self._destroyed and len(one) > 1 and one.endswith(_ENDED)
