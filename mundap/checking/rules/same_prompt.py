"""data.yaml and rag.yaml of one folder agree on the prompt: rows are trained on what the app will send."""

from __future__ import annotations

from collections.abc import Iterator

from mundap.errors import ConfigError
from mundap.overrides import at
from mundap.problem import Problem
from mundap.recipe import Recipe, read, sibling
from mundap.yaml_lines import KeyPath

# In the data recipe, and where the rag recipe says the same.
_SAME: tuple[tuple[KeyPath, KeyPath], ...] = (
    (("domain",), ("domain",)),
    (("rows", "instruction"), ("prompt", "instruction")),
    (("rows", "decline_text"), ("prompt", "decline_text")),
    (("rows", "top_k"), ("retrieval", "top_k")),
    (("rows", "lines_per_passage"), ("prompt", "lines_per_passage")),
    (("rows", "synonyms"), ("synonyms",)),
    (("rows", "levels"), ("levels",)),
    (("rows", "terms"), ("terms",)),
    (("chunks", "tokenizer"), ("index", "embedding_model")),
)


# What of a level shapes a prompt; how long its answers may be is the app's business alone.
_OF_PROMPT = ("instruction", "top_k", "context_tokens")


def same_prompt(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each value of a data recipe that differs from the rag recipe beside it."""
    beside = sibling(recipe, "rag") if recipe.kind == "data" and recipe.values.get("rows") else None
    if beside is None:
        return
    try:
        rag = read(beside)
    except ConfigError:
        return   # the checker tells about that file itself
    for ours, theirs in _SAME:
        mine, other = at(recipe.values, ours), at(rag.values, theirs)
        if theirs == ("levels",):
            mine, other = _in_prompts(mine), _in_prompts(other)
        if mine is not None and other is not None and mine != other:
            yield recipe.problem(ours, f"{mine!r} differs from {other!r} at {rag.where(*theirs)}.",
                                 "Training rows and the app must use the same; make them equal.")


def _in_prompts(levels: object) -> object:
    """Return a recipe's levels by what shapes their prompts, without those that leave it plain."""
    if not isinstance(levels, dict):
        return levels
    shaped = {name: {key: level[key] for key in _OF_PROMPT if level.get(key) is not None}
              for name, level in levels.items() if isinstance(level, dict)}
    return {name: level for name, level in shaped.items() if level}
