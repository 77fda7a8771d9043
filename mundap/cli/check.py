"""`mundap check`: every recipe, preset and prompt file, alone and against the others."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mundap.cli.options import AsJson, Presets
from mundap.cli.output import result, result_json, say

if TYPE_CHECKING:
    from mundap.problem import Problem

EXAMPLES = ("mundap check", "mundap check configs/civil_law/train.yaml --preset quality --json",
            "mundap check configs/demo --deep")


def command(paths: Annotated[list[Path] | None, typer.Argument(
        metavar="[PATH]...", help="Recipes or folders; without any, the project's configs/.",
        show_default=False)] = None, preset: Presets = None,
        deep: Annotated[bool, typer.Option("--deep", help="Ask LLaMA-Factory's own parser as well (ten seconds).")
                        ] = False,
        strict: Annotated[bool, typer.Option("--strict", help="Count warnings as problems.")] = False,
        as_json: AsJson = False) -> None:
    """Check recipes, presets and prompts: unknown keys, wrong types and choices, and what must agree between files.

    Every code is explained in configs/schema/RULES.md.
    """
    from mundap.check import check, files
    from mundap.errors import ConfigError
    from mundap.paths import project_root

    found = files(paths or [project_root() / "configs"])
    if not found:
        raise ConfigError("there is no YAML, JSON or text file here.",
                          where=" ".join(map(str, paths or ())) or "configs")
    problems = [problem for file in found for problem in check(file, presets=preset or ())]
    if deep:
        problems += _deep(found, preset or [])
    wrong = [problem for problem in problems if problem.blocks or (strict and problem.warning)]
    _tell(problems, len(found), as_json)
    warnings = sum(problem.warning for problem in problems)
    say(f"{len(found)} files checked, {len(wrong)} problem{'' if len(wrong) == 1 else 's'}"
        + (f", {warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""))
    if wrong:
        raise typer.Exit(1)


def _deep(found: list[Path], presets: list[str]) -> list[Problem]:
    """Return what LLaMA-Factory's parser says of the recipes that can be read at all."""
    from mundap import deep
    from mundap.check import recipes

    say("asking LLaMA-Factory's parser; it takes ten seconds to load")
    return deep.findings(recipes(found, presets=presets))


def _tell(problems: list[Problem], files: int, as_json: bool) -> None:
    if as_json:
        result_json({"files": files, "problems": [dataclasses.asdict(problem) for problem in problems]})
        return
    for problem in problems:
        result(f"{'not yet: ' if problem.later else 'warning: ' if problem.warning else ''}{problem}")
