"""`mundap models`: the starter models, and hub models made ready for recipes that leave `template` out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from mundap.cli.options import AsJson
from mundap.cli.output import live, result, result_json, say, table

EXAMPLES = ("mundap models", "mundap models --prepare beomi/Llama-3-Open-Ko-8B")


def command(status: Annotated[bool, typer.Option("--status", help="Only tell which are there.")] = False,
            force: Annotated[bool, typer.Option("--force", help="Make them anew.")] = False,
            from_hub: Annotated[bool, typer.Option("--from-hub", help="Fetch the starter models from the hub.")] = False,
            prepare: Annotated[str | None, typer.Option(
                "--prepare", metavar="ID", help="Make models/<name>-ko from a hub model or a local folder.")] = None,
            revision: Annotated[str | None, typer.Option(
                "--revision", metavar="R", help="With --prepare: a branch, tag or commit of the hub.")] = None,
            as_json: AsJson = False) -> None:
    """Make the starter models under models/: a Korean Gemma 3 270M and multilingual-e5-small.

    With --prepare, make instead a folder for a base that comes without a chat template: its weights linked, ours added,
    a pad token that is not EOS. HF_TOKEN is read from the environment.
    """
    from mundap import prepared, starter
    from mundap.paths import home, project_root

    if revision is not None and prepare is None:
        raise typer.BadParameter("--revision goes with --prepare.")
    if prepare is not None and (status or from_hub):
        raise typer.BadParameter("--prepare goes with neither --status nor --from-hub.")
    root = home(project_root())
    # Both are read when huggingface_hub is imported.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if not live():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    if prepare is not None:
        prepared.prepare(prepare, root, revision=revision, force=force, say=say)
    elif not status:
        starter.prepare(root, from_hub=from_hub, force=force, say=say)
    _show(_found(root), as_json=as_json)


def _found(root: Path) -> list[dict[str, Any]]:
    """Return every starter and prepared model, with its state and what it was made from."""
    from mundap import prepared, starter

    found = [{"name": one.name, "path": one.path, "state": one.state, "reason": one.reason, "source": "starter"}
             for one in starter.status(root)]
    return found + [{"name": one.name, "path": one.path, "state": one.state, "reason": one.reason, "source": one.source}
                    for one in prepared.status(root)]


def _show(found: list[dict[str, Any]], *, as_json: bool) -> None:
    from mundap.paths import show

    if as_json:
        result_json(found)
        return
    rows = [(one["name"], one["state"], show(one["path"]), one["source"]) for one in found]
    for line in table([("model", "state", "folder", "from"), *rows]):
        result(line)
