"""The levels a reader may ask for (초급, 중급, 고급): what is added to the prompt, and how many passages it quotes.

rag.yaml and data.yaml name the same files under `levels`, so that a row trains the very bytes the app sends. Without
`levels`, or where no level is asked for, the prompt is the plain one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError, closest
from mundap.paths import resolve

NAMES = ("초급", "중급", "고급")
AUTO = "auto"   # in place of a level's name: chosen from how the asker writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level: its name, the text that follows the instruction, and its own limits (None: the recipe's)."""

    name: str
    text: str
    top_k: int | None = None
    context_tokens: int | None = None
    max_new_tokens: int | None = None

    def instruct(self, instruction: str) -> str:
        """Return the instruction of a prompt at this level."""
        return f"{instruction} {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The level an answer is worded at, None for none, and in words why it was chosen; "" where the asker chose it."""

    level: Level | None = None
    reason: str = ""


def choose(name: str, questions: Sequence[str], levels: Mapping[str, Level]) -> Chosen:
    """Return the level asked for by name, or with AUTO the one the questions (oldest first) are worded at.

    Raises:
        ConfigError: the recipe has no such level.
    """
    return Chosen(level=level_named(name, levels))


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
        file = resolve(given["instruction"], project)
        text = " ".join(file.read_text(encoding="utf-8").split()) if file.is_file() else ""
        if not text:
            raise ConfigError("the level's text file is missing or empty.", where=given["instruction"],
                              fix=f"Fix levels.{name}.instruction, or write one sentence into the file.")
        levels[name] = Level(name=name, text=text, top_k=given.get("top_k"), context_tokens=given.get("context_tokens"),
                             max_new_tokens=given.get("max_new_tokens"))
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
