"""Number accuracy: is the figure that was asked for in the reply, in its unit, with its sign, and no wrong one beside it?

    gold 1,234백만원   "… 12.34억원입니다."             figure, unit and sign right
                       "… 1,234원입니다."               figure wrong, unit wrong: the digits of the truth, a million times less
                       "… 1,234,000,000달러입니다."     figure right, unit wrong
                       "… △1,234백만원입니다."          figure and unit right, sign wrong
                       "… 999백만원입니다."             figure wrong, unit right

Of a reply's figures the one nearest to the truth is judged. A figure rounded with 약 is no wrong one, and not the right
one either. Where the truth is several figures (no gold value: the figures of the reference that the question does not
hold), each must be there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from mundap.grounding import Claim, figures, normalise_value, unit_of
from mundap.grounding.claim import fold
from mundap.grounding.claims import claims
from mundap.grounding.evidence import Evidence, Figure
from mundap.grounding.tone import agrees, tone
from mundap.prompt import Passage
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.names import misplaced
from rag.evaluation.metrics.standing import bare, lines_of, stated

_WRONG = ("elsewhere", "twisted", "nowhere")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A figure asked for: its size in base units, its base unit, the number as printed, and where it is said, best first."""

    size: Decimal
    unit: str
    printed: Decimal
    negative: bool
    said: tuple[str, ...]


_Holds = Callable[[Wanted, Claim], bool]


def wanted(gold: Gold) -> tuple[Wanted, ...]:
    """Return the figures asked for; empty where none is, or where there is no answer."""
    if not gold.answerable:
        return ()
    return _wanted(gold.value, gold.unit, gold.question, bare(gold.reference), lines_of(gold))


@lru_cache(maxsize=1024)
def _wanted(value: str, unit: str, question: str, reference: str, lines: tuple[str, ...]) -> tuple[Wanted, ...]:
    said = (reference, "\n".join(lines), f"{value}{unit}")
    amount = normalise_value(value, unit) if value else None
    if amount is not None and (amount or not reference or any(one.value == 0 for one in figures(reference))):
        known, printed = unit_of(unit), normalise_value(value)
        own = figures(value)[0].unit
        return (Wanted(abs(amount), own or (known.name if known else unit.strip()), abs(printed or amount), amount < 0, said),)
    # also a difference of 0, which is told as "변동이 없습니다" beside the figure that stayed
    asked = {_key(one) for one in figures(question)}
    found = dict.fromkeys(one for one in figures(reference) if _key(one) not in asked and not one.approximate)
    unique = {_key(one): one for one in found}
    return tuple(Wanted(abs(one.value or Decimal(0)), one.unit, abs(one.printed or Decimal(0)), (one.value or 0) < 0, said)
                 for one in unique.values())


def figure_right(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where every figure asked for is there, whatever unit it is printed in: its amount in the base unit."""
    return _all(gold, reply, lambda one, claim: claim.value is not None and abs(claim.value) == one.size)


def unit_right(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where the figure is of the unit asked for, and not its digits at another scale (1,234원 for 1,234백만원)."""
    text = bare(reply.text)
    return _all(gold, reply, lambda one, claim: _unit_of(claim, one, text) == one.unit and not _slipped(one, claim))


def sign_right(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where the figure's sign, written or said in words, is the truth's: △1,234, -1,234 and 1,234 감소 are one."""
    text = bare(reply.text)
    return _all(gold, reply, lambda one, claim: _sign(one, claim, text))


def right(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where figure, unit and sign are right and no wrong figure stands beside them; None without a figure asked for."""
    if not wanted(gold):
        return None
    parts = (figure_right(gold, reply), unit_right(gold, reply), sign_right(gold, reply))
    return float(all(parts) and not wrong_figures(gold, reply))


def wrong_figure_shown(gold: Gold, reply: Reply) -> float:
    """Return 1 where a figure is shown that is not the truth; of an unanswerable question any but the question's own."""
    return float(bool(wrong_figures(gold, reply)))


def wrong_figures(gold: Gold, reply: Reply) -> tuple[str, ...]:
    """Return the figures shown that are wrong, as they are written; a declined reply shows none.

    A right figure that is given to another's name is one of them.
    """
    if reply.declined:
        return ()
    found = [one.claim.text for one in stated(gold, reply) if one.claim.numeric and (
        one.basis in _WRONG or (not gold.answerable and one.basis == "told"))]
    return (*found, *(text for _, text in misplaced(gold, reply)))


def _key(one: Claim) -> tuple[Decimal, str]:
    return abs(one.value or Decimal(0)), one.unit


def _all(gold: Gold, reply: Reply, holds: _Holds) -> float | None:
    asked = wanted(gold)
    if not asked:
        return None
    if reply.declined:
        return 0.0
    text = bare(reply.text)
    shown = figures(text)
    nearest = [_nearest(one, shown, text) for one in asked]
    return float(all(claim is not None and holds(one, claim) for one, claim in zip(asked, nearest, strict=True)))


def _nearest(one: Wanted, shown: list[Claim], text: str) -> Claim | None:
    """Return the figure that is most likely meant for the one asked for; the first of equals."""
    def rank(claim: Claim) -> tuple[bool, ...]:
        same = claim.value is not None and abs(claim.value) == one.size
        own = _unit_of(claim, one, text) == one.unit
        digits = claim.printed is not None and abs(claim.printed) == one.printed
        return not (same and own and _sign(one, claim, text)), not (same and own), not same, not digits, not own

    return min(shown, key=rank, default=None)


def _unit_of(claim: Claim, one: Wanted, text: str) -> str:
    """Return a figure's base unit; a unit that is not known counts where it is written just after the digits."""
    if claim.unit or not one.unit:
        return claim.unit
    return one.unit if text[claim.span[1]:].lstrip().startswith(one.unit) else ""


def _slipped(one: Wanted, claim: Claim) -> bool:
    same = claim.value is not None and abs(claim.value) == one.size
    return not same and claim.printed is not None and abs(claim.printed) == one.printed


def _sign(one: Wanted, claim: Claim, text: str) -> bool:
    """Return whether a figure's sign and words agree with the truth's, as its first telling that holds the amount has them.

    A figure of another amount has its sign compared alone.
    """
    negative = (claim.value or 0) < 0
    if claim.value is None or abs(claim.value) != one.size:
        return negative == one.negative
    found = claims(text)
    at = next(place for place, other in enumerate(found) if other.span == claim.span)
    words = tone(fold(text), claim.span, found[at - 1].span[1] if at else 0,
                 found[at + 1].span[0] if at + 1 < len(found) else len(text))
    for told in one.said:
        places = _places(told, one.unit, one.size)
        if places:
            return any(agrees(words, negative, place.tone(), place.value < 0) for place in places)
    return negative == one.negative


@lru_cache(maxsize=1024)
def _places(told: str, unit: str, size: Decimal) -> tuple[Figure, ...]:
    """Return where a text holds an amount in a unit."""
    series = Evidence([Passage(number=1, head="", lines=tuple(told.splitlines()))]).series.get(unit or "?")
    return tuple(series.between(size, size)) if series else ()
