"""A lint rule: a code that never changes its meaning, what finds it, why it matters, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from mundap.problem import Problem
from mundap.recipe import Recipe

Settled = Literal["folder", "same run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """find yields problems without a code; the code, and that it is only a warning, are added when rules are run.

    settled_by says that `mundap train` answers the rule itself: "folder" by telling one run from another and asking for
    --fresh or --resume, "same run" where an earlier run of the very same recipe and rows left what is complained of.
    """

    code: str
    find: Callable[[Recipe], Iterable[Problem]]
    why: str
    fix: str
    warning: bool = False
    settled_by: Settled | None = None
