"""`mundap web`: the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mundap.cli.options import Presets
from mundap.cli.output import say

EXAMPLES = ("mundap web configs/demo/rag.yaml", "mundap web configs/demo/rag.yaml configs/insurance/rag.yaml web.port=7870")


def command(words: Annotated[list[str], typer.Argument(metavar="RECIPE... [KEY=VALUE]...", show_default=False, help=(
        "One rag.yaml or more, each a domain of the page, and values laid over every one."))],
            preset: Presets = None) -> None:
    """Open the page, on 127.0.0.1 unless web.host says otherwise; Ctrl-C closes it."""
    from mundap.checking import rules
    from mundap.problem import error_for
    from mundap.recipe import load

    overrides = [word for word in words if "=" in word]
    recipes = [load(Path(word), presets=preset or (), overrides=overrides, kind="rag") for word in words if "=" not in word]
    if not recipes:
        raise typer.BadParameter("name a rag.yaml first: mundap web configs/demo/rag.yaml")
    for loaded in recipes:
        problems = rules.blocking(loaded)
        if problems:
            raise error_for(problems, loaded.name)
    from mundap.cli.asking.certified import warn
    from webui.app import serve

    for loaded in recipes:
        warn(loaded)
    serve(recipes, say)
