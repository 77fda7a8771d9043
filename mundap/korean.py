"""Korean text: Unicode NFC, content morphemes for lexical search, sentences, and particles that fit their word.

Kiwi loads in about a second and is kept for the life of the process. Numbers are kept whole by the caller's own
pattern: Kiwi would split "1,234" into pieces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mundap.errors import MissingExtra

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

# Content tags of the Sejong tag set: nouns, verbs, adjectives, roots, foreign words, numbers, hanja.
_CONTENT = ("NNG", "NNP", "NNB", "NR", "VV", "VA", "XR", "SL", "SN", "SH", "MM", "W_SERIAL")
# How a digit or a Latin letter is read aloud at the end of a word: True when its Korean reading ends in a consonant.
_DIGIT_FINAL = {"0": True, "1": True, "2": False, "3": True, "4": False, "5": False, "6": True, "7": True, "8": True,
                "9": False}
_LATIN_FINAL = frozenset("LMNRlmnr")
_RIEUL_READING = frozenset("178LRlr")  # 일, 칠, 팔, 엘, 알: '로', not '으로'
_UNIT_READING = {"%": False}  # 퍼센트
_PAIRS = {"은/는": ("은", "는"), "이/가": ("이", "가"), "을/를": ("을", "를"), "과/와": ("과", "와"), "으로/로": ("으로", "로"),
          "이라/라": ("이라", "라"), "이에요/예요": ("이에요", "예요"), "이었/였": ("이었", "였")}


def nfc(text: str) -> str:
    """Return text in Unicode NFC (files named or typed on macOS arrive decomposed)."""
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1)
def kiwi() -> Kiwi:
    """Return the process's one Kiwi analyser."""
    try:
        from kiwipiepy import Kiwi
    except ImportError as error:
        raise MissingExtra("Korean morphological analysis", "rag", "kiwipiepy") from error
    return Kiwi()


@lru_cache(maxsize=65536)
def morphemes(text: str) -> tuple[str, ...]:
    """Return the content morphemes of a text in order, lower-cased: what BM25 and term coverage compare."""
    return tuple(token.form.lower() for token in kiwi().tokenize(nfc(text)) if token.tag in _CONTENT)


def morphemes_of(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield each text's content morphemes, uncached and on all cores: for indexing long texts by the thousand."""
    for tokens in kiwi().tokenize(nfc(text) for text in texts):
        yield tuple(token.form.lower() for token in tokens if token.tag in _CONTENT)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, without surrounding blanks."""
    return [sentence.text.strip() for sentence in kiwi().split_into_sents(nfc(text)) if sentence.text.strip()]


def has_final_consonant(word: str) -> bool:
    """Return whether a word, read aloud in Korean, ends in a consonant; brackets at its end are passed over."""
    stripped = re.sub(r"\s*\([^()]*\)$", "", word).rstrip(" )]}'\"’”.,")
    last = stripped[-1:] if stripped else ""
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28 != 0
    if last in _UNIT_READING:
        return _UNIT_READING[last]
    return _DIGIT_FINAL.get(last, last in _LATIN_FINAL)


def josa(word: str, pair: str) -> str:
    """Return word with the particle of pair ("은/는", "이/가", "을/를", "과/와", "으로/로") that fits its last sound."""
    with_final, without_final = _PAIRS[pair]
    stripped = re.sub(r"\s*\([^()]*\)$", "", word).rstrip(" )]}'\"’”.,")
    last = stripped[-1:] if stripped else ""
    rieul = (ord(last) - ord("가")) % 28 == 8 if "가" <= last <= "힣" else last in _RIEUL_READING
    if pair == "으로/로" and rieul:
        return word + without_final
    return word + (with_final if has_final_consonant(word) else without_final)
