"""Sentences of formal Korean prose (filings, terms, statutes) by rule: where a full stop ends one and where it does not.

Such prose ends its sentences with a stop and a blank: "…하였습니다. 당사는 …", "…해당사항 없음. …". Rules find these a
hundred times faster than a morphological analyser, which chat and answers without stops need: see `korean.sentences`.

A stop ends no sentence after a list mark ("1.", "가.", "제2조."), in a date or a decimal ("2022. 12. 31."), after Latin
letters ("Co.", "No."), inside brackets or quotes, or before what leans on the quoted words ("…했다." 라고).
"""

from __future__ import annotations

import re

_OPENING = "([{<「『【〔《〈“‘（［"
_CLOSING = ")]}>」』】〕》〉”’）］"
_PARTNER = dict(zip(_CLOSING, _OPENING, strict=True))
_BRACKET = re.compile("[" + re.escape(_OPENING + _CLOSING) + "\"]")
# a blank follows the stop; after "…다." the blank is often missing
_STOP = re.compile(r"[.!?。]+[\"'”’)\]）」』】〉》]*\s+(?=\S)|\.(?<=[가-힣]다\.)(?=[가-힣(\[「『<※①-⑳])")
_ENDS = re.compile(  # what stands before the stop: a Hangul word of two letters or more, or a closed bracket after one
    r"(?:[가-힣][\"'”’)\]）」』]*[가-힣]|[가-힣]{2}|[가-힣%％]\s?[)\]）」』”’\"]+|[\d.,]+\s?[%％]|[\d,]+\s?[가-힣])$")
_LIST_MARK = re.compile(r"(?:^|\s)(?:제\s?\d+\s?[조항호장절관편](?:의\s?\d+)?|[가-힣]|\d+\s?[가-힣]?|[가-힣]{1,2}\d*)$")
_LEANING = re.compile(r"(?:이?라고|이?라는|이?라며|이?란|고|는|을|를|이|가|은|의|와|과|로|으로|에|하고|하는|등)(?:\s|$)")


def formal_sentences(line: str) -> list[str]:
    """Return the sentences of one line, in order, without surrounding blanks; their words are the line's words."""
    found: list[str] = []
    start = 0
    inside: list[tuple[int, int]] | None = None
    for stop in _STOP.finditer(line):
        if not _ends_sentence(line, start, stop):
            continue
        if inside is None:
            inside = _bracketed(line)
        if any(begin < stop.start() < end for begin, end in inside):
            continue
        found.append(line[start:stop.end()].strip())
        start = stop.end()
    rest = line[start:].strip()
    return [*found, rest] if rest else found


def _ends_sentence(line: str, start: int, stop: re.Match[str]) -> bool:
    """Return whether the stop ends what began at start, brackets around it aside."""
    mark = stop[0]
    if mark[0] != ".":
        return True
    before = line[max(start, stop.start() - 24):stop.start()]
    if not _ENDS.search(before):
        return False
    if len(mark.strip()) > 1 and mark.strip()[-1] in "\"'”’" and _LEANING.match(line, stop.end()):
        return False
    return not _LIST_MARK.fullmatch(line[start:stop.start()].strip()[:12])


def _bracketed(line: str) -> list[tuple[int, int]]:
    """Return where matched brackets and straight double quotes begin and end; one without its partner counts for nothing."""
    spans: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []
    for found in _BRACKET.finditer(line):
        letter = found[0]
        if letter == '"':
            letter = '"'
            partner = next((at for at in range(len(opened) - 1, -1, -1) if opened[at][0] == '"'), None)
            if partner is None:
                opened.append((letter, found.start()))
                continue
        elif letter in _PARTNER:
            partner = next((at for at in range(len(opened) - 1, -1, -1) if opened[at][0] == _PARTNER[letter]), None)
            if partner is None:
                continue
        else:
            opened.append((letter, found.start()))
            continue
        spans.append((opened[partner][1], found.start()))
        del opened[partner:]
    return spans
