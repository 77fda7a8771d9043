"""`mundap train`: train an adapter from a recipe, with presets and overrides laid over it."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from mundap.cli.options import AsJson, DryRun, Overrides, Presets, RecipePath
from mundap.cli.output import dry_run, live, result, result_json, say

EXAMPLES = ("mundap train configs/demo/train.yaml",
            "mundap train configs/demo/train.yaml --preset quality num_train_epochs=3 --dry-run")


def command(recipe: RecipePath, overrides: Overrides = None, preset: Presets = None,
            fresh: Annotated[bool, typer.Option("--fresh", help="Train over what output_dir holds.")] = False,
            resume: Annotated[bool, typer.Option("--resume", help="Go on from output_dir's last checkpoint.")] = False,
            dry: DryRun = False, as_json: AsJson = False) -> None:
    """Train an adapter. Ctrl-C stops after the step at hand and keeps the adapter; --resume goes on from there."""
    from mundap import train
    from mundap.recipe import load

    if fresh and resume:
        raise typer.BadParameter("--fresh and --resume contradict each other.")
    mode: train.Mode = "fresh" if fresh else "resume" if resume else "ask"
    loaded = load(recipe, presets=preset or (), overrides=overrides or (), kind="train")
    if dry:
        ready = train.plan(loaded, mode=mode, rehearse=True)
        dry_run(ready.values, ready.command)
        return
    summary = train.run(loaded, mode=mode, say=say, live=live())
    if as_json:
        result_json(dataclasses.asdict(summary))
    else:
        for line in train.report(summary, loaded.project):
            result(line)
    if summary.stopped:
        raise typer.Exit(130)
