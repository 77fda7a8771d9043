"""`mundap eval`: how often each system is right, cites, and rightly declines."""

from __future__ import annotations

from mundap.cli.options import Overrides, RecipePath
from mundap.cli.output import result, say

EXAMPLES = ("mundap eval configs/demo/eval.yaml",
            "mundap eval configs/demo/eval.yaml limit.answerable=20 limit.unanswerable=10")


def command(recipe: RecipePath, overrides: Overrides = None) -> None:
    """Ask every system the held-out questions and write a report. A second run goes on where the first stopped."""
    from mundap.checking import rules
    from mundap.paths import resolve, show
    from mundap.problem import error_for
    from mundap.recipe import load

    loaded = load(recipe, overrides=overrides or (), kind="eval")
    problems = rules.blocking(loaded)
    if problems:
        raise error_for(problems, loaded.name)
    rag = load(resolve(loaded.values["rag"], loaded.project), kind="rag")
    from rag import evaluate

    report = evaluate.run(loaded.values, rag.values, loaded.project, say)
    result(report.read_text(encoding="utf-8").rstrip())
    say(f"report: {show(report, loaded.project)}")
