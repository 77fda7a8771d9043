"""Rows that ask what a kept row asks: spacing, case, punctuation and Unicode form aside.

by question: any second row with the question goes, as the insurance project did. by question_and_answer: it stays when
it answers otherwise, since the same question over other passages is another lesson.
"""

from __future__ import annotations

import hashlib
import unicodedata

from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter


def make(domain: Domain, *, by: str) -> Filter:
    """Return the filter; it keeps 16 bytes of each row."""
    seen: set[bytes] = set()

    def key(row: Candidate) -> bytes:
        parts = [letters(row.question)] + ([letters(row.output)] if by == "question_and_answer" else [])
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).digest()

    return Filter(judge=lambda row: "duplicate" if key(row) in seen else KEEP, kept=lambda row: seen.add(key(row)))


def letters(text: str) -> str:
    """Return a text's letters and digits alone, in NFC and lower case; signs between digits stay (1,5 is not 15)."""
    text = unicodedata.normalize("NFC", text).lower()
    return "".join(
        letter for at, letter in enumerate(text)
        if letter.isalnum() or letter in "%△-" or (
            letter in ".,:/~" and 0 < at < len(text) - 1 and text[at - 1].isdigit() and text[at + 1].isdigit()))
