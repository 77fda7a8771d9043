"""What a prompt says of its own: the instruction with its level's text, and the system message of a question's category.

Read from a rag.yaml alone, without its index or a model: an answer kept long ago can be put into the words the app sends
today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from mundap.levels import Level, load_levels
from mundap.paths import resolve
from rag.search.filters import Filters
from rag.search.hit import Hit

CATEGORY = "category"   # the metadata field that picks a system prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One rag.yaml's own words. systems are system messages by category; system is everybody else's, "" for none."""

    instruction: str
    levels: Mapping[str, Level]
    systems: Mapping[str, str]
    system: str = ""

    @classmethod
    def of(cls, recipe: Mapping[str, Any], project: Path) -> Wording:
        """Return a rag recipe's wording.

        Raises:
            ConfigError: a prompt file or a level's text is missing.
        """
        prompt = recipe["prompt"]
        return cls(instruction=_text(prompt["instruction"], project), levels=load_levels(recipe.get("levels"), project),
                   systems={name: _text(path, project) for name, path in (prompt.get("systems") or {}).items()},
                   system=_text(prompt["system"], project) if prompt.get("system") else "")

    def instruct(self, level: str) -> str:
        """Return the instruction at a level; a level that is not there (any more) adds nothing."""
        found = self.levels.get(level)
        return found.instruct(self.instruction) if found else self.instruction

    def system_of(self, filters: Filters, hits: Sequence[Hit]) -> str:
        """Return the system message of the category a question names in its filters, else that of its best hit."""
        if not self.systems:
            return self.system
        named = filters.get(CATEGORY) or ([hits[0].chunk.metadata.get(CATEGORY, "")] if hits else [])
        return next((self.systems[str(name)] for name in named if str(name) in self.systems), self.system)


def _text(path: str, project: Path) -> str:
    """Return a prompt file's text, without blanks around it."""
    file = resolve(path, project)
    if not file.is_file():
        raise ConfigError("there is no such file.", where=path, fix="Name an existing text file under configs/prompts/.")
    return file.read_text(encoding="utf-8").strip()
