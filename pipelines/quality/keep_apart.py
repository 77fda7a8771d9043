"""`split.leakage` of data.yaml at work: measures train against eval, and says what is too near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.paths import resolve
from pipelines.quality.leakage import Leakage, Record, move


def keep_apart(train: Sequence[Record], held_out: Sequence[Record], settings: Mapping[str, Any], project: Path
               ) -> Leakage:
    """Return what was measured and which eval rows must move. settings: `split.leakage` with its defaults.

    An embedding model that is named and not there is told in the report, and n-grams alone decide.
    """
    embedder, why_not = None, "split.leakage.embedding_model names none."
    if settings["embedding_model"]:
        from mundap.embedder import Embedder
        from mundap.errors import ModelError

        try:
            embedder = Embedder(resolve(settings["embedding_model"], project))
        except ModelError as error:
            why_not = str(error)
    *_, told = move(train, held_out, embedder=embedder, max_overlap=settings["max_overlap"],
                   max_similarity=settings["max_similarity"], why_not=why_not)
    return told
