"""`mundap board`: LLaMA Board in a private workspace, on this machine only."""

from __future__ import annotations

from typing import Annotated

import typer

from mundap.cli.output import dry_run, say

EXAMPLES = ("mundap board", "mundap board --port 7871")


def command(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 7861,
            dry: Annotated[bool, typer.Option("--dry-run", help="Print the command, and stop.")] = False) -> None:
    """Open LLaMA Board on 127.0.0.1 with this project's datasets and saves; Ctrl-C closes it."""
    from pathlib import Path

    from mundap import board, factory, launch
    from mundap.errors import LaunchError
    from mundap.paths import project_root

    project = project_root()
    # Upstream binds 0.0.0.0 by default; the Board has no password and reads any file a dataset_info.json names.
    env = factory.environment({"model_name_or_path": str(project)}) | {
        "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "GRADIO_SHARE": "0"}
    words = factory.command("webui", Path(), {}, env)
    if dry:
        dry_run({"cwd": str(project / board.WORKSPACE)}, words)
        return
    folder = board.prepare(project)
    say(f"LLaMA Board: http://127.0.0.1:{port} (workspace {folder}); leave `template` empty for a starter model by\n"
        '  putting {"template": null} into its extra arguments. Ctrl-C closes it.')
    code = launch.foreground(words, cwd=folder, env=env)
    if code not in (0, -2, -15, 130):
        raise LaunchError(f"ended with exit code {code}; its own message stands above.", where="llamafactory webui",
                          fix="If the port is taken: mundap board --port 7871")
