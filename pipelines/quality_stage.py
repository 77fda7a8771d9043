"""The `filters:` section in the data stage: one gate for a run's rows, and its report beside the documents.

    quality.md     what was dropped and kept, by reason and kind, with examples
    masked.jsonl   what personal data was masked where, never its value
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundap.token_count import Count
from pipelines.manifest import write_text
from pipelines.quality.filter import Domain
from pipelines.quality.gate import Gate, log_text
from pipelines.rows.settings import RowSettings

REPORT, LOG = "quality.md", "masked.jsonl"


def gate_of(recipe: Mapping[str, Any], settings: RowSettings, count: Count | None, max_tokens: int | None) -> Gate | None:
    """Return the gate of a recipe, or None when it has no `filters`."""
    if not recipe.get("filters"):
        return None
    domain = Domain(decline_text=settings.decline_text, count=count, max_tokens=max_tokens)
    return Gate.of(recipe["filters"], domain=domain)


def report(gate: Gate | None, folder: Path) -> None:
    """Write a gate's report and log into a folder; without a gate, take an earlier run's away."""
    if gate is None:
        for name in (REPORT, LOG):
            (folder / name).unlink(missing_ok=True)
        return
    write_text(folder / REPORT, gate.report.markdown())
    write_text(folder / LOG, log_text(gate.log))
