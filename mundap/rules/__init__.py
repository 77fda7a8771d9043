"""Rules between files: what a recipe promises about others, checked before anything slow starts.

A rule is a function from a recipe to its problems, one rule a file; all of them stand in RULES. What a single file may
hold is the schema's business. A problem marked later goes away once an earlier stage has run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mundap.problem import Problem
from mundap.recipe import Recipe
from mundap.rules.datasets_registered import datasets_registered
from mundap.rules.named_files import named_files
from mundap.rules.no_secrets import no_secrets
from mundap.rules.same_prompt import same_prompt

RULES: tuple[Callable[[Recipe], Iterable[Problem]], ...] = (
    datasets_registered,
    named_files,
    no_secrets,
    same_prompt,
)


def check(recipe: Recipe) -> list[Problem]:
    """Return every problem the rules find in a recipe."""
    return [problem for rule in RULES for problem in rule(recipe)]
