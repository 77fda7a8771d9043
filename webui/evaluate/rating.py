"""Rating an answer: what is kept of a click, and a corrected answer looked up in the passages before it is.

A figure, date or article of a correction that stands in no passage of the answer is told; it is kept all the same when
the rater says so, and marked. Whether the words around the figures are right is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mundap.errors import DataError
from mundap.grounding import check
from webui.people import Person
from webui.storage.answers import Kept
from webui.storage.ratings import Rated, Ratings

Said = Literal["saved", "score_first", "corrected", "unfounded", "correction_gone", "not_changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a click: said is a key of the page's words (evaluate.said.<said>); unfounded the figures to tell."""

    said: Said
    rated: Rated | None = None
    unfounded: tuple[str, ...] = ()


def rate(ratings: Ratings, person: Person, answer: str, score: int | None, reasons: Sequence[str]) -> Outcome:
    """Keep a score and its reasons; what was corrected before stays.

    Raises:
        DataError: the person can reach no such answer, or the score or a reason is none of those offered.
    """
    if score is None:
        return Outcome(said="score_first")
    before = ratings.get(person.owner, answer)
    rated = replace(before or Rated(score=score), score=score, reasons=tuple(dict.fromkeys(reasons)))
    ratings.put(person.owner, answer, rated)
    return Outcome(said="saved", rated=rated)


def correct(ratings: Ratings, person: Person, answer: str, text: str, *, confirmed: bool = False) -> Outcome:
    """Keep a corrected answer beside the score already given; one with unfounded figures only when it is confirmed.

    Raises:
        DataError: the person can reach no such answer, or the text is too long.
    """
    found, before, text = ratings.answer(person.owner, answer), ratings.get(person.owner, answer), text.strip()
    if found is None:
        raise DataError("there is no such answer to rate.", where="the page", fix="Choose one that is listed.")
    if before is None:
        return Outcome(said="score_first")
    if text == found.text.strip():
        return Outcome(said="not_changed", rated=before)
    missing = unfounded(found, text)
    if missing and not confirmed:
        return Outcome(said="unfounded", rated=before, unfounded=missing)
    rated = replace(before, corrected=text, unfounded=missing)
    ratings.put(person.owner, answer, rated)
    return Outcome(said="corrected" if text else "correction_gone", rated=rated, unfounded=missing)


def unfounded(found: Kept, text: str) -> tuple[str, ...]:
    """Return the figures, dates and articles of a text that follow from no passage of an answer; each once, as written.

    Of an answer that can no longer be read there is no passage, and nothing follows.
    """
    passages = found.answer.passages if found.answer is not None else ()
    return tuple(dict.fromkeys(claim.text for claim in check(text, passages).unsupported))
