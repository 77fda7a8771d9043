"""`mundap serve`: the answers behind an OpenAI-compatible endpoint; not built yet, and it says so."""

from __future__ import annotations

from mundap.cli.options import RecipePath

EXAMPLES = ("mundap serve configs/demo/rag.yaml", 'mundap ask configs/demo/rag.yaml "질문" --json')


def command(recipe: RecipePath) -> None:
    """Serve the verified answers to OpenAI clients (not built yet: fails, and names what works today)."""
    from mundap.errors import MundapError
    from mundap.recipe import load

    loaded = load(recipe, kind="rag")
    raise MundapError("serving verified answers is not built yet.", where="mundap serve",
                      fix=f'For one answer as JSON: mundap ask {loaded.name} "질문" --json\n'
                          f"For the page: mundap web {loaded.name}\n"
                          "For the bare model: llamafactory-cli api <chat recipe>, with API_HOST=127.0.0.1 set.")
