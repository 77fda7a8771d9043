"""The levels a reader may ask for (초급, 중급, 고급): what is added to the prompt, and how many passages it quotes.

rag.yaml and data.yaml name the same files under `levels`, so that a row trains the very bytes the app sends. Without
`levels`, or where no level is asked for, the prompt is the plain one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.auto_level import guess
from mundap.errors import ConfigError, closest
from mundap.paths import resolve

NAMES = ("초급", "중급", "고급")
EASIEST = NAMES[0]   # its answers have the terms explained beside them
AUTO = "auto"   # in place of a level's name: chosen from how the asker writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level: its name, the text that follows the instruction ("" for none), and what of the recipe it sets for itself.

    top_k, context_tokens (of the passages) and max_new_tokens (of the answer) are the recipe's where None. prior_year: rows
    at this level also tell the change from the year before, a further fact that the other levels' answers do not hold.
    """

    name: str
    text: str
    top_k: int | None = None
    context_tokens: int | None = None
    max_new_tokens: int | None = None
    prior_year: bool = False

    def instruct(self, instruction: str) -> str:
        """Return the instruction of a prompt at this level."""
        return f"{instruction} {self.text}" if self.text else instruction


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The level an answer is worded at, None for none, and in words why it was chosen; "" where the asker chose it."""

    level: Level | None = None
    reason: str = ""


def choose(name: str, questions: Sequence[str], levels: Mapping[str, Level], terms: Iterable[str] = ()) -> Chosen:
    """Return the level asked for by name, or with AUTO the one the questions (oldest first) are worded at.

    terms are the domain's own (rag.yaml's `terms`). With AUTO a recipe without levels answers without one, and one that
    lacks the level guessed takes the nearest it has, the easier of two.

    Raises:
        ConfigError: the recipe has no such level.
    """
    if name != AUTO:
        return Chosen(level=level_named(name, levels))
    if not levels:
        return Chosen()
    found = guess(questions, terms)
    if found.name in levels:
        return Chosen(level=levels[found.name], reason=found.reason)
    nearest = min(levels, key=lambda known: (abs(NAMES.index(known) - NAMES.index(found.name)), NAMES.index(known)))
    return Chosen(level=levels[nearest], reason=f"{found.reason}이지만 여기에는 없어서 {nearest}")


def load_levels(section: Mapping[str, Any] | None, project: Path) -> dict[str, Level]:
    """Return the levels of a recipe's `levels` by name, easiest first; empty without any.

    Raises:
        ConfigError: a level's text file is missing or empty.
    """
    levels = {}
    for name in NAMES:
        given = (section or {}).get(name)
        if given is None:
            continue
        text = _text(given["instruction"], name, project) if given.get("instruction") else ""
        levels[name] = Level(name=name, text=text, top_k=given.get("top_k"), context_tokens=given.get("context_tokens"),
                             max_new_tokens=given.get("max_new_tokens"), prior_year=given.get("prior_year", False))
    return levels


def level_named(name: str, levels: Mapping[str, Level]) -> Level | None:
    """Return the level asked for; None for "".

    Raises:
        ConfigError: the recipe has no such level.
    """
    if not name:
        return None
    if name not in levels:
        known = f"{closest(name, levels)}Levels here: {', '.join(levels)}." if levels else \
            "The recipe has no levels: add `levels` to it, or ask without one."
        raise ConfigError(f"there is no level {name!r}.", where="level", fix=known)
    return levels[name]


def _text(name: str, level: str, project: Path) -> str:
    """Return a level's text in one line."""
    file = resolve(name, project)
    text = " ".join(file.read_text(encoding="utf-8").split()) if file.is_file() else ""
    if not text:
        raise ConfigError("the level's text file is missing or empty.", where=name,
                          fix=f"Fix levels.{level}.instruction, or write one sentence into the file.")
    return text
