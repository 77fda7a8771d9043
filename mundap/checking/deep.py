"""What LLaMA-Factory's own parser says of recipes, found in a child process: the second opinion of `mundap check --deep`.

A recipe for a GPU server cannot be parsed whole on a laptop, so what depends on this machine comes as a warning.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence

from mundap import factory
from mundap.errors import LaunchError
from mundap.problem import Problem
from mundap.recipe import Recipe

_KINDS = ("train", "chat", "export")
TIMEOUT_S = 300
# What the parser says when this machine, not the recipe, is wrong. Source: llamafactory 0.9.5 hparams/parser.py and
# extras/misc.py, transformers 5.5 training_args.py.
_MACHINE = re.compile(r"bf16|fp16|tf32|[Gg][Pp][Uu]|CUDA|launch distributed|FORCE_TORCHRUN|is required for|requires? the"
                      r"|pip install|No module named|PackageNotFound|device does not support|not installed|rouge|jieba")


def findings(recipes: Sequence[Recipe]) -> list[Problem]:
    """Return what the parser refuses, at the key it names where it names one.

    Raises:
        LaunchError: the child could not do its work, for example because LLaMA-Factory is not installed.
    """
    asked = [recipe for recipe in recipes if recipe.kind in _KINDS]
    if not asked:
        return []
    told = _ask([(recipe.kind, factory.resolved(recipe.values, recipe.project)) for recipe in asked])
    return [_problem(recipe, text) for recipe, texts in zip(asked, told, strict=True) for text in texts]


def _ask(recipes: Sequence[tuple[str, dict[str, object]]]) -> list[list[str]]:
    env = factory.environment({"model_name_or_path": "/"})   # nothing is loaded, so nothing needs the hub
    child = subprocess.run([sys.executable, "-m", "mundap.checking.upstream_parser"], capture_output=True, text=True, env=env,
                           input=json.dumps([{"kind": kind, "values": values} for kind, values in recipes]),
                           timeout=TIMEOUT_S, check=False)
    lines = child.stdout.strip().splitlines()
    if child.returncode != 0 or not lines:
        last = (child.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise LaunchError(f"LLaMA-Factory's parser could not be asked: {last}", where="mundap check --deep",
                          fix='Install it with: pip install "mundap[train]"')
    found: list[list[str]] = json.loads(lines[-1])
    return found


def _problem(recipe: Recipe, text: str) -> Problem:
    first = " ".join(text.split())
    key = next((key for key in sorted(recipe.given, key=len, reverse=True) if re.search(rf"\b{re.escape(key)}\b", text)),
               "")
    machine = bool(_MACHINE.search(text))
    return Problem(where=recipe.where(key) if key else recipe.name, key=key, warning=machine,
                   code="MD991" if machine else "MD990",
                   what=f"LLaMA-Factory's parser {'would not take it on this machine' if machine else 'refuses it'}: "
                        f"{first[:300]}")
