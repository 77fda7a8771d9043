"""`mundap serve`: the verified answers behind an OpenAI-compatible endpoint."""

from __future__ import annotations

from mundap.cli.options import Overrides, Presets, RecipePath
from mundap.cli.output import say

EXAMPLES = ("mundap serve configs/demo/rag.yaml", "mundap serve configs/demo/rag.yaml serve.port=8766")


def command(recipe: RecipePath, overrides: Overrides = None, preset: Presets = None) -> None:
    """Serve the same checked answers to OpenAI clients, on 127.0.0.1 unless serve.host says otherwise; Ctrl-C ends it.

    Any other address needs a bearer token in the environment variable that serve.token_env names.
    """
    from mundap.checking import rules
    from mundap.cli.asking.certified import warn
    from mundap.errors import MissingExtra
    from mundap.problem import error_for
    from mundap.recipe import load

    loaded = load(recipe, presets=preset or (), overrides=overrides or (), kind="rag")
    problems = rules.blocking(loaded)
    if problems:
        raise error_for(problems, loaded.name)
    try:
        from rag.serving.app import serve
    except ModuleNotFoundError as error:
        raise MissingExtra("mundap serve", "serve", error.name or "starlette") from error
    warn(loaded)
    serve(loaded.values, loaded.project, say)
