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
    (("chunks", "tokenizer"), ("index", "embedding_model")),
)


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
        if mine is not None and other is not None and mine != other:
            yield recipe.problem(ours, f"{mine!r} differs from {other!r} at {rag.where(*theirs)}.",
                                 "Training rows and the app must use the same; make them equal.")

