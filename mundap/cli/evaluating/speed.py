"""`mundap eval --speed chat.yaml`: how fast a model reads and writes on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mundap.cli.output import result, result_json, say, table


def speed(path: Path, overrides: Sequence[str] = (), *, as_json: bool = False) -> None:
    """Measure a chat recipe's model, print a table and keep it as reports/speed-<name>.json and .md.

    Raises:
        ConfigError, ModelError, LaunchError, ResourceError, GenerationError: see rag.evaluation.model_speed.run.
    """
    import json

    from mundap.paths import show
    from mundap.recipe import load
    from rag.evaluation.model_speed import run, table_rows

    loaded = load(path, overrides=overrides, kind="chat")
    measures, report = run(loaded, say=say)
    if as_json:
        result_json(json.loads(report.with_suffix(".json").read_text(encoding="utf-8")))
    else:
        for line in table(table_rows(measures)):
            result(line)
    say(f"report: {show(report, loaded.project)}")
