"""What people said of answers, as plain data: an answer with the prompt it was given to, its ratings and its votes.

Raters are pseudonyms already; times are ISO 8601.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mundap.prompt import Passage, build_input


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer as somebody saw it. by_model: a model was asked; else it is the decline given before asking one.

    instruction (its level's text included) and system_message are what the app sends today with these passages.
    answered_by and model name the system and what was loaded for it.
    """

    id: str
    question: str
    passages: tuple[Passage, ...]
    instruction: str
    text: str
    by_model: bool = True
    system_message: str = ""
    level: str = ""
    answered_by: str = ""
    model: str = ""

    @property
    def input(self) -> str:
        """Return the row's input: the passages and the question, byte for byte as the app sends them."""
        return build_input(self.passages, self.question)

    @property
    def prompt(self) -> tuple[str, str, str]:
        """Return what tells one prompt from another: system message, instruction and input."""
        return self.system_message, self.instruction, self.input


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """One rater's score of an answer, 1 to 5, and the answer as they would have it, "" where they gave none."""

    rater: str
    at: str
    shown: Shown
    score: int
    corrected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """One rater's choice between two answers."""

    rater: str
    at: str
    left: Shown
    right: Shown
    winner: Literal["left", "right", "tie"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """Every judgement of one domain, oldest first. unreadable counts those whose answer an earlier mundap wrote otherwise."""

    ratings: tuple[Rated, ...] = ()
    votes: tuple[Voted, ...] = ()
    unreadable: int = 0

    @property
    def corrections(self) -> tuple[Rated, ...]:
        """Return the ratings that came with a corrected answer."""
        return tuple(one for one in self.ratings if one.corrected.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From which score an answer is an example to follow, up to which one to avoid; those between say neither."""

    good: int = 4
    bad: int = 2

    def __post_init__(self) -> None:
        """Refuse what would make an answer both.

        Raises:
            ValueError: not 1 <= bad < good <= 5.
        """
        if not 1 <= self.bad < self.good <= 5:
            raise ValueError(f"1 <= bad < good <= 5 is wanted, not bad={self.bad}, good={self.good}")
