"""`mundap eval`: systems compared on held-out questions; a decoding sweep, a model's speed, an export's parity."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mundap.cli.options import AsJson, Overrides, Presets, RecipePath
from mundap.errors import ConfigError

if TYPE_CHECKING:
    from mundap.recipe import Recipe

EXAMPLES = ("mundap eval configs/demo/eval.yaml",
            "mundap eval configs/demo/eval.yaml limit.answerable=20 --against reports/demo/report.json",
            "mundap eval configs/demo/eval.yaml --sweep",
            "mundap eval --parity configs/demo/export.yaml",
            "mundap eval --speed configs/demo/chat.yaml")

Sweep = Annotated[bool, typer.Option("--sweep", help="Compare the decoding settings of the recipe's sweep section.")]
Parity = Annotated[bool, typer.Option(
    "--parity", help="RECIPE is an export recipe: whether adapter, exported and served model answer alike.")]
Speed = Annotated[bool, typer.Option("--speed", help="RECIPE is a chat recipe: how fast its model reads and writes here.")]
Against = Annotated[Path | None, typer.Option(
    "--against", metavar="REPORT", help="An earlier report.json, or its folder: exit 1 when a guarded metric really fell.")]
Export = Annotated[list[str] | None, typer.Option(
    "--export", metavar="FORM", help="Also write questions and replies for ragas, deepeval, promptfoo or csv.")]

Only = Annotated[list[str] | None, typer.Option(
    "--only", metavar="NAME", help="Ask only the system of this name; may be given again.")]


def command(recipe: RecipePath, overrides: Overrides = None, preset: Presets = None, sweep: Sweep = False,
            parity: Parity = False, speed: Speed = False, against: Against = None, export: Export = None,
            only: Only = None, as_json: AsJson = False) -> None:
    """Ask every system the held-out questions and write a report. A second run goes on where the first stopped."""
    if sweep + parity + speed > 1 or ((parity or speed or sweep) and (against or export or only)):
        raise ConfigError("--sweep, --parity and --speed each stand alone.", where="command line", fix="Give one of them.")
    if parity:
        from mundap.cli.evaluating.parity import parity as certify

        raise typer.Exit(0 if certify(recipe, overrides or (), as_json=as_json) else 1)
    if speed:
        from mundap.cli.evaluating.speed import speed as measure

        return measure(recipe, overrides or (), as_json=as_json)
    loaded = _loaded(recipe, preset, overrides)
    if only:
        loaded.values["only"] = list(only)
    if sweep:
        from mundap.cli.evaluating.sweep import compare

        return compare(loaded)
    from mundap.cli.evaluating.whole import evaluate

    evaluate(loaded, against=against, forms=export or (), as_json=as_json)


def _loaded(recipe: Path, preset: list[str] | None, overrides: list[str] | None) -> Recipe:
    from mundap.checking import rules
    from mundap.problem import error_for
    from mundap.recipe import load

    loaded = load(recipe, presets=preset or (), overrides=overrides or (), kind="eval")
    problems = rules.blocking(loaded)
    if problems:
        raise error_for(problems, loaded.name)
    return loaded
