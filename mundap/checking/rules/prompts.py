"""The prompt format: the same in training, chat and export, and one that teaches a model where an answer ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mundap import architecture, schema_check
from mundap.checking.rules.neighbours import recipes, same_place, trained_by
from mundap.problem import Problem
from mundap.recipe import Recipe

# Keys of the format and what they are where they are left out. Source: llamafactory/hparams/data_args.py (0.9.5).
_FORMAT = {"template": None, "default_system": None, "enable_thinking": True}
_CONVERSATIONAL = ("sft", "dpo", "kto", "rm", "ppo")


def same_format(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each part of a chat or export recipe's prompt format that its training had otherwise.

    A chat with an exported folder reads that folder's own format, so only a template it names can be wrong.
    """
    if recipe.kind not in ("chat", "export"):
        return
    train = trained_by(recipe)
    exported = None if train is not None else _exported_by(recipe)
    train = train or (trained_by(exported) if exported is not None else None)
    if train is None:
        return
    for key, default in _FORMAT.items():
        mine, theirs = recipe.values.get(key, default), train.values.get(key, default)
        if mine == theirs or (exported is not None and key not in recipe.values):
            continue
        if theirs is None:
            yield recipe.problem((key,), f"{_word(mine)} is not how the adapter is trained: {train.name} gives no {key}.",
                                 f"Take {key} out here, or put it into {train.name}.")
            continue
        differs = f"{_word(mine)} differs from" if key in recipe.values else \
            "is missing here; the adapter is trained with"
        yield recipe.problem((key,), f"{differs} {_word(theirs)} at {train.where(key)}.",
                             f"Write here: {key}: {_word(theirs, quote='')}")


def ends_answers(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem where the prompt format would be `empty`, which marks no end of an answer."""
    if recipe.kind not in ("train", "chat", "export") or recipe.values.get("stage", "sft") not in _CONVERSATIONAL:
        return
    template = recipe.values.get("template")
    if template == "empty":
        yield recipe.problem(("template",), "'empty' trains no end-of-answer token; the model would never stop.",
                             "Name another template, or take the line out for a model with a chat template.")
        return
    name = str(recipe.values.get("model_name_or_path", ""))
    if template is None and name:
        found = architecture.find(name, recipe.project)
        if found is not None and found.chat_template is False:
            yield recipe.problem(("model_name_or_path",), f"{name} has no chat template and the recipe names no "
                                 "template; LLaMA-Factory would take `empty`, which trains no end-of-answer token.",
                                 f"Prepare it with: mundap models --prepare {name}\n"
                                 "  and name the folder that makes; or name a template.")


def pad_is_not_eos(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a base whose tokenizer pads with the token that ends an answer."""
    name = str(recipe.values.get("model_name_or_path", ""))
    found = architecture.find(name, recipe.project) if recipe.kind == "train" and name else None
    if found is not None and found.pad_token and found.pad_token == found.eos_token:
        yield recipe.problem(("model_name_or_path",), f"the tokenizer of {name} pads with {found.eos_token!r}, the "
                             "token that ends an answer; trainers that mask padding mask the end as well.",
                             f"Give it a pad token of its own: mundap models --prepare {name}")


def template_fits_base(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a base model trained with a template that ends answers with another token.

    Source: LLaMA-Factory issue #7943: the replaced end token has never been trained in a base model.
    """
    template, name = recipe.values.get("template"), str(recipe.values.get("model_name_or_path", ""))
    if recipe.kind != "train" or not name:
        return
    replacing = schema_check.schema("train").get("x-templates-that-replace-eos", ())
    found = architecture.find(name, recipe.project) if template in replacing else None
    if found is not None and found.chat_template is False:
        yield recipe.problem(("template",), f"{template!r} ends answers with a token that the base model {name} has "
                             "not learnt; it may never stop.",
                             f"Prepare the base with mundap models --prepare {name} and take the line out, or train "
                             "the instruct model.")


def _word(value: Any, quote: str = "'") -> str:
    """Return a value as a recipe writes it, text in quotes."""
    return f"{quote}{value}{quote}" if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _exported_by(recipe: Recipe) -> Recipe | None:
    """Return the export recipe that writes the folder a chat recipe loads, or None."""
    for export in recipes(recipe, "export"):
        if same_place(recipe.values.get("model_name_or_path"), export.values.get("export_dir"), recipe.project):
            return export
    return None
