"""Where two answers to one question differ: words only one of them says, and figures only one of them states.

Words are eojeol, compared without the marks around them; citation marks are no words. Figures, dates and articles are
compared by what they say (mundap.grounding): 3.45억원 and 345백만원 are one figure, 345백만원 and 345억원 are two.
Knows nothing of which answer is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from mundap.grounding import Claim, claims
from mundap.grounding.claim import nfc

Kind = Literal["", "word", "figure"]
Span = tuple[int, int]
ALIKE = 0.3   # two texts that share fewer of their words are told apart by reading; only their figures are marked
COMPARED = 1000   # words of a text that are compared; beyond that, figures alone
_CITED = re.compile(r"\s*\[\d+\]")
_WORD = re.compile(r"\S+")
_AROUND = ".,;:!?·\"'“”‘’()「」『』"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text and how it differs: "" where it does not, a word, or (the gravest) a figure."""

    text: str
    kind: Kind = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Two texts as pieces. same: they say the same, citations aside; alike: the words were compared, not the figures alone."""

    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    same: bool
    alike: bool

    @property
    def figures(self) -> bool:
        """Return whether one of the texts states a figure that the other does not."""
        return any(piece.kind == "figure" for piece in (*self.left, *self.right))


def differences(left: str, right: str) -> Differences:
    """Return two texts as pieces; joined, the pieces of each are the text in NFC."""
    texts = nfc(left), nfc(right)
    words = _words(texts[0]), _words(texts[1])
    said = [[text[start:end].strip(_AROUND) for start, end in spans] for text, spans in zip(texts, words, strict=True)]
    matcher = SequenceMatcher(None, said[0], said[1])   # autojunk: a model that repeats itself must not take minutes
    alike = max(map(len, said)) <= COMPARED and matcher.ratio() >= ALIKE
    marks: tuple[list[Kind], list[Kind]] = ([""] * len(texts[0]), [""] * len(texts[1]))
    for tag, i1, i2, j1, j2 in matcher.get_opcodes() if alike else ():
        if tag != "equal":
            _mark(marks[0], words[0][i1:i2])
            _mark(marks[1], words[1][j1:j2])
    stated = claims(texts[0]), claims(texts[1])
    for at in (0, 1):
        for start, end in _only(stated[at], stated[1 - at]):
            marks[at][start:end] = ["figure"] * (end - start)
    return Differences(left=_pieces(texts[0], marks[0]), right=_pieces(texts[1], marks[1]), alike=alike,
                       same=said[0] == said[1])


def _words(text: str) -> list[Span]:
    """Return where the words stand, citation marks blanked."""
    blanked = _CITED.sub(lambda found: " " * len(found[0]), text)
    return [found.span() for found in _WORD.finditer(blanked)]


def _mark(marks: list[Kind], words: Sequence[Span]) -> None:
    """Mark neighbouring words, and what is between them, as one run."""
    if words:
        start, end = words[0][0], words[-1][1]
        marks[start:end] = ["word"] * (end - start)


def _only(own: Sequence[Claim], others: Sequence[Claim]) -> Iterator[Span]:
    there = {_meaning(claim) for claim in others}
    return (claim.span for claim in own if _meaning(claim) not in there)


def _meaning(claim: Claim) -> tuple[object, ...]:
    return (claim.kind, claim.parts) if claim.value is None else (claim.unit or claim.kind, claim.value)


def _pieces(text: str, marks: Sequence[Kind]) -> tuple[Piece, ...]:
    return tuple(Piece("".join(letter for letter, _ in run), kind)
                 for kind, run in groupby(zip(text, marks, strict=True), key=lambda pair: pair[1]))
