"""Hangul syllables as keys of the two-set (두벌식) keyboard, and the keys beside each.

Source: KS X 5002; neighbours are the keys left, right, above and below on the three rows of letters.
"""

from __future__ import annotations

import random

_ROWS = ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ")
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_FIRST, _LAST = ord("가"), ord("힣")


def _beside(row: int, at: int) -> str:
    places = [(row, at - 1), (row, at + 1), (row - 1, at), (row + 1, at)]
    return "".join(_ROWS[line][place] for line, place in places
                   if 0 <= line < len(_ROWS) and 0 <= place < len(_ROWS[line]))


NEIGHBOURS = {key: _beside(row, at) for row, keys in enumerate(_ROWS) for at, key in enumerate(keys)}


def mistyped(syllable: str, rng: random.Random) -> str:
    """Return the syllable with one of its keys replaced by one beside it that still makes a syllable; "" if none does."""
    if not _FIRST <= ord(syllable) <= _LAST:
        return ""
    code = ord(syllable) - _FIRST
    parts = (code // 588, code % 588 // 28, code % 28)
    choices = []
    for place, letters in enumerate((_INITIALS, _VOWELS, _FINALS)):
        key = letters[parts[place]]
        for near in NEIGHBOURS.get(key, ""):
            if near in letters:
                made = [*parts]
                made[place] = letters.index(near)
                choices.append(chr(_FIRST + (made[0] * 21 + made[1]) * 28 + made[2]))
    return rng.choice(choices) if choices else ""
