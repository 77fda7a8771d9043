"""What is known of each system a page can answer with: its model, memory, evaluation, training run, parity certificate.

Reads the project's reports/, saves/ and exports/ and the pool; loads nothing. A figure is told with whether it is of this
very model, index and recipe: kept answers are named by all that shapes them (rag.kept_answers).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mundap.errors import MundapError
from mundap.generator import Decoding, decoding_of
from mundap.generator.chat_recipe import ChatModel, read_chat
from mundap.launch import tree_rss
from mundap.paths import home, show
from mundap.provenance import EXPORT_RECORD
from rag.evaluation.answering import Room
from rag.evaluation.parity.certificate import Certificate, certificate
from rag.evaluation.speed import peak_bytes
from rag.evaluation.systems import System, of_page
from webui.domain import OWN, Domain, Offered
from webui.models.runs import Run, by_fingerprint
from webui.pool import model_key

RETRIEVED = "what the index finds"   # a report's word for a system that a page could be
_COMPARED = ("model", "context", "decoding", "levers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """A system in the newest report that has it. content is its part of report.json, asked the report's.

    current: its answers were given by this very model, index, prompt and program, and the report was made of them.
    """

    place: str
    name: str
    day: str
    content: Mapping[str, Any]
    asked: Mapping[str, int]
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One system. model in words; missing says what it lacks. Bytes are 0 where nobody can know them.

    runs are the trainings its adapters came from; a base model has none. certificate is None for what is no export.
    """

    name: str
    model: str
    decoding: Decoding
    recipe: str
    levers: bool
    missing: str
    in_use: bool
    local: bool
    loaded: bool
    memory_bytes: int = 0
    peak_bytes: int = 0
    runs: tuple[Run, ...] = ()
    certificate: Certificate | None = None
    evaluated: Evaluated | None = None


def facts(domain: Domain, runs: Sequence[Run]) -> list[Facts]:
    """Return what is known of a domain's systems, in their order; runs are those below saves/."""
    reports = _reports(home(domain.project) / "reports", domain.key)
    return [_facts(domain, one, runs, reports) for one in domain.systems.values()]


def _facts(domain: Domain, offered: Offered, runs: Sequence[Run], reports: Sequence[tuple[Path, Mapping[str, Any]]]) -> Facts:
    generation = offered.recipe["generation"]
    key, chat = model_key(generation), _chat(generation, domain.project)
    pid, loaded = domain.pool.process(key), key in domain.pool.loaded()
    told = _settings(offered, domain.project)
    return Facts(
        name=offered.name, model=told["model"], decoding=decoding_of(generation), recipe=_recipe(generation), levers=offered.levers,
        missing=offered.missing, in_use=offered.name == domain.in_use, local=_is_local(generation), loaded=loaded,
        memory_bytes=tree_rss(pid) if pid is not None and loaded else 0, peak_bytes=peak_bytes(pid) if loaded else 0,
        runs=_trained(chat, runs) if chat else (), evaluated=_evaluated(domain, offered, told, reports),
        certificate=certificate(chat.model, domain.project) if chat and not chat.adapters else None)


def _system(offered: Offered) -> System:
    return of_page(offered.name, offered.recipe["generation"], levers=offered.levers)


def _settings(offered: Offered, project: Path) -> dict[str, str]:
    """Return a system as a report tells of it; what is missing is named by its recipe."""
    generation = offered.recipe["generation"]
    try:
        return _system(offered).settings(project)
    except (MundapError, KeyError):   # the model is not there, or an endpoint is named in part
        return {"model": _recipe(generation)}


def _is_local(generation: Mapping[str, Any]) -> bool:
    return bool(generation.get("generator", "local") == "local")


def _recipe(generation: Mapping[str, Any]) -> str:
    """Return the chat recipe of a system, "" where it is written out in place or the model is another program's."""
    chat = generation.get("chat")
    return chat if isinstance(chat, str) and _is_local(generation) else ""


def _chat(generation: Mapping[str, Any], project: Path) -> ChatModel | None:
    if not _is_local(generation):
        return None
    try:
        return read_chat(generation.get("chat", "chat.yaml"), project)
    except MundapError:
        return None


def _trained(chat: ChatModel, runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the runs a model's adapters came from: beside the adapter, or as the export's record names them."""
    by_folder, by_print = {run.folder.resolve(): run for run in runs}, by_fingerprint(runs)
    places = [adapter.resolve() for adapter in chat.adapters]
    found = [by_folder.get(place) or by_folder.get(place.parent) for place in places]
    merged = _json(chat.model / EXPORT_RECORD).get("adapters")
    found += [by_print.get(str(name)) for name in merged] if isinstance(merged, list) else []
    return tuple({run.key: run for run in found if run is not None}.values())


def _evaluated(domain: Domain, offered: Offered, told: Mapping[str, str],
               reports: Sequence[tuple[Path, Mapping[str, Any]]]) -> Evaluated | None:
    """Return a system in the newest report that names it; the rag.yaml's own goes by what it is, having no name there."""
    for file, content in reports:
        for one in content["systems"]:
            settings = one.get("settings")
            if not isinstance(settings, Mapping) or settings.get("context") != RETRIEVED:
                continue
            alike = all(settings.get(key) == told.get(key) for key in _COMPARED)
            if one.get("name") == offered.name or (offered.name == OWN and alike):
                data = content.get("data") or {}
                return Evaluated(place=show(file.parent, domain.project), name=str(one["name"]), day=str(data.get("day", "")),
                                 content=one, asked=content.get("asked") or {},
                                 current=alike and _is_current(domain, offered, file))
    return None


def _is_current(domain: Domain, offered: Offered, report: Path) -> bool:
    """Return whether the answers a report was made of are this very system's."""
    recipe = domain.systems[OWN].recipe
    try:
        room = Room(recipe, domain.project, domain.retriever, report.parent, lambda line: None)
        system = replace(_system(offered), own_decoding=offered.recipe.get("levels") != recipe.get("levels"))
        return room.kept(system).stat().st_mtime <= report.stat().st_mtime
    except (MundapError, OSError, KeyError):
        return False


def _reports(folder: Path, domain: str) -> list[tuple[Path, Mapping[str, Any]]]:
    """Return the reports of a domain, the newest first; what is no report is left out."""
    found = []
    for file in {*folder.glob("*/report.json"), *folder.glob("*/*/report.json")}:
        try:
            about = file.stat()
        except OSError:
            continue
        content = _report(file, about.st_mtime_ns, about.st_size)
        if content.get("domain") == domain:
            found.append((about.st_mtime, file, content))
    return [(file, content) for _, file, content in sorted(found, key=lambda one: (-one[0], str(one[1])))]


@lru_cache(maxsize=32)
def _report(file: Path, written: int, size: int) -> Mapping[str, Any]:
    """Return a report's content without each question's values; empty where it is none."""
    content = _json(file)
    systems = content.get("systems")
    if not isinstance(systems, list) or not isinstance(content.get("asked"), Mapping):
        return {}
    kept = ("name", "settings", "questions", "errors", "metrics", "speed")
    return {"domain": content.get("domain"), "asked": content["asked"],
            "data": content.get("data") if isinstance(content.get("data"), Mapping) else {},
            "systems": [{key: one.get(key) for key in kept} for one in systems if isinstance(one, Mapping)]}


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
