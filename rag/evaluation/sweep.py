"""Decoding settings compared on one system: how often it invents, how often it is right, how fast it is.

The best is the one that shows the fewest inventions; among those as good by that, the one most often right; then the
fastest. It is written as a file that is laid over rag.yaml, with the figures it was chosen by.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from mundap.paths import resolve, show
from mundap.provenance import write_text
from mundap.yaml_lines import dump
from rag.evaluation import questions
from rag.evaluation.answering import Answered, Room
from rag.evaluation.asked import Gold
from rag.evaluation.decodings import in_words, settings_of
from rag.evaluation.results import Setting, SystemResult
from rag.evaluation.run import result_of
from rag.evaluation.sample_size import minimum_told
from rag.evaluation.statistics import Interval, mean, rate
from rag.evaluation.systems import System, load_systems, require_models
from rag.search.retrieve import Retriever

Say = Callable[[str], None]
DECODING = ("max_new_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "penalise_prompt", "stop", "stop_phrases",
            "stop_repetition", "stop_script")


def sweep(recipe: Mapping[str, Any], rag: Mapping[str, Any], project: Path, say: Say) -> list[Setting]:
    """Return every setting of a recipe's `sweep:` with its figures, the best one marked; write the best as a preset.

    Raises:
        ConfigError: the recipe has no sweep, names no system of its own, or no setting.
        DataError, IndexMismatch, ModelError: as of run.
    """
    asked = recipe.get("sweep")
    if not asked:
        raise ConfigError("there is no `sweep:` section.", where="sweep",
                          fix="Add one: sweep: {system: …, settings: [greedy, before, after]}")
    base = next((one for one in load_systems(recipe, rag) if one.name == asked["system"]), None)
    if base is None:
        raise ConfigError(f"no system is called {asked['system']!r}.", where="sweep.system",
                          fix=f"Name one of: {', '.join(one['name'] for one in recipe['systems'])}.")
    golds = questions.load({**recipe, "limit": asked.get("limit") or {}}, project)
    systems = variants(base, asked, rag["generation"])
    require_models(systems, project)
    say(minimum_told(len(golds), recipe["language"]))
    with contextlib.closing(Retriever.open(rag, project)) as retriever:
        room = Room(rag, project, retriever, resolve(recipe["report"], project), say)
        found = [setting_of(answered, golds, project) for answered in room.answer(systems, golds)]
    marked = with_best(found)
    write_preset(next(one for one in marked if one.best), base, preset_path(recipe, project), project)
    return marked


def preset_path(recipe: Mapping[str, Any], project: Path) -> Path:
    """Return where the best setting is written."""
    named = (recipe.get("sweep") or {}).get("preset")
    return resolve(named, project) if named else resolve(recipe["report"], project) / "decoding.yaml"


def variants(base: System, asked: Mapping[str, Any], generation: Mapping[str, Any]) -> list[System]:
    """Return the system once for every setting: those named, then every combination of the grid.

    Raises:
        ConfigError: there is no setting.
    """
    own = {key: value for key, value in generation.items() if key in DECODING or key in ("seed", "retries")}
    source = {key: value for key, value in base.generation.items() if key not in own}
    wanted: list[tuple[str, dict[str, Any]]] = []
    for setting in asked.get("settings") or ():
        name = setting if isinstance(setting, str) else ", ".join(f"{key} {value}" for key, value in (setting or {}).items())
        wanted.append((name or "as in rag.yaml", settings_of(setting, own)))
    grid = asked.get("grid") or {}
    for values in itertools.product(*grid.values()) if grid else ():
        chosen = dict(zip(grid, values, strict=True))
        wanted.append((", ".join(f"{key} {value}" for key, value in chosen.items()), {**own, **chosen}))
    if not wanted:
        raise ConfigError("there is no setting to compare.", where="sweep",
                          fix="Add settings: [greedy, before, after] or grid: {temperature: [0, 0.7]}.")
    return [replace(base, name=name, generation={**source, **decoding}, own_decoding=True) for name, decoding in wanted]


def setting_of(answered: Answered, golds: Sequence[Gold], project: Path) -> Setting:
    """Return one setting's figures."""
    result = result_of(answered, golds, project)
    replies = answered.replies
    written, spent = sum(one.completion_tokens for one in replies), 60 * len(replies) / (answered.speed.answers_per_minute or 1)
    return Setting(name=answered.system.name, hallucinated=_share(result, "hallucinated"), right=_share(result, "right"),
                   settings={key: answered.system.generation[key] for key in DECODING if key in answered.system.generation},
                   tokens_per_s=written / spent if spent else 0.0, seconds_per_answer=spent / len(replies) if replies else 0.0)


def with_best(found: Sequence[Setting]) -> list[Setting]:
    """Return the settings with the best marked: fewest inventions, then most right (if known), then fastest, then first."""
    best = min(range(len(found)), key=lambda at: (_known(found[at].hallucinated, math.inf), -_known(found[at].right, 0.0),
                                                  found[at].seconds_per_answer, at))
    return [replace(one, best=at == best) for at, one in enumerate(found)]


def _known(share: Interval, otherwise: float) -> float:
    """Return a share, or what stands for one that is not known: NaN is neither more nor less than anything."""
    return otherwise if math.isnan(share.value) else share.value


def write_preset(best: Setting, system: System, path: Path, project: Path) -> None:
    """Write a setting as keys to lay over rag.yaml, with how it was chosen."""
    told = [f"# The decoding that invented least of those compared on {system.name!r} by mundap eval --sweep.",
            f"# {in_words(best.settings)}: invented {best.hallucinated.value:.1%} ({best.hallucinated.low:.1%} to "
            f"{best.hallucinated.high:.1%}) of {best.hallucinated.n} answers"
            + (f", right {best.right.value:.1%} of {best.right.n}." if best.right.n else "; no figure was asked for."),
            f"# Use: mundap web <rag.yaml> --preset {show(path, project)}"]
    write_text(path, "\n".join(told) + "\n" + dump({"generation": dict(best.settings)}))


def _share(result: SystemResult, metric: str) -> Interval:
    values = [one.values[metric] for one in result.scored if metric in one.values]
    if all(value in (0, 1) for value in values):
        return rate(sum(values), len(values))
    return mean(values)
