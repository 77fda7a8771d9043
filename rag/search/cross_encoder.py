"""A cross-encoder: a model that reads question and passage together, and so orders candidates better than any vector.

Optional: `retrieval.reranker` names a sentence-transformers folder on disk. It is slow on a processor (tens of
milliseconds a passage), and only the candidates are read. Nothing is fetched and no code of the folder is run.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mundap.errors import MissingExtra, ModelError
from rag.indexing.build import passage
from rag.search.hit import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder as Model

BATCH_SIZE = 8


class CrossEncoder:
    """A local cross-encoder, loaded at the first question."""

    def __init__(self, path: Path) -> None:
        """Raises:
        ModelError: path is not the folder of a model.
        """
        if not (path / "config.json").is_file():
            raise ModelError("there is no reranking model here (config.json is missing).", where=str(path),
                             fix="Set retrieval.reranker to a cross-encoder's folder on disk, or take the line out.")
        self.path = path
        self._lock = threading.Lock()   # loading twice at once would hold two models

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return the hits by the model's score for (question, passage), which becomes theirs; of equal ones the first."""
        if not hits:
            return []
        with self._lock:
            scores = self._model.predict([(question, passage(hit.chunk)) for hit in hits], batch_size=BATCH_SIZE,
                                         show_progress_bar=False)
        found = [replace(hit, score=float(score)) for hit, score in zip(hits, scores, strict=True)]
        found.sort(key=lambda hit: -hit.score)
        return [replace(hit, rank=rank) for rank, hit in enumerate(found, start=1)]

    @cached_property
    def _model(self) -> Model:
        try:
            from sentence_transformers import CrossEncoder as Model
        except ImportError as error:
            raise MissingExtra("Reranking", "rag", "sentence-transformers") from error
        try:
            return Model(str(self.path), local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise ModelError(f"the reranking model cannot be loaded: {error}", where=str(self.path),
                             fix="Set retrieval.reranker to a cross-encoder with one output, or take the line out.") from error
