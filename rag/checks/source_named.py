"""Whether the article, paragraph or item that a sentence names as its source is the one that says it.

"제24조 제1항에 따르면 3영업일 이내에 지급합니다" is false where 제2항 says so, and "제24조 제3항에 따르면 제1항의 기간이
지나면" where that paragraph speaks of 제2항. The words decide: those of the lines named, against those of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mundap.grounding import Claim, ClaimCheck, SentenceCheck, claims
from mundap.grounding.articles import CIRCLED
from mundap.korean import morphemes
from mundap.prompt import Passage

SOURCE = re.compile(r"\s?(?:에\s?(?:따르면|따라|의하면|의하여)|에서는?|은|는)")
_TOLD = re.compile(r"\s?(?:에\s?(?:따르면|의하면)|에서는?|은|는)")
_ANEW = re.compile(r"\s?에\s?(?:따르면|의하면)")   # inside what a source tells, "제1항에 따라" and "제1항에서" quote it
_SAME = re.compile(r"같은\s?[가-힣]{1,4}\s?$")   # "같은 조 제2호에 따라" names a source again
_MARK = re.compile(r"\s*\[\s*\d+\s*\]")
_NUMBERED = re.compile(r"\s*(\d{1,2}(?:의\d{1,2})?)\\?\.(?!\d)")
_LISTED = re.compile(r"\s*(?:\d{1,2}(?:의\d{1,2})?\\?\.|[가-하]\\?\.)")
_APART = 2           # words of a sentence that another item holds, and the one named holds none of
_ELSEWHERE = 0.25   # by so much more of a sentence's words stand in the rest of the passage than in the lines it names


def misnamed(sentence: SentenceCheck, passage: Passage) -> str:
    """Return the reference by which a sentence names a source, or quotes one, that the passage does not bear out; "" for none."""
    named = [one for one in sentence.claims if one.claim.kind == "article"]
    told = bool(named) and bool(_TOLD.match(_after(sentence, named[0])))
    sources = [one for at, one in enumerate(named)
               if (_ANEW if told and at and not _SAME.search(_before(sentence, one)) else SOURCE).match(_after(sentence, one))]
    if not sources:
        return ""
    for one, end in zip(sources, [*(later.claim.span[0] for later in sources[1:]), sentence.span[1]], strict=True):
        if _elsewhere(sentence, one, end, passage):
            return one.claim.text
    return _misquoted([one.claim for one in named if one not in sources], sources[0], passage) if told else ""


def _before(sentence: SentenceCheck, one: ClaimCheck) -> str:
    return sentence.text[:one.claim.span[0] - sentence.span[0]]


def _after(sentence: SentenceCheck, one: ClaimCheck) -> str:
    return sentence.text[one.claim.span[1] - sentence.span[0]:]


def _lines(one: ClaimCheck, passage: Passage) -> set[int]:
    """Return the lines that support a claim; of a paragraph or item, those that are it where some are, not those that name it."""
    found = {at for support in one.supports if support.passage == passage.number for at in support.lines if at >= 0}
    if one.claim.kind != "article":
        return found
    _, _, paragraph, item, branch, _ = one.claim.parts
    marks = _marks(passage.lines)
    if item:
        listed = f"{item}의{branch}" if branch else item
        found = {at for at in found if marks[at] in ((paragraph, listed), ("", listed))} or found
    elif paragraph:
        found = {at for at in found if marks[at][0] == paragraph} or found
    return found


def _marks(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Return the paragraph (①) and the item ("1.") that each line is of, "" before the first mark."""
    paragraph, item, marks = "", "", list[tuple[str, str]]()
    for line in lines:
        listed = _NUMBERED.match(line)
        if line[:1] in CIRCLED:
            paragraph, item = str(CIRCLED.index(line[0]) + 1), ""
        elif listed:
            item = listed[1]
        marks.append((paragraph, item))
    return marks


def _elsewhere(sentence: SentenceCheck, one: ClaimCheck, end: int, passage: Passage) -> bool:
    """Return whether the words after a source, up to the next one, stand in other lines than those of the source."""
    own = _lines(one, passage)
    figures = {at for other in sentence.claims if other.claim.numeric and one.claim.span[1] <= other.claim.span[0] < end
               for at in _lines(other, passage)}
    item = any(one.claim.parts[3:])
    days = [_lines(other, passage) for other in sentence.claims if other.claim.kind == "date" and any(other.claim.parts[1:])
            and one.claim.span[1] <= other.claim.span[0] < end]
    if own and any(found and not found & own for found in days):
        return True     # the day another paragraph was amended on
    if own and _of_another_part(sentence, one, end, passage, own):
        return True
    if not own or (figures & own and not item):
        return False
    if item:
        own |= _lead(own, passage.lines)
    words = set(morphemes(_MARK.sub("", sentence.text[one.claim.span[1] - sentence.span[0]:end - sentence.span[0]])))
    here = words & set[str]().union(*(morphemes(passage.lines[at]) for at in own))
    if len(words) - len(here) < _ELSEWHERE * len(words):
        return False    # as in most sentences: the other lines need not be analysed
    there = words & set[str]().union(*(morphemes(line) for at, line in enumerate(passage.lines) if at not in own))
    return len(there) - len(here) >= _ELSEWHERE * len(words)


def _of_another_part(sentence: SentenceCheck, one: ClaimCheck, end: int, passage: Passage, own: set[int]) -> bool:
    """Return whether a figure told, or all that tells items apart, stands in another paragraph or item and not in the one named.

    "제1조 제1항 제1호에 따르면 150만원" where "1. 1종 수술: 20만원" and "3. 3종 수술: 150만원".
    """
    marks = _marks(passage.lines)
    parts = {marks[at] for at in own if marks[at] != ("", "")}
    _, _, paragraph, item, _, _ = one.claim.parts
    if not parts or not (paragraph or item):
        return False
    whole = {at for at, mark in enumerate(marks) if mark in parts or (not item and mark[0] in {named for named, _ in parts})}
    whole |= _lead(own, passage.lines) if item else set()
    told = [other for other in sentence.claims if other.claim.numeric and one.claim.span[1] <= other.claim.span[0] < end]
    if any(found and not found & whole and all(marks[at] != ("", "") for at in found)
           for found in (_lines(other, passage) for other in told)):
        return True
    if not item or told:
        return False
    said = set(morphemes(_MARK.sub("", sentence.text[one.claim.span[1] - sentence.span[0]:end - sentence.span[0]])))
    apart = said - set[str]().union(*(morphemes(passage.lines[at]) for at in _lead(own, passage.lines)), morphemes(passage.head))
    if any(apart & set(morphemes(passage.lines[at])) for at in own):
        return False
    others = [set(morphemes(line)) & apart for at, line in enumerate(passage.lines) if marks[at][1] and at not in whole]
    return any(len(held) >= _APART for held in others)


def _lead(own: set[int], lines: Sequence[str]) -> set[int]:
    """Return the lines before the list that an item stands in: what they say, they say of each of its items."""
    opened = [at for at, line in enumerate(lines[:min(own) + 1]) if line[:1] in CIRCLED and line]
    if opened:
        return {opened[-1]}     # "다만, …" of an item before it may stand between
    at = min(own)
    while at >= 0 and (at in own or _LISTED.match(lines[at])):
        at -= 1
    return {at} if at >= 0 else set()


def _misquoted(quoted: Sequence[Claim], source: ClaimCheck, passage: Passage) -> str:
    """Return a reference inside what a source tells that its lines do not hold, or not as often; "" for none."""
    lines = _lines(source, passage)
    held = [_whole(found, source.claim) for at in sorted(lines) for found in claims(passage.lines[at]) if found.kind == "article"]
    for claim in quoted if lines else ():
        whole = _whole(claim, source.claim)
        if whole not in held:
            return claim.text
        held.remove(whole)
    return ""


def _whole(claim: Claim, source: Claim) -> tuple[tuple[str, ...], str]:
    """Return a reference with the article of its source where it leaves its own out."""
    return (claim.parts[:2] if any(claim.parts[:2]) else source.parts[:2]), "/".join(claim.parts[2:])
