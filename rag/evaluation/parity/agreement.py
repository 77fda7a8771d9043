"""How far two ways of asking one model agree on the same prompts: tokens, first difference, figures, prompt hashes.

    matched tokens of a prompt: those before the first that differs; an answer that goes on where the other has ended
    differs there. The rate is over all prompts: matched tokens by those of the longer answer of each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mundap.grounding import claims

TOLD = 5      # differing prompts whose continuations are kept
BEFORE = 24   # characters of the common beginning shown before a difference
AFTER = 80    # and of each continuation


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One way's answer to a prompt: the text and its tokens by the exported model's tokenizer."""

    text: str
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where two answers part: the prompt's row, the token (from 0), the common text just before, both continuations."""

    row: int
    position: int
    before: str
    one: str
    other: str
    same_figures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two ways over the same prompts. matched of tokens are the same; differences holds the first few."""

    one: str
    other: str
    prompts: int
    identical: int
    same_figures: int
    matched: int
    tokens: int
    differences: tuple[Difference, ...] = ()

    @property
    def rate(self) -> float:
        """Return the share of tokens up to the first difference of each prompt, 1.0 where none was written."""
        return self.matched / self.tokens if self.tokens else 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is kept, the rate written out for a reader."""
        return asdict(self) | {"rate": round(self.rate, 6)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Agreement:
        """Return what as_dict gave."""
        values = {name: value for name, value in kept.items() if name != "rate"}
        return cls(**values | {"differences": tuple(Difference(**one) for one in kept["differences"])})


def agreement(one: str, other: str, rows: Sequence[int], ones: Sequence[Said], others: Sequence[Said]) -> Agreement:
    """Return how far two ways agree; rows are the prompts' numbers, in the answers' order."""
    matched = [_common(left.tokens, right.tokens) for left, right in zip(ones, others, strict=True)]
    same = [_figures(left.text) == _figures(right.text) for left, right in zip(ones, others, strict=True)]
    differing = [at for at, (left, right) in enumerate(zip(ones, others, strict=True)) if left.text != right.text]
    # Differing figures first: they are what matters, and only a few differences are kept.
    differing.sort(key=lambda at: (same[at], at))
    return Agreement(
        one=one, other=other, prompts=len(rows), identical=len(rows) - len(differing), same_figures=sum(same),
        matched=sum(matched),
        tokens=sum(max(len(left.tokens), len(right.tokens)) for left, right in zip(ones, others, strict=True)),
        differences=tuple(_difference(rows[at], matched[at], ones[at].text, others[at].text, same[at])
                          for at in differing[:TOLD]))


def prompt_hash(prompts: Sequence[Sequence[int]]) -> str:
    """Return the SHA-256 over the token ids of prompts, in their order."""
    return hashlib.sha256(json.dumps([list(ids) for ids in prompts], separators=(",", ":")).encode()).hexdigest()


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two answers begin with alike."""
    return next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
                min(len(one), len(other)))


def _figures(text: str) -> list[tuple[Any, ...]]:
    """Return what a text asserts of figures, dates and articles, in its order and however they are written."""
    return [(claim.value and claim.value.normalize(), claim.unit, claim.parts, claim.law) for claim in claims(text)]


def _difference(row: int, position: int, one: str, other: str, same_figures: bool) -> Difference:
    """Return where two texts part, in characters a person can read."""
    at = next((place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
              min(len(one), len(other)))
    return Difference(row=row, position=position, before=one[max(0, at - BEFORE):at], one=one[at:at + AFTER],
                      other=other[at:at + AFTER], same_figures=same_figures)
