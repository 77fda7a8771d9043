"""A lint rule: a code that never changes its meaning, what finds it, why it matters, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mundap.problem import Problem
from mundap.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """find yields problems without a code; the code, and that it is only a warning, are added when rules are run."""

    code: str
    find: Callable[[Recipe], Iterable[Problem]]
    why: str
    fix: str
    warning: bool = False
