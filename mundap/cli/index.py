"""`mundap index`: the search index of a domain's chunks."""

from __future__ import annotations

import dataclasses

from mundap.cli.options import AsJson, Overrides, RecipePath
from mundap.cli.output import result, result_json, say

EXAMPLES = ("mundap index configs/demo/rag.yaml",
            "mundap index configs/demo/rag.yaml index.path=indexes/demo-2 index.collection=demo-2")


def command(recipe: RecipePath, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Embed new and changed chunks, and make a new version of the index; the old one answers until it is whole."""
    from mundap.embedder import Embedder
    from mundap.paths import resolve
    from mundap.recipe import load

    loaded = load(recipe, overrides=overrides or (), kind="rag")
    from rag.indexing.build import build

    embedder = Embedder(resolve(loaded.values["index"]["embedding_model"], loaded.project))
    report = build(loaded.values, loaded.project, embedder, say)
    if as_json:
        result_json(dataclasses.asdict(report))
        return
    result(f"{report.chunks} chunks indexed: {report.added} added, {report.updated} updated, {report.removed} removed, "
           f"{report.unchanged} unchanged; {report.embedded} embedded")
    result(f'next: mundap ask {loaded.name} "질문"')
