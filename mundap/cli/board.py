"""`mundap board`: LLaMA Board on this machine only, with a recipe in its form; and what it saved, as a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mundap.cli.options import Overrides, Presets
from mundap.cli.output import dry_run, result, say

if TYPE_CHECKING:
    from mundap.board.opening import Opening

EXAMPLES = ("mundap board configs/demo/train.yaml",
            "mundap board --import saves/Custom/lora/demo-train_2026-01-31-09-00-00 --out configs/demo/train_new.yaml")

_BY_ITSELF = "LLaMA Board holds no recipe: give one to see its values in the form."


def command(recipe: Annotated[Path | None, typer.Argument(help="A train recipe to open.", show_default=False)] = None,
            overrides: Overrides = None, preset: Presets = None,
            port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 7861,
            source: Annotated[Path | None, typer.Option("--import", metavar="RUN_OR_FORM", help="A run's folder or a "
                                                        "saved form, to be made a recipe.")] = None,
            out: Annotated[Path | None, typer.Option("--out", metavar="RECIPE", help="The recipe to write.")] = None,
            like: Annotated[Path | None, typer.Option("--like", metavar="RECIPE", help="The recipe whose comments and "
                                                      "order to keep; known for what was opened from one.")] = None,
            force: Annotated[bool, typer.Option("--force", help="Write over a recipe that is there.")] = False,
            dry: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and stop.")] = False
            ) -> None:
    """Open LLaMA Board on 127.0.0.1, a recipe's values in its form; or bring back what it saved. Ctrl-C closes it."""
    if source is not None:
        if out is None or recipe is not None:
            raise typer.BadParameter("--import goes with --out RECIPE, and without a recipe to open.")
        _bring_back(source, out, like, force=force, dry=dry)
    elif out is not None or like is not None or force:
        raise typer.BadParameter("--out, --like and --force go with --import.")
    elif recipe is None:
        _open_plain(port, dry=dry)
    else:
        _open_filled(recipe, overrides or [], preset or [], port, dry=dry)


def _open_plain(port: int, *, dry: bool) -> None:
    from mundap.board import opening, workspace
    from mundap.paths import project_root

    project = project_root()
    ready = opening.plain(project, port)
    if dry:
        dry_run({"cwd": str(ready.folder)}, ready.command)
        return
    opening.require_port(port)
    workspace.prepare(project)
    _start(ready, port, [_BY_ITSELF, "leave `template` empty for a starter model by\n    putting {\"template\": null} "
                         "into its extra arguments", opening.PLAIN_TRUST])


def _open_filled(path: Path, overrides: list[str], presets: list[str], port: int, *, dry: bool) -> None:
    from mundap.board import opening, workspace
    from mundap.recipe import load

    recipe = load(path, presets=presets, overrides=overrides, kind="train")
    ready = opening.filled(recipe, port)
    notes = opening.notes(recipe, ready.form)
    if dry:
        dry_run({"cwd": str(ready.folder), **ready.form.elements}, ready.command)
        for note in notes:
            say("  " + note)
        return
    opening.require_port(port)
    kept = workspace.settle(recipe, ready.form, ready.page)
    if kept:
        notes.insert(0, f"the form saved here before is now {kept}")
    _start(ready, port, [*notes, "save on the page (Argument 저장), then: " + opening.way_back(recipe, ready.folder)],
           recipe.name)


def _start(ready: Opening, port: int, notes: list[str], name: str = "") -> None:
    from mundap import launch
    from mundap.errors import LaunchError

    say(f"LLaMA Board{f' with {name}' if name else ''}: http://127.0.0.1:{port} in about half a minute (workspace "
        f"{ready.folder}); Ctrl-C closes it.")
    for note in notes:
        say("  " + note)
    code = launch.foreground(ready.command, cwd=ready.folder, env=ready.env)
    if code not in (0, -2, -15, 130):
        raise LaunchError(f"ended with exit code {code}; its own message stands above.", where="LLaMA Board",
                          fix="If a package is missing: mundap doctor")


def _bring_back(source: Path, out: Path, like: Path | None, *, force: bool, dry: bool) -> None:
    from mundap.board import importing

    plan = importing.plan(source, out, like=like, force=force)
    for note in plan.notes:
        say(note)
    for line in plan.differences:
        result(line)
    if not plan.differences:
        say(f"no difference: {plan.name} says what was saved.")
    if dry or not plan.differences:
        return
    for problem in importing.write(plan):
        say(str(problem))
    say(f"wrote {plan.name}; next: mundap check {plan.name}")
