"""Which figure of a fact's answer is the one asked for, and the line it stands in: what an evaluation scores by."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mundap.grounding import figures, normalise_value
from mundap.grounding.claim import Claim
from mundap.korean import morphemes

# How a question asks -> how the figure ends that it asks for; the first that fits counts.
_ASKED = ((re.compile(r"몇 ?(?:%|퍼센트)|[이환]율|지급률"), re.compile(r"%|퍼센트")),
          (re.compile(r"며칠|언제|기한"), re.compile(r"일|개월|년")),
          (re.compile(r"몇 (\S+?)(?:이|가|을|를|은|는|까지|부터|에|마다|간|치)?(?:\s|$)"), None),
          (re.compile(r"얼마|보험금|금액|한도"), re.compile(r"원|%")))
_FIGURE = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*(\D*)")


def gold(question: str, output: str, lines: Sequence[str]) -> dict[str, str]:
    """Return gold_line, gold_value and gold_unit; empty where no figure of the answer is new and stands in a line.

    Of several lines with the figure it is the one that shares most words with the answer.
    """
    said = {(claim.value, claim.unit) for claim in figures(question)}
    found = [claim for claim in figures(output) if (claim.value, claim.unit) not in said]
    for claim in sorted(found, key=lambda claim: _rank(question, claim)):
        match = _FIGURE.fullmatch(claim.text)
        if not match or not match[2] or _rank(question, claim) > 1 or normalise_value(match[1], match[2]) != claim.value:
            continue
        holding = [line for line in lines if any((claim.value, claim.unit) == (one.value, one.unit) for one in figures(line))]
        if holding:
            words = set(morphemes(output))
            line = max(holding, key=lambda one: len(words.intersection(morphemes(one))))
            return {"gold_line": line, "gold_value": match[1], "gold_unit": match[2]}
    return {}


def _rank(question: str, claim: Claim) -> int:
    """Return 0 for a figure of the kind asked for, 2 for a count of times that nobody asked for, else 1."""
    for asks, ends in _ASKED:
        match = asks.search(question)
        if match:
            wanted = ends or re.compile(re.escape(match[1]))
            if wanted.search(claim.text):
                return 0
            break
    return 2 if claim.text.endswith("회") else 1
