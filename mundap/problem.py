"""One thing wrong in a configuration file: where it stands, which key, what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mundap.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding of the checker. where is `file:line`; code is that of configs/schema/RULES.md.

    later means that a stage run first will put it right; warning, that a run may go on all the same.
    """

    where: str
    key: str
    what: str
    fix: str = ""
    code: str = ""
    later: bool = False
    warning: bool = False

    def __str__(self) -> str:
        text = f"{self.where}: {self.key + ': ' if self.key else ''}{self.what}{' ' + self.fix if self.fix else ''}"
        return f"{text} [{self.code}]" if self.code else text

    @property
    def blocks(self) -> bool:
        """Return whether the file must be mended before anything runs."""
        return not (self.later or self.warning)


def error_for(problems: Sequence[Problem], recipe: str) -> ConfigError:
    """Return one error that tells every problem of a recipe, one a line."""
    return ConfigError("\n".join(map(str, problems)), fix=f"Then check again with: mundap check {recipe}")
