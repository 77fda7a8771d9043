"""`mundap doctor`: what this machine has, and what is missing; imports no torch unless asked to try the GPU."""

from __future__ import annotations

from typing import Annotated

import typer

from mundap.cli.options import AsJson
from mundap.cli.output import result, result_json, table

EXAMPLES = ("mundap doctor", "mundap doctor --gpu --json")


def command(gpu: Annotated[bool, typer.Option("--gpu", help="Import torch and try the GPU (seconds).")] = False,
            as_json: AsJson = False) -> None:
    """Report machine, memory, disk, versions, GPUs, models and offline switches, and what to do about gaps."""
    from mundap import machine
    from mundap.paths import project_root

    facts = machine.report(project_root(), try_gpu=gpu)
    if as_json:
        result_json(facts)
        return
    for line in table([("what", "found"), *((name, str(value)) for name, value in facts.items())]):
        result(line)
