"""`mundap export`: merge an adapter into its base model and check the result."""

from __future__ import annotations

import dataclasses

from mundap.cli.options import AsJson, DryRun, Overrides, RecipePath
from mundap.cli.output import dry_run, result, result_json, say

EXAMPLES = ("mundap export configs/demo/export.yaml",
            "mundap export configs/demo/export.yaml export_dir=exports/demo-2 --dry-run")


def command(recipe: RecipePath, overrides: Overrides = None, dry: DryRun = False, as_json: AsJson = False) -> None:
    """Merge an adapter into its base: a folder that any Hugging Face program loads, with its licences."""
    from mundap import export
    from mundap.recipe import load

    loaded = load(recipe, overrides=overrides or (), kind="export")
    if dry:
        ready = export.plan(loaded, rehearse=True)
        dry_run(ready.values, ready.command)
        return
    summary = export.run(loaded, say=say)
    if as_json:
        result_json(dataclasses.asdict(summary))
    else:
        for line in export.report(summary, loaded.project):
            result(line)
