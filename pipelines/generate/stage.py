"""The generation of a data recipe: its chunks as the data stage wrote them, its checks, its folder.

    report = generate_from(recipe, project, say)        # after the documents and chunks of the recipe are made

Asked are the children (what the embedder and a prompt can hold), those of superseded text left out. A pair must pass the
grounding check, the forecast check, and each of the recipe's filters that judges a row by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, read_chunks
from mundap.paths import resolve
from pipelines.generate.candidate import Check
from pipelines.generate.filter_checks import filter_checks
from pipelines.generate.forecast import forecast_named
from pipelines.generate.grounded import DEFAULT_CHECKS
from pipelines.generate.merge import merge_into
from pipelines.generate.report import GenerationReport
from pipelines.generate.run import generate
from pipelines.generate.settings import load_settings


def generate_from(recipe: Mapping[str, Any], project: Path, say: Callable[[str], None], *, shard: str | None = None,
                  ledgers: Sequence[Path] = ()) -> GenerationReport:
    """Return the report of a run over the recipe's chunks; rows and rejects are in its `generate.folder`.

    recipe has the schema's defaults and a `generate` section. shard lies over its own. ledgers: those of all shards, merged
    first.

    Raises:
        ConfigError, DataError, GenerationError, ResourceError: as `generate` does.
    """
    settings = load_settings(recipe, project, shard=shard)
    documents = resolve(recipe.get("documents") or f"docs/{recipe['domain']}", project)
    chunks, folder = asked(read_chunks(documents / "chunks")), resolve(recipe["generate"]["folder"], project)
    if ledgers:
        say(f"  {merge_into(folder, ledgers, chunks, settings):,} pairs from {len(ledgers)} ledgers")
    return generate(chunks, settings, folder, say, checks=checks_of(recipe))


def asked(chunks: list[Chunk]) -> list[Chunk]:
    """Return the chunks a model is asked about."""
    return [chunk for chunk in chunks if chunk.level == "child" and not chunk.metadata.get("superseded")]


def checks_of(recipe: Mapping[str, Any]) -> tuple[Check, ...]:
    """Return the checks of a recipe: its own filters that judge single rows are among them when it has `filters`."""
    from pipelines.quality.filter import Domain
    from pipelines.quality.gate import Gate

    rows = recipe.get("rows") or {}
    filters = Gate.of(recipe["filters"], domain=Domain(decline_text=rows.get("decline_text", ""))).filters.values() \
        if recipe.get("filters") else ()
    return (*DEFAULT_CHECKS, forecast_named, *filter_checks(filters))
