"""A question with a blank dropped, or one set before a particle: 매출액은 얼마인가요 -> 매출액은얼마인가요, 매출액 은 얼마인가요.

Blanks are not doubled: the prompt builder joins a question's words by single blanks, in training and in the app alike.
"""

from __future__ import annotations

import random
import re

# Between two Hangul words only: a blank beside a figure may divide two numbers.
_BLANK = re.compile(r"(?<=[가-힣]) (?=[가-힣])")
_BEFORE_PARTICLE = re.compile(r"(?<=[가-힣]{2})(?=(?:은|는|이|가|을|를|의|에서|으로|까지|부터)\s)")


def spacing(question: str, kept: frozenset[str], rng: random.Random) -> str:
    """Return the question with its blanks changed in one place, or "" where there is none to change."""
    blanks = [match.start() for match in _BLANK.finditer(question)]
    ways = [(at, at + 1, "") for at in blanks]
    ways += [(match.start(), match.start(), " ") for match in _BEFORE_PARTICLE.finditer(question)]
    if not ways:
        return ""
    start, end, blank = rng.choice(ways)
    return question[:start] + blank + question[end:]
