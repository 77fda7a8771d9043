"""The `filters:` and `split.leakage` sections in the data stage, and their reports beside the documents.

    quality.md     what was dropped and kept, by reason and kind, with examples; quality.png the same as a picture
    masked.jsonl   what personal data was masked where, never its value
    leakage.md     how near the rows held out are to those trained on, and which were moved over
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import MissingExtra, ModelError
from mundap.paths import resolve
from mundap.token_count import Count
from pipelines.filters import keep
from pipelines.manifest import write_text
from pipelines.quality.filter import Domain
from pipelines.quality.gate import COPIES, Gate, log_text
from pipelines.quality.leakage import Leakage, Record, plan_moves
from pipelines.quality.picture import draw
from pipelines.quality.registry import FILTERS
from pipelines.quality.sift_rows import sift_rows
from pipelines.rejects import Rejects
from pipelines.rows.row import Row
from pipelines.rows.settings import RowSettings
from pipelines.split import Part

REPORT, PICTURE, LOG, LEAKAGE = "quality.md", "quality.png", "masked.jsonl", "leakage.md"
_OF_COPIES = ("required", "over_tokens", "grounded")  # what a copy is held to in a recipe without filters


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """What every row made must pass: the recipe's filters, or without them the last look (pipelines/filters.py)."""

    filters: Mapping[str, Any] | None
    domain: Domain
    gate: Gate | None

    @staticmethod
    def of(recipe: Mapping[str, Any], settings: RowSettings, count: Count | None, max_tokens: int | None) -> Sieve:
        """Return the sieve of a recipe. count: of tokens, for rows.max_tokens."""
        domain = Domain(decline_text=settings.decline_text, count=count, max_tokens=max_tokens)
        filters = recipe.get("filters")
        return Sieve(filters=filters, domain=domain, gate=Gate.of(filters, domain=domain) if filters else None)

    def of_copies(self) -> Sieve:
        """Return the sieve of rows that copy one already kept: it looks for no duplicates, and always for grounding."""
        filters = dict(self.filters or {})
        without = COPIES if filters else tuple(name for name in FILTERS if name not in _OF_COPIES)
        filters["grounded"] = {**filters.get("grounded", {}), "enabled": True}   # whatever the recipe leaves out
        gate = Gate.of(filters, domain=self.domain, without=without)
        if self.gate is not None:
            gate.report, gate.log = self.gate.report, self.gate.log
        return Sieve(filters=self.filters, domain=self.domain, gate=gate)

    def sift(self, rows: Iterable[Row], part: Part, rejects: Rejects) -> Iterator[Row]:
        """Yield the rows kept, with what was masked in them; each other goes to rejects."""
        if self.gate is not None:
            return sift_rows(rows, self.gate, part, rejects)
        return keep(rows, part, rejects, max_tokens=self.domain.max_tokens, count=self.domain.count)

    def report(self, folder: Path) -> None:
        """Write the filters' report and log into a folder; without filters, take an earlier run's away."""
        if self.gate is None:
            for name in (REPORT, PICTURE, LOG):
                (folder / name).unlink(missing_ok=True)
            return
        try:
            picture = draw(self.gate.report, folder / PICTURE)
        except MissingExtra:
            picture = None    # matplotlib comes with the extra train; the numbers are all in the report
        write_text(folder / REPORT, self.gate.report.markdown(picture=picture))
        write_text(folder / LOG, log_text(self.gate.log))


def keep_rows_apart(made: Mapping[Part, Sequence[Row]], recipe: Mapping[str, Any], project: Path, folder: Path
                    ) -> dict[Part, list[Row]]:
    """Return part -> rows after `split.leakage` moved what is too near over to train; without it as they are."""
    settings = recipe["split"].get("leakage")
    if not settings:
        (folder / LEAKAGE).unlink(missing_ok=True)
        return {part: list(rows) for part, rows in made.items()}
    held_out = [row.record for row in made["eval"]]
    told = leakage_of([row.record for row in made["train"]], held_out, settings, project)
    write_text(folder / LEAKAGE, told.markdown(held_out))
    moved = set(told.moved)
    return {"train": [*made["train"], *(row for at, row in enumerate(made["eval"]) if at in moved)],
            "eval": [row for at, row in enumerate(made["eval"]) if at not in moved]}


def leakage_of(train: Sequence[Record], held_out: Sequence[Record], settings: Mapping[str, Any], project: Path) -> Leakage:
    """Return what was measured and which eval rows have to move. settings: `split.leakage` with its defaults.

    An embedding model that is named and not there is told in the report, and n-grams alone decide.
    """
    embedder, why_not = None, "split.leakage.embedding_model names none."
    if settings["embedding_model"]:
        from mundap.embedder import Embedder

        try:
            embedder = Embedder(resolve(settings["embedding_model"], project))
        except ModelError as error:
            why_not = str(error)
    return plan_moves(train, held_out, embedder=embedder, max_overlap=settings["max_overlap"],
                      max_similarity=settings["max_similarity"], why_not=why_not)
