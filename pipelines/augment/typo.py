"""A question with one syllable mistyped by the key beside the right one: 얼마인가요 -> 얼마임가요."""

from __future__ import annotations

import random

from pipelines.augment.jamo import mistyped
from pipelines.augment.protected import free_words


def typo(question: str, kept: frozenset[str], rng: random.Random) -> str:
    """Return the question mistyped once, or "" where every word is protected."""
    places = [at for start, end in free_words(question, kept) for at in range(start, end) if "가" <= question[at] <= "힣"]
    rng.shuffle(places)
    for at in places:
        wrong = mistyped(question[at], rng)
        if wrong:
            return question[:at] + wrong + question[at + 1:]
    return ""
