"""The prompts, synonyms and recipes that a recipe names are there, and what it connects to is safe to connect to."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from mundap.errors import ConfigError
from mundap.generator.endpoint import LOOPBACK
from mundap.levels import NAMES
from mundap.overrides import at
from mundap.paths import resolve
from mundap.problem import Problem
from mundap.recipe import Recipe
from mundap.terms import load_terms
from mundap.yaml_lines import KeyPath

# Keys that name a committed file, by kind of recipe.
_NAMED: dict[str, tuple[KeyPath, ...]] = {
    "data": (("rows", "instruction"), ("rows", "synonyms"), ("rows", "questions", "train"),
             ("rows", "questions", "eval"), ("rows", "terms"), ("rows", "ratios"),
             *(("rows", "levels", name, "instruction") for name in NAMES)),
    "rag": (("prompt", "instruction"), ("synonyms",), ("terms",), ("generation", "chat"),
            *(("levels", name, "instruction") for name in NAMES)),
    "eval": (("rag",),),
}
_TERMS: dict[str, KeyPath] = {"data": ("rows", "terms"), "rag": ("terms",)}
# What each generator cannot do without, and what to write there.
_NEEDED = {"local": {"chat": "Name a chat recipe, for example configs/demo/chat.yaml."},
           "endpoint": {"base_url": "Give the service's address, for example http://127.0.0.1:8000/v1.",
                        "model": "Give the model's name there."}}


def named_files(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each named file that is missing."""
    keys = list(_NAMED.get(recipe.kind, ()))
    if recipe.kind == "eval":
        keys += [("systems", index, "chat") for index in range(len(recipe.values.get("systems", ())))]
    for key in keys:
        value = at(recipe.values, key)
        if isinstance(value, str) and not resolve(value, recipe.project).is_file():
            yield recipe.problem(key, f"there is no file {value}.",
                                 "Correct the path; it begins at the project's root.")


def terms_in_words(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a file of terms that cannot be read, or holds a figure."""
    key = _TERMS.get(recipe.kind, ())
    name = at(recipe.values, key) if key else None
    if not isinstance(name, str) or not resolve(name, recipe.project).is_file():
        return   # a missing file is named_files' matter
    try:
        load_terms(name, recipe.project)
    except ConfigError as error:
        yield recipe.problem(key, f"{name}: {error.what}", error.fix)


def generator_complete(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key that the generator named cannot do without."""
    generation = recipe.values.get("generation") if recipe.kind == "rag" else None
    if isinstance(generation, dict):
        for needed in _NEEDED.get(str(generation.get("generator")), ()):
            if not generation.get(needed):
                yield recipe.problem(("generation", needed), f"generator {generation['generator']} needs this key.",
                                     _NEEDED[generation["generator"]][needed])


def server_within_reach(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a Chroma server that others may reach as well."""
    server = at(recipe.values, ("index", "server")) if recipe.kind == "rag" else None
    if isinstance(server, str) and urlsplit(server).hostname not in LOOPBACK:
        yield recipe.problem(("index", "server"), f"a Chroma server has no authentication: whoever reaches {server} can read, "
                             "change and delete the index.", "Keep it on 127.0.0.1, or on a private network behind a firewall.")
