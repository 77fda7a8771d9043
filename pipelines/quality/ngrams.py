"""Hashes of a text's syllable n-grams, blanks and signs aside: what near-duplicates and leakage are measured with."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

_LETTERS = re.compile(r"[^0-9a-z가-힣\u3400-\u9fff%]+")
_WORD = re.compile(r"[가-힣]{3,}")
# How a question ends says nothing about what it asks: 있나요, 있습니까, 있을까요.
_POLITE = re.compile(r"(?:인가요|입니까|이에요|예요|인지요|습니까|을까요|나요|가요|어요|아요|까요|죠|요)$")
# Particles at the end of a word of three syllables or more; a shorter word may be all stem (나이, 가로).
_PARTICLE = re.compile(r"(?:에서는|으로는|에게는|에서|에게|으로|까지|부터|에는|은|는|이|가|을|를|의|에|로|와|과|도|만)$")


def bare(text: str) -> str:
    """Return a text's letters and digits in NFC and lower case, run together."""
    return _LETTERS.sub("", unicodedata.normalize("NFC", text).lower())


def stems(text: str) -> str:
    """Return a question's words without particles and its polite ending, run together.

    '매출액은 얼마인가요?' and '매출액 얼마예요' are one.
    """
    words = [bare(stem(word)) for word in unicodedata.normalize("NFC", text).lower().split()]
    return "".join([*words[:-1], _POLITE.sub("", words[-1])]) if words else ""


def stem(word: str) -> str:
    """Return a word without its particle and the signs around it."""
    plain = word.strip(".,?!()[]{}'\"“”‘’「」『』:;·~")
    return _PARTICLE.sub("", plain) if _WORD.search(plain[-4:]) else plain


def ngrams(text: str, size: int) -> Hashes:
    """Return the distinct hashes of a text's n-grams, sorted: (n,) uint64; a shorter text is one n-gram.

    Source: polynomial hash over code points modulo 2^64, mixed by splitmix64 (Steele et al. 2014).
    """
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if not len(codes):
        return np.zeros(0, dtype=np.uint64)
    size = min(size, len(codes))
    windows = np.lib.stride_tricks.sliding_window_view(codes, size)
    return np.unique(_mixed((windows * _powers(size)).sum(axis=1, dtype=np.uint64)))


@lru_cache(maxsize=32)
def _powers(size: int) -> Hashes:
    return np.array([pow(0x100000001B3, at, 2**64) for at in range(size)], dtype=np.uint64)


def _mixed(values: Hashes) -> Hashes:
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
