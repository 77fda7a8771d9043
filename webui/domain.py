"""A rag.yaml opened for the page: its index, the systems that can answer from it, and which of them is in use.

Systems are those of the eval.yaml beside it (or the one web.systems names) that find their own passages, and the rag.yaml
as it is. They share one index; their models are the pool's.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError, MundapError, closest
from mundap.generator import Decoding, Request
from mundap.generator.chat_recipe import read_chat
from mundap.paths import resolve
from mundap.recipe import Recipe, kind_of, load, sibling
from mundap.warmup import Say, Warmup
from rag.answer import Answerer
from rag.evaluation.systems import System, load_systems
from rag.search.retrieve import Retriever
from webui.ask import examples
from webui.models.switching import Switching
from webui.pool import Pool, PooledGenerator, model_key

OWN = "own"   # the key of the rag.yaml's own system


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A system the page can answer with. missing says what it lacks, "" where nothing."""

    name: str
    recipe: Mapping[str, Any]
    levers: bool = True
    missing: str = ""


class Domain:
    """One rag.yaml on the page. key is its `domain:`, unique on a page."""

    def __init__(self, recipe: Mapping[str, Any], project: Path, retriever: Retriever, pool: Pool,
                 systems: Mapping[str, Offered], say: Say = lambda line: None, trains: Sequence[Path] = ()) -> None:
        """Take what open() found; trains are the train recipes beside the rag.yaml."""
        self.recipe = recipe
        self.project = project
        self.key = str(recipe["domain"])
        self.title = str(recipe.get("title") or self.key)
        self.retriever = retriever
        self.pool = pool
        self.systems = systems
        self.in_use = OWN
        self.examples = examples.questions(recipe, retriever.index.chunks.values())
        self.trains = tuple(trains)
        self.switching = Switching(self)
        self._answerers: dict[str, Answerer] = {}
        self._lock = threading.Lock()
        # The probe is a question people ask: it loads the embedder, the analyser and the vectors a filter compares with.
        self.probe = probe = self.examples[0] if self.examples else "문답"
        self.warmup = Warmup([lambda: self.answerer().generator.start(), lambda: self.answerer().prepare(probe)], say)

    @classmethod
    def open(cls, recipe: Recipe, pool: Pool, say: Say = lambda line: None) -> Domain:
        """Return a rag recipe's domain, its index opened and no model loaded.

        Raises:
            IndexMismatch, ModelError, ConfigError: the index or the embedding model is missing or does not fit.
        """
        systems = offered(recipe)
        if systems[OWN].missing:
            read_chat(recipe.values["generation"]["chat"], recipe.project)   # the page's own model must be there: raises
        trains = [file for file in sorted(recipe.path.parent.glob("train*.yaml")) if kind_of(file) == "train"]
        return cls(recipe.values, recipe.project, Retriever.open(recipe.values, recipe.project), pool, systems, say, trains)

    def answerer(self, system: str = "") -> Answerer:
        """Return what answers with a system, "" for the one in use.

        Raises:
            ConfigError: there is no such system, or its model is missing.
        """
        name = system or self.in_use
        chosen = self.systems.get(name)
        if chosen is None:
            raise ConfigError(f"no system is called {name!r}.", where="web.systems",
                              fix=f"{closest(name, list(self.systems))}Systems: {', '.join(self.systems)}.")
        if chosen.missing:
            raise ConfigError(chosen.missing, where=name, fix="Train or export it, and open the page again.")
        with self._lock:
            if name not in self._answerers:
                generator = PooledGenerator(self.pool, chosen.recipe["generation"])
                self._answerers[name] = Answerer(chosen.recipe, self.project, self.retriever, generator, levers=chosen.levers)
            return self._answerers[name]

    def require(self, system: str) -> None:
        """Raise where there is no such system, or its model is missing.

        Raises:
            ConfigError: so it is.
        """
        self.answerer(system)

    def use(self, system: str) -> None:
        """Load a system's model, and answer with it from the next question on; what is being answered comes to its end.

        It writes a few letters before it is trusted with a question: an endpoint that is down loads without complaint.
        May take minutes (webui.models.switching does it in the background). Where it fails, the system in use stays, and its
        model is loaded again if it had to make room.

        Raises:
            ConfigError: as answerer().
            ModelError, LaunchError, GenerationError, ResourceError: the model cannot be loaded or does not answer.
        """
        answerer = self.answerer(system)
        try:
            answerer.generator.start()
            answerer.generator.generate([Request(content=self.probe)], _short(answerer.decoding, self.systems[system].recipe))
        except MundapError:
            if model_key(self.systems[self.in_use].recipe["generation"]) not in self.pool.loaded():
                with contextlib.suppress(MundapError):   # the first question meets the same error and shows it
                    self.answerer().generator.start()
            raise
        self.in_use = system

    def close(self) -> None:
        """Let go of the index."""
        self.retriever.close()


def offered(recipe: Recipe) -> dict[str, Offered]:
    """Return the systems of a rag recipe's page by name, its own first.

    Raises:
        ConfigError: web.systems names no eval recipe, or one that cannot be read.
    """
    own = Offered(name=OWN, recipe=recipe.values, missing=_missing(recipe.values["generation"], recipe.project))
    named = recipe.values.get("web", {}).get("systems")
    path = resolve(named, recipe.project) if named else sibling(recipe, "eval")
    if path is None:
        return {OWN: own}
    try:
        evaluation = load(path, kind="eval")
        systems = load_systems(evaluation.values, recipe.values)
    except MundapError:
        if named:
            raise
        return {OWN: own}    # the page does not depend on an evaluation nobody asked it for
    return {OWN: own} | {one.name: _offered(one, recipe) for one in systems if one.context == "retrieved"}


def _offered(system: System, recipe: Recipe) -> Offered:
    return Offered(name=system.name, recipe=system.recipe(recipe.values), levers=system.levers,
                   missing=_missing(system.generation, recipe.project))


def _missing(generation: Mapping[str, Any], project: Path) -> str:
    if generation.get("generator", "local") != "local":
        return ""
    try:
        read_chat(generation["chat"], project)
    except MundapError as error:
        return f"{error.what} ({error.where})"
    return ""


def _short(decoding: Decoding, recipe: Mapping[str, Any]) -> Decoding:
    """Return the decoding of a sign of life: one token of a model of ours; an endpoint's may need room to think first."""
    return replace(decoding, max_new_tokens=1) if recipe["generation"].get("generator", "local") == "local" else decoding
