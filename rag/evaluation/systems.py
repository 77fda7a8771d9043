"""A system of eval.yaml: a model, where its passages come from, how it decodes, and whether mundap's levers act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mundap.errors import ConfigError, ModelError, MundapError, closest
from mundap.generator.chat_recipe import read_chat
from mundap.paths import show
from rag.evaluation.decodings import in_words, settings_of

Context = Literal["retrieved", "oracle", "none"]
_SHOWN = {"retrieved": "what the index finds", "oracle": "the true chunks", "none": "none, the question alone"}

_SOURCE = ("generator", "chat", "base_url", "model", "api_key_env")   # where the model is
_RUNNING = ("threads", "batch_size", "concurrency")                   # how fast it runs, not what it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system. generation is a whole `generation:` section: what writes, and how it decodes.

    levers: second tries and the verification policy act, as on the page; without them a reply is what the model wrote.
    own_decoding: it decodes otherwise than rag.yaml says; then a level's own answer length does not count.
    """

    name: str
    generation: Mapping[str, Any]
    context: Context
    levers: bool
    own_decoding: bool = False

    @property
    def model(self) -> Mapping[str, Any]:
        """Return what names the model; systems alike in it share one loaded model."""
        return {key: self.generation.get(key) for key in _SOURCE}

    def recipe(self, rag: Mapping[str, Any]) -> dict[str, Any]:
        """Return a rag recipe as this system answers by it."""
        levels = {name: {key: value for key, value in (level or {}).items() if key != "max_new_tokens" or not self.own_decoding}
                  for name, level in (rag.get("levels") or {}).items()}
        return {**rag, "generation": dict(self.generation), "levels": levels}

    def settings(self, project: Path) -> dict[str, str]:
        """Return the system as a reader is told of it."""
        if self.generation["generator"] == "local":
            chat = read_chat(self.generation["chat"], project)
            model = " + ".join(show(folder, project) for folder in (chat.model, *chat.adapters))
        else:
            model = f"{self.generation['model']} at {self.generation['base_url']}"
        return {"model": model, "context": _SHOWN[self.context], "decoding": in_words(self.generation),
                "levers": "second try and verification" if self.levers else "none: the model's own text"}


def load_systems(recipe: Mapping[str, Any], rag: Mapping[str, Any]) -> list[System]:
    """Return the systems of an eval recipe, in its order.

    Raises:
        ConfigError: two have one name, one names no model or two, or one without passages asks for levers.
    """
    systems = [_system(given, rag, at) for at, given in enumerate(recipe["systems"])]
    names = [system.name for system in systems]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise ConfigError(f"two systems are called {name!r}.", where=f"systems.{at}.name", fix="Name each otherwise.")
    only = recipe.get("only")
    for name in only or ():
        if name not in names:
            raise ConfigError(f"no system is called {name!r}.", where="only",
                              fix=f"{closest(name, names)}Systems: {'; '.join(names)}.")
    if only:
        return [system for system in systems if system.name in only]
    baseline = recipe.get("baseline")
    if baseline and baseline not in names:
        raise ConfigError(f"no system is called {baseline!r}.", where="baseline", fix=f"Name one of: {', '.join(names)}.")
    return systems


def require_models(systems: list[System], project: Path) -> None:
    """Look for every local model before any is loaded.

    Raises:
        ModelError: models are missing; every one is told with what makes it.
    """
    missing: list[tuple[System, MundapError]] = []
    for system in systems:
        if system.generation["generator"] == "local":
            try:
                read_chat(system.generation["chat"], project)
            except ModelError as error:
                missing.append((system, error))
    if missing:
        told = dict.fromkeys(f"{error.what} ({error.where})" for _, error in missing)
        raise ModelError("\n".join([f"{len({one.name for one, _ in missing})} of {len(systems)} systems lack their model.",
                                    *told]), where="systems",
                         fix=f"{missing[0][1].fix}\nor leave them out: --only NAME for each of the others.")


def of_page(name: str, generation: Mapping[str, Any], *, levers: bool = True) -> System:
    """Return the system that a rag.yaml's `generation:` is, just as an evaluation that names its model has it."""
    local = generation.get("generator", "local") == "local"
    wanted = _SOURCE[1:2] if local else _SOURCE[2:]
    source = {key: value for key, value in generation.items() if key in wanted}
    kept = {key: value for key, value in generation.items() if key not in (*_SOURCE, *_RUNNING)}
    return System(name=name, context="retrieved", levers=levers,
                  generation=kept | {"generator": "local" if local else "endpoint", **source})


def _system(given: Mapping[str, Any], rag: Mapping[str, Any], at: int) -> System:
    where, own = f"systems.{at}", rag["generation"]
    if ("chat" in given) == ("endpoint" in given):
        raise ConfigError("a system has a chat recipe or an endpoint, one of the two.", where=where,
                          fix="Write chat: configs/…/chat.yaml, or endpoint: {base_url: …, model: …}.")
    kept = {key: value for key, value in own.items() if key not in (*_SOURCE, *_RUNNING)}
    source = {"generator": "local", "chat": given["chat"]} if "chat" in given else {
        "generator": "endpoint", **given["endpoint"]}
    return System(name=given["name"], context=given["context"], levers=given["levers"] and given["context"] != "none",
                  generation=settings_of(given.get("decoding"), kept) | source, own_decoding=bool(given.get("decoding")))
