"""A question with one particle left out, as people type: 매출액은 얼마인가요 -> 매출액 얼마인가요.

Only particles whose loss leaves the sense: topic, object, genitive. 에서, 까지, 보다 carry meaning and stay. Only after a
word that the answer names, which is surely a noun: the 는 of 일하는 is no particle.
"""

from __future__ import annotations

import random
import re

from pipelines.quality.ngrams import bare

_PARTICLE = re.compile(r"(?<=[가-힣]{2})(?:은|는|을|를|의)(?=\s)")


def particle(question: str, kept: frozenset[str], rng: random.Random) -> str:
    """Return the question without one of its particles, or "" where there is none to leave out."""
    found = [match for match in _PARTICLE.finditer(question) if bare(question[:match.start()].split()[-1]) in kept]
    if not found:
        return ""
    gone = rng.choice(found)
    return question[:gone.start()] + question[gone.end():]
