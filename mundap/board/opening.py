"""How LLaMA Board is opened: the command, its environment, and what is told beforehand.

With a recipe the Board is started by our own small program (page.py), which puts the values into the form; without one
by `llamafactory webui`. What the Board cannot be told of this very recipe is said before it opens, never after.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import dataset_info, factory
from mundap.board import defaults, fields, workspace
from mundap.board.form import Form, fill
from mundap.checking import rules
from mundap.errors import ConfigError, ModelError, ResourceError
from mundap.paths import home, show
from mundap.recipe import Recipe

HOST = "127.0.0.1"
PAGE = Path(__file__).with_name("page.py")
_PORT_S = 2.0
_SAFE = {"trust_remote_code": False}
# What the Board's own box for the chat tab's extra arguments says, plus ours.
_CHAT_EXTRA = {"vllm_enforce_eager": True}
# Fields that several keys share; a key of theirs in the extra arguments wins over the field.
_SHARED = {"flash_attn": "booster", "use_unsloth": "booster", "enable_liger_kernel": "booster",
           "bf16": "compute type", "fp16": "compute type", "pure_bf16": "compute type", "packing": "packing"}
# The part of the page that stands open for each group in use.
_TABS = {fields.FREEZE: "train.freeze_tab", fields.LORA: "train.lora_tab", fields.PPO: "train.rlhf_tab",
         fields.PREFERENCE: "train.rlhf_tab", fields.GALORE: "train.galore_tab", fields.APOLLO: "train.apollo_tab",
         fields.BADAM: "train.badam_tab", fields.SWANLAB: "train.swanlab_tab"}
_TRUST = {
    False: "trust_remote_code: LLaMA Board sets it true everywhere, so that code that came with a model runs. Here it is\n"
           "    false: in the extra arguments of the train, chat and export tabs, where it can be seen and must stay, and\n"
           "    in Evaluate & Predict, which has no such field.",
    True: "trust_remote_code: true, as the recipe says: code that came with the model runs, in every tab.",
}
PLAIN_TRUST = ("trust_remote_code: LLaMA Board sets it true in training, evaluation, chat and export, so that a model's "
               "own code\n    runs; put {\"trust_remote_code\": false} into the extra arguments of each tab that has them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A Board ready to start in a folder."""

    folder: Path
    command: list[str]
    env: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled(Opening):
    """A Board ready to start with a recipe in its form. page is what the child that serves it reads (page.py)."""

    form: Form
    page: Mapping[str, Any]


def plain(project: Path, port: int) -> Opening:
    """Return how the Board is opened without a recipe; nothing is written or started."""
    env = _environment({"model_name_or_path": str(project)}, port)
    return Opening(folder=home(project) / workspace.WORKSPACE, env=env,
                   command=factory.command("webui", Path(), {}, env))


def filled(recipe: Recipe, port: int) -> Filled:
    """Return how the Board is opened with a recipe in its form; nothing is written or started.

    Raises:
        ConfigError: the recipe is not one for training.
    """
    if recipe.kind != "train":
        raise ConfigError(f"is a {recipe.kind} recipe; LLaMA Board takes train recipes.", where=recipe.name,
                          fix="Give the train.yaml beside it.")
    values = factory.resolved(recipe.values, recipe.project)
    form = fill(values, recipe.project)
    name = workspace.slug(recipe)
    page = {"name": name, "config": f"{name}.yaml",
            "open": ["train.extra_tab", *(tab for group, tab in _TABS.items() if group in fields.groups(form.args))],
            "trust": _trusts(recipe), "elements": _other_tabs(recipe, form)}
    return Filled(folder=workspace.place(recipe), command=[sys.executable, str(PAGE), "serve", str(port)],
                  env=_environment(values, port), form=form, page=page)


def notes(recipe: Recipe, form: Form) -> list[str]:
    """Return what a person must know before trusting the page with this recipe, one thing a line."""
    told = [f"mundap check: {problem}" for problem in rules.check(recipe)]
    try:
        factory.require_models(factory.resolved(recipe.values, recipe.project), recipe.project)
    except ModelError as error:
        told.append(f"not here yet: {error.where}: {error.what} {error.fix}")
    if form.extra:
        told.append(f"in the extra arguments, having no field of their own: {', '.join(form.extra)}")
    shadowing = {key: field for key, field in _shadowed().items() if key in form.extra}
    if shadowing:
        told.append("of these, win over what the field beside them shows: "
                    + ", ".join(f"{key} ({'its own' if field == key else field})" for key, field in shadowing.items()))
    if zeros := [key for key in form.extra if form.args.get(key) == 0 and defaults.kinds(key) <= {"boolean", "null"}
                 and form.args[key] is not False]:
        told.append(f"0 in the extra arguments means false, which the Board would drop: {', '.join(zeros)}")
    told += [f"cannot be told to the Board: {key}: {reason}" for key, reason in form.lost.items()]
    if form.added:
        told.append("set by the Board on its own, and left out again on the way back: "
                    + ", ".join(f"{key} {json.dumps(value)}" for key, value in form.added.items()))
    told.append(f"not in the form: comments, and output_dir {recipe.values.get('output_dir')}; each run has a folder of "
                "its own.\n    Both stay in the recipe.")
    told.append(_TRUST[_trusts(recipe)])
    return told


def require_port(port: int) -> None:
    """Raise when a port is taken, before the half minute it takes to load the page.

    Raises:
        ResourceError: somebody listens there.
    """
    with socket.socket() as probe:
        probe.settimeout(_PORT_S)
        if probe.connect_ex((HOST, port)) == 0:
            raise ResourceError(f"port {port} is taken.", where="mundap board",
                                fix=f"Close what listens there, or take another: --port {port + 1}")


def way_back(recipe: Recipe, folder: Path) -> str:
    """Return the command that makes a recipe of what is saved on the page."""
    saved = folder / workspace.CONFIGS / f"{workspace.slug(recipe)}.yaml"
    new = recipe.path.with_name(f"{recipe.path.stem}_new.yaml")
    return f"mundap board --import {show(saved, recipe.project)} --out {show(new, recipe.project)}"


def _other_tabs(recipe: Recipe, form: Form) -> dict[str, Any]:
    """Return what the page shows outside the form that is saved: where the model is, and the tabs beside training."""
    found = {"top.model_path": form.model.path, "eval.cutoff_len": form.elements["train.cutoff_len"],
             "eval.dataset_dir": form.elements["train.dataset_dir"],
             "eval.dataset": dataset_info.named(recipe.values, "eval_dataset")}
    if not _trusts(recipe):
        found |= {"infer.extra_args": json.dumps(_CHAT_EXTRA | _SAFE), "export.extra_args": json.dumps(_SAFE)}
    return found


def _trusts(recipe: Recipe) -> bool:
    return recipe.values.get("trust_remote_code") is True


def _environment(values: Mapping[str, Any], port: int) -> dict[str, str]:
    """Return the Board's environment; it starts `llamafactory-cli` by name, which lies beside this Python."""
    return factory.environment(values) | {"GRADIO_SERVER_NAME": HOST, "GRADIO_SERVER_PORT": str(port),
                                          "GRADIO_SHARE": "0"}


def _shadowed() -> Mapping[str, str]:
    groups: Iterable[fields.Field] = fields.BASE
    return {field.key: field.element.partition(".")[2] for field in groups} | _SHARED
