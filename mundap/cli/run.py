"""`mundap run`: the whole line for one folder of recipes; a stage whose inputs have not changed is skipped.

Each stage decides by its own record whether it has to run: the data manifest, the run record beside the adapter, the
export's manifest, the stamp beside the index.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from mundap.cli.options import Presets
from mundap.cli.output import live, result, result_json, say, table
from mundap.recipe import Kind, Recipe

EXAMPLES = ("mundap run configs/demo", "mundap run configs/demo --fresh --web",
            "mundap run configs/dart --preset cpu data.sources.0.path=/folder/of/filings")

Words = Annotated[list[str] | None, typer.Argument(
    metavar="[RECIPE.KEY=VALUE]...", help="Values laid over one of the recipes: train.max_steps=40 rag.web.port=8000.",
    show_default=False)]


@dataclass(kw_only=True)
class Line:
    """A folder's recipes and what became of each stage so far."""

    folder: Path
    fresh: bool
    recipes: dict[Kind, Recipe] = field(default_factory=dict)
    rows: list[tuple[str, str, float, int]] = field(default_factory=list)


def command(folder: Annotated[Path, typer.Argument(help="A folder of recipes.", show_default=False)],
            words: Words = None, preset: Presets = None,
            fresh: Annotated[bool, typer.Option("--fresh", help="Run every stage again.")] = False,
            web: Annotated[bool, typer.Option("--web/--no-web", help="Open the page at the end.")] = False,
            as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False) -> None:
    """Run models, data, train, export and index for a folder of recipes; skip what has not changed.

    With a preset or values, the recipes are written to a folder of their own first, and what they make gets names of
    its own.
    """
    from mundap.paths import project_root, show

    place = folder if folder.is_dir() else project_root() / folder
    if preset or words:
        from mundap import variant

        place = variant.write(place, preset or (), words or ())
        say(f"recipes as they run: {show(place)}")
    line = Line(folder=place, fresh=fresh, recipes=_load(place))
    try:
        for name, stage in STAGES.items():
            _stage(line, name, stage)
    finally:
        _report(line, as_json)
    rag = line.recipes.get("rag")
    if web and rag is not None:
        from webui.app import serve

        serve([rag], say)
    elif rag is not None:
        say(f"next: mundap web {rag.name}")


def _load(folder: Path) -> dict[Kind, Recipe]:
    """Return the folder's recipes by kind; all of them are checked before the first stage starts."""
    from mundap.checking import rules
    from mundap.errors import ConfigError
    from mundap.problem import error_for
    from mundap.recipe import KINDS, load

    recipes: dict[Kind, Recipe] = {kind: load(folder / f"{kind}.yaml") for kind in KINDS
                                   if (folder / f"{kind}.yaml").is_file()}
    if not recipes:
        raise ConfigError("there is no recipe in this folder.", where=str(folder),
                          fix=f"Give a folder with some of {', '.join(kind + '.yaml' for kind in KINDS)}.")
    problems = [problem for recipe in recipes.values() for problem in rules.blocking(recipe, rehearse=True)]
    if problems:
        raise error_for(problems, str(folder))
    return recipes


def _stage(line: Line, name: str, stage: Callable[[Line], str]) -> None:
    """Run one stage and note its state, seconds and peak memory, whatever becomes of it."""
    from mundap.machine.memory import PeakMemory

    started, state = time.monotonic(), "failed"
    memory = PeakMemory()
    try:
        with memory:
            state = stage(line)
    except (KeyboardInterrupt, typer.Exit):
        state = "stopped"
        raise
    finally:
        line.rows.append((name, state, time.monotonic() - started, memory.peak_bytes))
        if state.startswith("skipped"):
            say(f"{name}: {state}")


def _models(line: Line) -> str:
    from mundap import starter
    from mundap.paths import home

    project = next(iter(line.recipes.values())).project
    root = home(project)
    wanted = {f"models/{one.name}" for one in starter.status(root)}
    named = {str(text) for recipe in line.recipes.values() for text in _texts(recipe.values)}
    if not wanted & named:
        return "skipped: no recipe names a starter model"
    if all(one.state == "complete" for one in starter.status(root)):
        return "skipped: unpacked"
    starter.prepare(root, say=say)
    return "done"


def _data(line: Line) -> str:
    recipe = line.recipes.get("data")
    if recipe is None:
        return "skipped: no data.yaml"
    from pipelines.data import run

    report = run(recipe.values, recipe.project, say, force=line.fresh, recipe_file=recipe.path)
    return "skipped: inputs unchanged" if report.skipped else "done"


def _train(line: Line) -> str:
    recipe = line.recipes.get("train")
    if recipe is None:
        return "skipped: no train.yaml"
    from mundap.training import train

    mode: train.Mode = "again" if line.fresh else "decide"
    ready = train.plan(recipe, mode=mode)
    if not line.fresh and train.finished(ready.output_dir, ready.fingerprint):
        return "skipped: recipe, rows and base model unchanged"
    summary = train.run(recipe, mode=mode, say=say, live=live())
    for text in train.report(summary, recipe.project)[:1]:
        say(text)
    if summary.stopped:
        raise typer.Exit(130)
    return "done"


def _export(line: Line) -> str:
    recipe = line.recipes.get("export")
    if recipe is None:
        return "skipped: no export.yaml"
    from mundap import export

    if not line.fresh and export.finished(recipe):
        return "skipped: adapter and base unchanged"
    summary = export.run(recipe, say=say)
    say(export.report(summary, recipe.project)[0])
    return "done"


def _index(line: Line) -> str:
    recipe = line.recipes.get("rag")
    if recipe is None:
        return "skipped: no rag.yaml"
    from mundap import provenance, stamp
    from mundap.paths import resolve

    settings = recipe.values["index"]
    place, model, chunks = (resolve(settings[key], recipe.project) for key in ("path", "embedding_model", "chunks"))
    parts = {"index": settings, "chunks": provenance.folder_identity(chunks) if chunks.is_dir() else "",
             "model": provenance.folder_identity(model) if model.is_dir() else settings["embedding_model"]}
    file, manifest = place / "run.stamp", place / "manifest.json"
    if not line.fresh and manifest.is_file() and stamp.matches(file, parts | {"made": provenance.sha256(manifest)}):
        return "skipped: chunks and embedding model unchanged"
    from mundap.embedder import Embedder
    from rag.indexing.build import build

    build(recipe.values, recipe.project, Embedder(model), say)
    stamp.write(file, parts | {"made": provenance.sha256(manifest)})
    return "done"


STAGES: dict[str, Callable[[Line], str]] = {
    "models": _models, "data": _data, "train": _train, "export": _export, "index": _index}


def _texts(values: object) -> list[str]:
    """Return every text in a recipe's values."""
    if isinstance(values, dict):
        return [text for value in values.values() for text in _texts(value)]
    if isinstance(values, list):
        return [text for value in values for text in _texts(value)]
    return [values] if isinstance(values, str) else []


def _report(line: Line, as_json: bool) -> None:
    if as_json:
        result_json([{"stage": name, "state": state, "seconds": round(seconds, 1), "peak_bytes": peak}
                     for name, state, seconds, peak in line.rows])
        return
    rows = [(name, state.split(":")[0], f"{seconds:.1f}", f"{peak / 2**30:.1f}")
            for name, state, seconds, peak in line.rows]
    for text in table([("stage", "state", "seconds", "peak GiB"), *rows]):
        result(text)
