"""`mundap data`: documents, chunks and training rows from raw documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mundap.cli.options import AsJson, DryRun, Overrides, RecipePath
from mundap.cli.output import result, result_json, say, table

EXAMPLES = ("mundap data configs/demo/data.yaml",
            "mundap data configs/demo/data.yaml sources.1.path=datasets/raw/demo/civil_law.csv --dry-run",
            "mundap data configs/dart/data_analyst.yaml --shard 1/2",
            "mundap data configs/dart/data_analyst.yaml --merge a/ledger.jsonl --merge b/ledger.jsonl")


def command(recipe: RecipePath, overrides: Overrides = None,
            force: Annotated[bool, typer.Option("--force", help="Work through unchanged inputs too.")] = False,
            shard: Annotated[str | None, typer.Option("--shard", metavar="K/N", help="Generate for one part of the chunks, such "
                                                      "as 3/8: each machine takes another.")] = None,
            merge: Annotated[list[Path] | None, typer.Option(
                "--merge", metavar="LEDGER", help="A shard's ledger.jsonl; give every shard's, and rows are made of all.")] = None,
            dry: DryRun = False, as_json: AsJson = False) -> None:
    """Make documents, chunks and training rows. Unchanged inputs are not worked through twice."""
    from mundap.checking import rules
    from mundap.problem import error_for
    from mundap.recipe import load
    from mundap.yaml_lines import dump

    laid = [*(overrides or ()), *([f"generate.shard={shard}"] if shard else [])]
    loaded = load(recipe, overrides=laid, kind="data")
    if dry:
        result(dump(loaded.values).rstrip())
        return
    problems = rules.blocking(loaded)
    if problems:
        raise error_for(problems, loaded.name)
    from pipelines.data import run

    report = run(loaded.values, loaded.project, say, force=force, recipe_file=loaded.path, ledgers=merge or ())
    if as_json:
        result_json({"domain": report.domain, "skipped": report.skipped, "counts": report.counts,
                     "datasets": report.datasets, "documents": report.documents, "chunks": report.chunks,
                     "seconds": round(report.seconds, 1)})
        return
    for line in table(report.table):
        result(line)
