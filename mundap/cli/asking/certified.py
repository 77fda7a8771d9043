"""One line on stderr where a command answers from an exported model that nobody has compared with its adapter."""

from __future__ import annotations

from mundap.cli.output import say
from mundap.recipe import Recipe


def warn(rag: Recipe) -> None:
    """Say so when a rag recipe's model is an export whose parity certificate is missing, stale or failed."""
    from rag.evaluation.parity.certificate import unproven

    found = unproven(rag.values.get("generation", {}), rag.project)
    if found is not None:
        say(f"note: {found.english}")
