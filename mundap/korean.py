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
    from kiwipiepy import Kiwi, Token

# Content tags of the Sejong tag set: nouns, verbs, adjectives, roots, foreign words, numbers, hanja.
_CONTENT = ("NNG", "NNP", "NNB", "NR", "VV", "VA", "XR", "SL", "SN", "SH", "MM", "W_SERIAL")
# How a digit or a Latin letter is read aloud at the end of a word: True when its Korean reading ends in a consonant.
_DIGIT_FINAL = {"0": True, "1": True, "2": False, "3": True, "4": False, "5": False, "6": True, "7": True, "8": True,
                "9": False}
_LATIN_FINAL = frozenset("LMNRlmnr")
_RIEUL_READING = frozenset("178LRlr")  # 일, 칠, 팔, 엘, 알: '로', not '으로'
_UNIT_READING = {"%": False}  # 퍼센트
_USER_WORD_SCORE = 10.0   # so much better than its pieces that Kiwi always takes the word
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


@lru_cache(maxsize=8)
def kiwi_knowing(words: tuple[str, ...]) -> Kiwi:
    """Return a Kiwi analyser that also knows these words, as proper nouns; without any, the process's one."""
    if not words:
        return kiwi()
    from kiwipiepy import Kiwi

    knowing = Kiwi()
    for word in words:
        knowing.add_user_word(word, "NNP", _USER_WORD_SCORE)
    return knowing


@lru_cache(maxsize=65536)
def morphemes(text: str, words: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the content morphemes of a text in order, lower-cased: what BM25 and term coverage compare.

    words are those of a user dictionary. One found in the text is a morpheme, followed by what it is made of, so that
    실손의료비보험 is found whole and by 실손.
    """
    return tuple(_content(kiwi_knowing(words).tokenize(nfc(text)), frozenset(words)))


def morphemes_of(texts: Iterable[str], words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield each text's content morphemes, uncached and on all cores: for indexing long texts by the thousand."""
    known = frozenset(words)
    for tokens in kiwi_knowing(words).tokenize(nfc(text) for text in texts):
        yield tuple(_content(tokens, known))


def _content(tokens: Iterable[Token], words: frozenset[str]) -> Iterator[str]:
    for token in tokens:
        if token.tag in _CONTENT:
            yield token.form.lower()
            if token.form in words:
                yield from (part for part in morphemes(token.form) if part != token.form.lower())


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
