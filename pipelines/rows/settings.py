"""What rows are made with: texts, levels and shares from data.yaml, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from mundap.paths import resolve, show
from mundap.synonyms import load_synonyms
from pipelines.rows.templates import Template, load_templates
from pipelines.split import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """The part of data.yaml's `rows` that shapes a row, with its prompt files loaded."""

    dataset: str
    instruction: str
    decline_text: str
    top_k: int
    lines_per_passage: int
    facts_per_document: int
    unanswerable_share: float
    single_passage_share: float
    seed: int
    templates: Mapping[Part, Sequence[Template]]
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)


def load_settings(recipe: Mapping[str, Any], project: Path) -> RowSettings:
    """Return the settings of a data.yaml that has `rows`.

    Raises:
        ConfigError: a prompt file is missing or wrong, or a question is worded alike in both template files.
    """
    rows = recipe["rows"]
    instruction = resolve(rows["instruction"], project)
    if not instruction.is_file():
        raise ConfigError("the instruction file is not there.", where=show(instruction, project),
                          fix="Fix rows.instruction in data.yaml, or add the file.")
    parts: tuple[Part, ...] = ("train", "eval")
    templates = {part: load_templates(resolve(rows["questions"][part], project)) for part in parts}
    shared = {one.text for one in templates["train"]} & {one.text for one in templates["eval"]}
    if shared:
        raise ConfigError(f"{len(shared)} question templates are in both files: {sorted(shared)[0]}",
                          where=rows["questions"]["eval"],
                          fix="Word the evaluation's questions otherwise; else it measures memory.")
    return RowSettings(
        dataset=rows["dataset"], instruction=instruction.read_text(encoding="utf-8").strip(),
        decline_text=rows["decline_text"], top_k=rows["top_k"], lines_per_passage=rows["lines_per_passage"],
        facts_per_document=rows["facts_per_document"], unanswerable_share=rows["unanswerable_share"],
        single_passage_share=rows["single_passage_share"], seed=recipe["seed"], templates=templates,
        synonyms=load_synonyms(rows["synonyms"], project))
