"""A whole evaluation: questions, systems, replies, values, and what the report says beside them."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from mundap.errors import ConfigError, DataError, closest
from mundap.paths import resolve
from mundap.provenance import git_commit, sha256, versions
from rag.evaluation import questions
from rag.evaluation.answering import Answered, Room
from rag.evaluation.asked import Gold
from rag.evaluation.metrics import METRICS, measure
from rag.evaluation.metrics.invention import inventions
from rag.evaluation.opinions import human, judge
from rag.evaluation.opinions import ratings as ratings_file
from rag.evaluation.results import Evaluation, SystemResult
from rag.evaluation.sample_size import minimum_told, parts_told
from rag.evaluation.systems import load_systems, require_models
from rag.evaluation.verifier import assess, assess_metric
from rag.kept_answers import digest
from rag.search.retrieve import Retriever

Say = Callable[[str], None]
LABELLED = "datasets/labelled/verifier.jsonl"   # answers that a reader labelled


def run(recipe: Mapping[str, Any], rag: Mapping[str, Any], project: Path, say: Say) -> Evaluation:
    """Ask every system of an eval recipe its questions; return what came of it. Nothing is asked that was answered before.

    Raises:
        ConfigError: the systems or the metrics guarded are named wrongly.
        DataError: the questions are missing or no rows of ours.
        IndexMismatch, ModelError: the index or a model is missing.
    """
    systems = load_systems(recipe, rag)
    require_metrics(recipe["guard"])
    if recipe.get("human"):
        _files(resolve(recipe["human"], project), "ratings")
    golds = questions.load(recipe, project)
    require_models(systems, project)
    told = sample_told(golds, recipe["language"])
    for line in told:
        say(line)
    folder = resolve(recipe["report"], project)
    with contextlib.closing(Retriever.open(rag, project)) as retriever:
        room = Room(rag, project, retriever, folder, say)
        results = [result_of(answered, golds, project)
                   for answered in room.answer(systems, golds, speed_sample=recipe["speed_sample"])]
        manifest = retriever.index.manifest
    names = [system.name for system in systems]
    return Evaluation(
        domain=recipe["domain"], title=recipe.get("title") or recipe["domain"],
        baseline=recipe["baseline"] if recipe.get("baseline") in names else names[0], systems=tuple(results),
        data=measured_with(recipe, golds, manifest, project), verifier=trusted(project),
        notes=told, **opinions(recipe, results, folder, project, say))


def sample_told(golds: Sequence[Gold], language: Literal["ko", "en"]) -> tuple[str, ...]:
    """Return what so many questions can and cannot show, in sentences."""
    answerable = sum(gold.answerable for gold in golds)
    return (minimum_told(len(golds), language), parts_told(answerable, len(golds) - answerable, language))


def result_of(answered: Answered, golds: Sequence[Gold], project: Path) -> SystemResult:
    """Return one system's replies with the values of every metric."""
    asked = questions.asked_of(golds, answered.system.context)
    return SystemResult(name=answered.system.name, settings=answered.system.settings(project), speed=answered.speed,
                        scored=tuple(measure(gold, reply) for gold, reply in zip(asked, answered.replies, strict=True)))


def trusted(project: Path) -> dict[str, Any]:
    """Return how far the verifier and the hallucination metric can be trusted, on labelled answers; {} without the file."""
    labelled = resolve(LABELLED, project)
    if not labelled.is_file():
        return {}
    return {"verifier": assess(labelled), "metric": assess_metric(labelled, inventions)}


def opinions(recipe: Mapping[str, Any], results: Sequence[SystemResult], folder: Path, project: Path, say: Say
             ) -> dict[str, Any]:
    """Return what people and a judge model said of the replies, where the recipe names either: {"human": …, "judge": …}.

    Raises:
        DataError: a file of ratings or votes is wrong.
        ConfigError, GenerationError: a rubric is missing; the judge gave no verdict at all.
    """
    told: dict[str, Any] = {}
    ratings: list[ratings_file.Rating] = []
    if recipe.get("human"):
        given = resolve(recipe["human"], project)
        ratings = ratings_file.read_ratings(_files(given, "ratings"))
        told["human"] = human.summary(ratings, ratings_file.read_votes(_files(given, "votes")),
                                      [one.name for one in results],
                                      {scored.gold.id for one in results for scored in one.scored}, seed=recipe["seed"])
    asked = recipe.get("judge")
    if asked:
        rubrics = judge.read_rubrics({Path(file).stem: file for file in asked["rubrics"]}, project)
        cases = judge.cases([_drawn(one, asked["limit"], recipe["seed"]) for one in results])
        with contextlib.closing(judge.open_judge(asked, project)) as generator:
            verdicts = judge.judge(cases, rubrics, generator, folder / "answers" / "verdicts.jsonl", say)
        told["judge"] = judge.summary(verdicts, human.scores(ratings), seed=recipe["seed"])
    return told


def _drawn(result: SystemResult, limit: int | None, seed: int) -> SystemResult:
    """Return a system with so many of its replies, of every sort: drawn by the questions' ids, so alike for each system."""
    drawn = sorted(result.scored, key=lambda one: digest([seed, one.gold.id]))[:limit]
    return replace(result, scored=tuple(drawn))


def _files(folder: Path, name: str) -> list[Path]:
    """Return the files of a kind in a folder: ratings.jsonl, ratings-kim.csv.

    Raises:
        DataError: there is no such folder.
    """
    if not folder.is_dir():
        raise DataError("there is no such folder.", where=f"human: {folder}",
                        fix="Name the folder the page's ratings were exported to, or take human: out.")
    return sorted(file for file in folder.glob(f"{name}*") if file.suffix in (".jsonl", ".csv"))


def measured_with(recipe: Mapping[str, Any], golds: Sequence[Gold], manifest: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return what an evaluation was measured with: files by hash, so that two reports can be told to be of one thing."""
    return {"questions": recipe["questions"], "questions_sha256": sha256(resolve(recipe["questions"], project)),
            "asked_sha256": digest([gold.id for gold in golds]), "asked": len(golds),
            "answerable": sum(gold.answerable for gold in golds),
            "unanswerable": sum(not gold.answerable for gold in golds),
            "untrained": {name: list(values) for name, values in recipe["untrained"].items()},
            "rag": recipe["rag"], "index_sha256": digest(manifest), "recipe_sha256": digest(recipe), "seed": recipe["seed"],
            "day": datetime.date.today().isoformat(), "commit": git_commit(project), "versions": versions(),
            "guard": list(recipe["guard"])}


def require_metrics(names: Sequence[str]) -> None:
    """Look for metrics by name.

    Raises:
        ConfigError: there is no such metric.
    """
    known = [metric.name for metric in METRICS]
    for name in names:
        if name not in known:
            raise ConfigError(f"there is no metric {name!r}.", where="guard",
                              fix=f"{closest(name, known)}Choose among: {', '.join(known)}.")
