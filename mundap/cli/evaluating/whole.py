"""A whole evaluation: run, report, compare with an earlier report, and hand on to other tools."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import typer

from mundap.cli.output import result, result_json, say
from mundap.paths import resolve, show
from mundap.recipe import Recipe, load


def evaluate(recipe: Recipe, *, against: Path | None = None, forms: Sequence[str] = (), as_json: bool = False) -> None:
    """Run an evaluation and write its report; exit with 1 when a guarded metric really fell against an earlier one.

    Raises:
        MundapError: as rag.evaluation.run.
    """
    from rag.evaluation import interchange, run
    from rag.evaluation.against import compare, read_report
    from rag.evaluation.metrics import METRICS
    from rag.evaluation.report import write

    for form in forms:
        interchange.require_form(form)    # before the models are asked, which takes minutes
    values, project = recipe.values, recipe.project
    earlier = read_report(against) if against else None    # read before the new one takes its place
    rag = load(resolve(values["rag"], project), kind="rag")
    evaluation = run.run(values, rag.values, project, say)
    folder = resolve(values["report"], project)
    report = write(evaluation, folder, METRICS, language=values["language"])
    for form in forms:
        for system in (one for one in evaluation.systems if one.scored):
            say(f"{form}: {show(interchange.export(system.scored, folder / 'exported' / _file_name(system.name), form), project)}")
    made = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    if as_json:
        result_json(made)
    else:
        result((folder / "report.md").read_text(encoding="utf-8").rstrip())
    say(f"report: {show(report, project)}")
    if earlier is not None:
        found = compare(earlier, made, values["guard"])
        for line in found.lines:
            say(line)
        if found.falls:
            raise typer.Exit(1)


def _file_name(name: str) -> str:
    """Return a folder's name for a system; two systems never share one."""
    plain = "-".join("".join(letter if letter.isalnum() else " " for letter in name).split())[:40]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
