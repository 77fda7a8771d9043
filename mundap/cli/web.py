"""`mundap web`: the page."""

from __future__ import annotations

from mundap.cli.options import Overrides, Presets, RecipePath
from mundap.cli.output import say

EXAMPLES = ("mundap web configs/demo/rag.yaml", "mundap web configs/demo/rag.yaml web.port=7870")


def command(recipe: RecipePath, overrides: Overrides = None, preset: Presets = None) -> None:
    """Open the page, on 127.0.0.1 unless web.host says otherwise; Ctrl-C closes it."""
    from mundap.checking import rules
    from mundap.problem import error_for
    from mundap.recipe import load

    loaded = load(recipe, presets=preset or (), overrides=overrides or (), kind="rag")
    problems = rules.blocking(loaded)
    if problems:
        raise error_for(problems, loaded.name)
    from mundap.cli.asking.certified import warn
    from webui.app import serve

    warn(loaded)
    serve(loaded.values, loaded.project, say)
