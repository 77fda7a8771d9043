"""`mundap eval --sweep`: decoding settings side by side, the best one written as a preset."""

from __future__ import annotations

from mundap.cli.output import result, say
from mundap.paths import resolve, show
from mundap.recipe import Recipe, load


def compare(recipe: Recipe) -> None:
    """Run a recipe's sweep; write its table and picture, and the best setting.

    Raises:
        MundapError: as rag.evaluation.sweep.
    """
    from rag.evaluation.report import write_sweep
    from rag.evaluation.sweep import preset_path, sweep

    values, project = recipe.values, recipe.project
    rag = load(resolve(values["rag"], project), kind="rag")
    found = sweep(values, rag.values, project, say)
    folder = resolve(values["report"], project)
    page = write_sweep(found, folder, values["language"])
    result(page.with_suffix(".md").read_text(encoding="utf-8").rstrip())
    say(f"report: {show(page, project)}")
    preset = show(preset_path(values, project), project)
    say(f"the best setting: {preset}   use it: mundap web {values['rag']} --preset {preset}")
