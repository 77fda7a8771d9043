"""A system's worst answers, what is wrong with each, and how two answers to one question differ word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.evaluation.results import Evaluation, Scored, SystemResult

LIMIT = 20
LONGEST = 4000   # characters of one text on the page; what is left out is said
_LOW_F1 = 0.5
_F1 = "character_f1"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and what marks it: "" for none, a kind of invention, or "only" for a word only one answer has."""

    text: str
    mark: str = ""


def faults(one: Scored) -> list[str]:
    """Return what is wrong with an answer, worst first; empty when nothing is."""
    declined = one.reply.declined and not one.reply.error
    found = {
        "invented": bool(one.invented),
        "wrong_figure": one.values.get("wrong_figure_shown", 0.0) >= 0.5,
        "wrongly_answered": not one.gold.answerable and not declined and not one.reply.error,
        "wrongly_declined": one.gold.answerable and declined,
        "error": bool(one.reply.error),
        "low_f1": one.gold.answerable and not declined and not one.reply.error and one.values.get(_F1, 1.0) < _LOW_F1,
    }
    return [name for name, holds in found.items() if holds]


def worst(system: SystemResult, limit: int = LIMIT) -> list[Scored]:
    """Return a system's worst answers: invented first, then by the other faults in their order, then by F1; ties by id."""
    def badness(one: Scored) -> tuple[tuple[bool, ...], float, str]:
        has = faults(one)
        order = ("invented", "wrong_figure", "wrongly_answered", "wrongly_declined", "error")
        return tuple(name not in has for name in order), one.values.get(_F1, 1.0), one.gold.id

    return sorted((one for one in system.scored if faults(one)), key=badness)[:limit]


def marked(text: str, invented: Sequence[tuple[str, str]]) -> list[Piece]:
    """Return a text cut where something invented stands in it, each such piece marked with its kind."""
    kinds = {said: kind for kind, said in invented if said.strip()}
    if not kinds:
        return [Piece(text)]
    pattern = re.compile("|".join(re.escape(said) for said in sorted(kinds, key=len, reverse=True)))
    pieces, end = list[Piece](), 0
    for match in pattern.finditer(text):
        pieces += [Piece(text[end : match.start()]), Piece(match[0], kinds[match[0]])]
        end = match.end()
    return [piece for piece in (*pieces, Piece(text[end:])) if piece.text]


def shortened(text: str, longest: int = LONGEST) -> tuple[str, int]:
    """Return a text cut to a length, and how many characters were left out."""
    return text[:longest], max(0, len(text) - longest)


def word_diff(a: str, b: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts as pieces, the words that only one of them has marked "only"."""
    from rapidfuzz.distance import Indel

    first, second = re.findall(r"\S+\s*", a), re.findall(r"\S+\s*", b)
    left, right = list[Piece](), list[Piece]()
    for step in Indel.opcodes([word.strip() for word in first], [word.strip() for word in second]):
        mark = "" if step.tag == "equal" else "only"
        if step.src_end > step.src_start:
            left.append(Piece("".join(first[step.src_start : step.src_end]), mark))
        if step.dest_end > step.dest_start:
            right.append(Piece("".join(second[step.dest_start : step.dest_end]), mark))
    return left, right


def disputed(evaluation: Evaluation, limit: int = LIMIT) -> list[str]:
    """Return the ids of the questions that systems answered most differently: good here, bad there; ties by id."""
    bad: dict[str, list[bool]] = {}
    said: dict[str, set[str]] = {}
    for system in evaluation.systems:
        for one in system.scored:
            bad.setdefault(one.gold.id, []).append(bool(faults(one)))
            said.setdefault(one.gold.id, set()).add(one.reply.text)
    spread = {key: min(sum(found), len(found) - sum(found)) for key, found in bad.items() if len(said[key]) > 1}
    return sorted(spread, key=lambda key: (-spread[key], key))[:limit]
