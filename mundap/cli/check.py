"""`mundap check`: every recipe, preset and prompt file, alone and against the others."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mundap.cli.options import AsJson, Presets
from mundap.cli.output import result, result_json, say

if TYPE_CHECKING:
    from mundap.forecast.forecast import Forecast
    from mundap.problem import Problem

EXAMPLES = ("mundap check", "mundap check configs/civil_law/train.yaml --preset quality --json",
            "mundap check configs/demo --deep", "mundap check --data demo --fix",
            'mundap check --data configs/hira/train.yaml --gpu "2xA100 80GB"')


def command(paths: Annotated[list[Path] | None, typer.Argument(
        metavar="[PATH]...", help="Recipes or folders; without any, the project's configs/. With --data also names of "
        "datasets in dataset_info.json, which are looked over row by row.", show_default=False)] = None, preset: Presets = None,
        deep: Annotated[bool, typer.Option("--deep", help="Ask LLaMA-Factory's own parser as well (ten seconds).")
                        ] = False,
        data: Annotated[bool, typer.Option(
            "--data", help="Forecast each train recipe: rows dropped and cut, steps, memory, time.")] = False,
        gpu: Annotated[str | None, typer.Option(
            "--gpu", metavar="NAME", help="The card to forecast for: 4060, \"2xA100 80GB\", cpu. Implies --data.")] = None,
        fix: Annotated[bool, typer.Option(
            "--fix", help="With --data NAME: write NAME.fixed.json with what can be mended safely.")] = False,
        strict: Annotated[bool, typer.Option("--strict", help="Count warnings as problems.")] = False,
        as_json: AsJson = False) -> None:
    """Check recipes, presets and prompts: unknown keys, wrong types and choices, and what must agree between files.

    Every code is explained in configs/schema/RULES.md.
    """
    from mundap.checking.check import check, files
    from mundap.errors import ConfigError
    from mundap.paths import project_root

    names, paths = _datasets(paths or []) if data else ([], paths)
    if names or fix:
        _doctor(names, paths or [], fix, strict, as_json)
        return
    found = files(paths or [project_root() / "configs"])
    if not found:
        raise ConfigError("there is no YAML, JSON or text file here.",
                          where=" ".join(map(str, paths or ())) or "configs")
    problems = [problem for file in found for problem in check(file, presets=preset or ())]
    if deep:
        problems += _deep(found, preset or [])
    told = _forecasts(found, preset or [], gpu) if data or gpu else []
    problems += _found(told)
    wrong = [problem for problem in problems if problem.blocks or (strict and problem.warning)]
    _tell(problems, len(found), told, as_json)
    _sum_up(len(found), len(wrong), sum(problem.warning for problem in problems))
    if wrong:
        raise typer.Exit(1)


def _sum_up(files: int, problems: int, warnings: int) -> None:
    say(f"{files} files checked, {problems} problem{'' if problems == 1 else 's'}"
        + (f", {warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""))


def _datasets(paths: list[Path]) -> tuple[list[str], list[Path]]:
    """Return the arguments that name datasets, and those that are files or folders."""
    names = [str(path) for path in paths if not path.exists() and path.suffix == "" and len(path.parts) == 1]
    return names, [path for path in paths if str(path) not in names]


def _doctor(names: list[str], paths: list[Path], fix: bool, strict: bool, as_json: bool) -> None:
    """Look datasets over row by row; exit with 1 when the trainer's reader would stop at one."""
    from mundap.errors import ConfigError
    from mundap.paths import project_root, show

    if paths or not names:
        raise ConfigError("--fix and dataset names go without recipes." if names else "--fix needs a dataset's name.",
                          where=" ".join(map(str, paths)) or "--fix", fix="Write: mundap check --data NAME --fix")
    from pipelines.doctor import fix as mending
    from pipelines.doctor import words
    from pipelines.doctor.examine import STOPS, examine

    project, told = project_root(), []
    for name in names:
        one = examine(name, project)
        told.append(one)
        for line in () if as_json else words.block(one, project):
            result(line)
        if fix:
            done = mending.fix(one)
            say(f"{show(done.path, project)}: {done.written:,} rows, {done.changed:,} of them mended, {done.left_out:,} "
                "left out. To use it, name it in dataset_info.json or put it in the old one's place.")
    if as_json:
        result_json([words.plain(one, project) for one in told])
    if any(finding.name in STOPS or strict for one in told for finding in one.findings):
        raise typer.Exit(1)


def _deep(found: list[Path], presets: list[str]) -> list[Problem]:
    """Return what LLaMA-Factory's parser says of the recipes that can be read at all."""
    from mundap.checking import deep
    from mundap.checking.check import recipes

    say("asking LLaMA-Factory's parser; it takes ten seconds to load")
    return deep.findings(recipes(found, presets=presets))


def _forecasts(found: list[Path], presets: list[str], gpu: str | None) -> list[Forecast]:
    """Return a forecast of every train recipe that can be read, for a named card or what this machine has."""
    from mundap.checking.check import recipes
    from mundap.forecast import cards
    from mundap.forecast.forecast import forecasts

    card, count = cards.parse(gpu) if gpu else (None, None)
    trained = [one for one in recipes(found, presets=presets) if one.kind == "train" and one.values.get("do_train")]
    return forecasts(trained, card=card, devices=count, say=say)


def _found(told: list[Forecast]) -> list[Problem]:
    from mundap.forecast.findings import findings

    return [problem for one in told for problem in findings(one)]


def _tell(problems: list[Problem], files: int, told: list[Forecast], as_json: bool) -> None:
    if as_json:
        result_json({"files": files, "problems": [dataclasses.asdict(problem) for problem in problems],
                     **({"forecasts": _plain(told)} if told else {})})
        return
    for line in _blocks(told) if told else ():
        result(line)
    for problem in problems:
        result(f"{'not yet: ' if problem.later else 'warning: ' if problem.warning else ''}{problem}")


def _plain(told: list[Forecast]) -> list[dict[str, Any]]:
    from mundap.forecast.words import plain

    return [plain(one) for one in told]


def _blocks(told: list[Forecast]) -> list[str]:
    from mundap.forecast.words import block

    return [line for one in told for line in (*block(one), "")]
