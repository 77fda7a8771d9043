"""One thing wrong in a configuration file: where it stands, which key, what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mundap.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding of the checker. where is `file:line`; later means that a stage run first will put it right."""

    where: str
    key: str
    what: str
    fix: str = ""
    later: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.key + ': ' if self.key else ''}{self.what}{' ' + self.fix if self.fix else ''}"


def error_for(problems: Sequence[Problem], recipe: str) -> ConfigError:
    """Return one error that tells every problem of a recipe, one a line."""
    return ConfigError("\n".join(map(str, problems)), fix=f"Then check again with: mundap check {recipe}")
