"""Text that one YAML reader takes for another thing than the next, and placeholders that nobody fills in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mundap.overrides import at, key_paths
from mundap.problem import Problem
from mundap.recipe import Recipe

# A number to LLaMA-Factory's reader and to ours, text to PyYAML, editors and most other programs.
_SHORT_EXPONENT = re.compile(r":\s+([-+]?\d[\d_]*[eE][-+]?\d+)\s*(?:#.*)?$")


def exponents_with_point(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each number like 1e-4, written without a point."""
    shown = recipe.name
    for number, line in enumerate(recipe.path.read_text(encoding="utf-8-sig").splitlines(), 1):
        found = _SHORT_EXPONENT.search(line)
        if found and not line.lstrip().startswith("#"):
            key = line.split(":")[0].strip(" -")
            yield Problem(where=f"{shown}:{number}", key=key, what=f"{found[1]} is text to most YAML readers, though a "
                          "number to LLaMA-Factory.", fix=f"Write it with a point: {_pointed(found[1])}")


def placeholders_filled(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each `${…}`, which LLaMA-Factory reads and does not fill in."""
    for path in key_paths(recipe.values):
        value = at(recipe.values, path)
        if isinstance(value, str) and "${" in value:
            yield recipe.problem(path, f"{value!r} is not filled in; the letters themselves would be used.",
                                 "Write the value out, or give it on the command line: key=value")


def _pointed(number: str) -> str:
    mantissa, exponent = re.split("[eE]", number)
    return f"{mantissa}.0e{exponent}"
