"""Answers and questions that are not Korean: too little Hangul, another script, or a sentence in Latin letters alone.

Digits, signs and blanks are no letters. Hanja is allowed beside Hangul: statutes use it.
"""

from __future__ import annotations

import re
import unicodedata

from mundap.grounding import sentence_spans
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter

_HANGUL = re.compile(r"[가-힣ㄱ-ㅣ]")
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]{2,}")
# Letters that are signs in Korean texts: units, Greek and numerals (㎡, μ, Ⅱ), and modifiers.
_SIGNS = re.compile(r"[Α-Ωα-ωµ℃℉Ⅰ-ⅿ㎀-㏟ªºㆍ]")
_FOREIGN_WORDS = 4   # "Este es una nueva": as many words without Hangul are a sentence, fewer are a name


def make(domain: Domain, *, min_hangul_share: float, max_other_share: float) -> Filter:
    """Return the filter; both shares are of a text's letters, 0 to 1."""
    def judge(row: Candidate) -> str:
        for column, text in (("output", row.output), ("question", row.question)):
            reason = not_korean(text, min_hangul_share, max_other_share)
            if reason:
                return f"not_korean: {column}: {reason}"
        return KEEP

    return Filter(judge=judge)


def not_korean(text: str, min_hangul_share: float, max_other_share: float) -> str:
    """Return why a text is not taken for Korean, or ""."""
    text = unicodedata.normalize("NFC", text)
    hangul, latin = len(_HANGUL.findall(text)), len(_LATIN.findall(text))
    if not latin and hangul and text.translate(_PLAIN).isascii():
        return ""
    han = len(_HAN.findall(text))
    letters = sum(letter.isalpha() for letter in text) - len(_SIGNS.findall(text))
    if not letters:
        return ""
    other = letters - hangul - latin - han
    if other / letters > max_other_share:
        return f"{other} letters of another script"
    if hangul / letters < min_hangul_share:
        return f"{hangul / letters:.0%} Hangul"
    for start, end in sentence_spans(text) if latin else ():
        sentence = text[start:end]
        if len(_WORD.findall(sentence)) >= _FOREIGN_WORDS and not _HANGUL.search(sentence):
            return sentence[:40]
    return ""


_PLAIN = dict.fromkeys([*range(0xAC00, 0xD7A4), *range(0x3131, 0x3164)])
