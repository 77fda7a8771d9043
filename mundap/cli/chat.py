"""`mundap chat`: LLaMA-Factory's terminal chat with a recipe's model, paths resolved."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer

from mundap.cli.options import DryRun, Overrides, RecipePath
from mundap.cli.output import dry_run, say

EXAMPLES = ("mundap chat configs/demo/chat.yaml",
            "mundap chat configs/demo/chat.yaml model_name_or_path=models/gemma-3-270m-ko --dry-run")


def command(recipe: RecipePath, overrides: Overrides = None, dry: DryRun = False) -> None:
    """Talk to a model in the terminal, without retrieval or verification; `exit` ends it."""
    from mundap import factory, launch
    from mundap.errors import LaunchError
    from mundap.recipe import load
    from mundap.yaml_lines import dump

    loaded = load(recipe, overrides=overrides or (), kind="chat")
    values = factory.resolved(loaded.values, loaded.project)
    env = factory.environment(values)
    with tempfile.TemporaryDirectory(prefix="mundap-") as folder:
        file = Path(folder) / "chat.yaml"
        words = factory.command("chat", file, values, env)
        if dry:
            dry_run(values, words)
            return
        factory.require_models(values, loaded.project)
        file.write_text(dump(values), encoding="utf-8")
        say(f"{loaded.name}: loading {values['model_name_or_path']}; `exit` ends the chat")
        code = launch.foreground(words, cwd=loaded.project, env=env)
    if code in (-2, 130):
        raise typer.Exit(130)
    if code != 0:
        raise LaunchError(f"ended with exit code {code}; its own message stands above.", where="llamafactory chat",
                          fix=f"Check the recipe: mundap check {loaded.name}")
