"""`mundap train`: train an adapter from a recipe, with presets and overrides laid over it, or run an older one again."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mundap.cli.options import AsJson, DryRun, Overrides, Presets
from mundap.cli.output import dry_run, live, result, result_json, say

if TYPE_CHECKING:
    from mundap.recipe import Recipe
    from mundap.training.train import Mode, Summary

EXAMPLES = ("mundap train configs/demo/train.yaml --preset quality num_train_epochs=3 --dry-run",
            "mundap train --rerun saves/demo/lora --out saves/demo/again")

MaybeRecipe = Annotated[Path | None, typer.Argument(metavar="RECIPE", help="The recipe's YAML file.",
                                                    show_default=False)]
Save = Annotated[Path | None, typer.Option(
    "--save", metavar="FILE", help="Write the resolved recipe to FILE and stop: one flat file for bare "
    "llamafactory-cli, with this machine's paths.")]


def command(recipe: MaybeRecipe = None, overrides: Overrides = None, preset: Presets = None,
            fresh: Annotated[bool, typer.Option("--fresh", help="Train over what output_dir holds.")] = False,
            resume: Annotated[bool, typer.Option("--resume", help="Go on from output_dir's last checkpoint.")] = False,
            rerun: Annotated[Path | None, typer.Option(
                "--rerun", metavar="FOLDER", help="Train again what was trained into FOLDER, from its own record, "
                "into a new folder; takes no recipe.")] = None,
            out: Annotated[Path | None, typer.Option(
                "--out", metavar="FOLDER", help="Where --rerun writes; by default the first name and -rerun.")] = None,
            force: Annotated[bool, typer.Option(
                "--force", help="Let --rerun train although rows or base model are others than then.")] = False,
            no_forecast: Annotated[bool, typer.Option(
                "--no-forecast", help="Start at once, without telling what the trainer will do.")] = False,
            dry: DryRun = False, save: Save = None, as_json: AsJson = False) -> None:
    """Train an adapter. Ctrl-C stops after the step at hand and keeps the adapter; --resume goes on from there.

    A folder that holds a run is neither trained over nor gone on with unless --fresh or --resume says so.
    """
    from mundap.recipe import load
    from mundap.training import train

    if fresh and resume:
        raise typer.BadParameter("--fresh and --resume contradict each other.")
    mode: Mode = "fresh" if fresh else "resume" if resume else "ask"
    if rerun is not None:
        if recipe is not None or overrides or preset:
            raise typer.BadParameter("--rerun takes its values from the folder alone: leave recipe, presets and "
                                     "key=value words out.")
        _again(rerun, out, mode, force=force, dry=dry, save=save, as_json=as_json)
        return
    if recipe is None:
        raise typer.BadParameter("give a recipe, such as configs/demo/train.yaml, or --rerun FOLDER.")
    if out is not None or force:
        raise typer.BadParameter("--out and --force belong to --rerun; a recipe's folder is output_dir=saves/<name>.")
    loaded = load(recipe, presets=preset or (), overrides=overrides or (), kind="train")
    if dry or save is not None:
        _rehearse(loaded, mode, dry=dry, save=save)
        return
    _tell(train.run(loaded, mode=mode, say=say, live=live(), told=no_forecast), loaded, as_json=as_json)


def _again(folder: Path, out: Path | None, mode: Mode, *, force: bool, dry: bool, save: Path | None, as_json: bool
           ) -> None:
    """Run an older training again, or show how it would be."""
    from mundap.training import rerun

    if mode == "resume" and out is None:
        raise typer.BadParameter("--resume needs --out: the folder of the rerun to go on with.")
    ready = rerun.prepare(folder, out=out)
    if dry or save is not None:
        for difference in (*ready.refusals, *ready.warnings):
            say(f"unlike then: {difference}")
        _rehearse(ready.recipe, mode, dry=dry, save=save)
        return
    summary = rerun.run(ready, mode=mode, force=force, say=say, live=live())
    _tell(summary, ready.recipe, as_json=as_json, more=[rerun.compared_losses(ready.folder, summary.output_dir)])


def _rehearse(recipe: Recipe, mode: Mode, *, dry: bool, save: Path | None) -> None:
    """Print or save what would run; start nothing."""
    from mundap import resolved
    from mundap.training import train

    ready = train.plan(recipe, mode=mode, rehearse=True)
    if ready.refusal is not None:
        say(f"note: as things stand this would not start. {ready.refusal}")
    if save is not None:
        resolved.save(recipe, ready.values, save)
        say(f"written: {save}; run it with: llamafactory-cli train {save}")
    if dry:
        dry_run(ready.values, ready.command)


def _tell(summary: Summary, recipe: Recipe, *, as_json: bool, more: list[str] | None = None) -> None:
    """Print what a training came to; a stopped one exits as an interrupted program does."""
    from mundap.training import train

    if as_json:
        result_json(dataclasses.asdict(summary))
    else:
        *lines, following = train.report(summary, recipe.project)
        for line in (*lines, *(more or []), following):
            result(line)
    if summary.stopped:
        raise typer.Exit(130)
