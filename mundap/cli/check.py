"""`mundap check`: every recipe, preset and prompt file, alone and against the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mundap.cli.options import AsJson
from mundap.cli.output import result, result_json, say

EXAMPLES = ("mundap check", "mundap check configs/demo/train.yaml --json")


def command(paths: Annotated[list[Path] | None, typer.Argument(
        metavar="[PATH]...", help="Recipes or folders; without any, the project's configs/.",
        show_default=False)] = None, as_json: AsJson = False) -> None:
    """Check recipes, presets and prompts: unknown keys, wrong types and choices, and what must agree between files."""
    from mundap.check import check, files
    from mundap.errors import ConfigError
    from mundap.paths import project_root

    found = files(paths or [project_root() / "configs"])
    if not found:
        raise ConfigError("there is no YAML, JSON or text file here.",
                          where=" ".join(map(str, paths or ())) or "configs")
    problems = [problem for file in found for problem in check(file)]
    wrong = [problem for problem in problems if not problem.later]
    if as_json:
        result_json({"files": len(found), "problems": [
            {"where": problem.where, "key": problem.key, "what": problem.what, "fix": problem.fix,
             "later": problem.later} for problem in problems]})
    else:
        for problem in problems:
            result(f"{'not yet: ' if problem.later else ''}{problem}")
    say(f"{len(found)} files checked, {len(wrong)} problem{'' if len(wrong) == 1 else 's'}")
    if wrong:
        raise typer.Exit(1)
