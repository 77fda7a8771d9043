"""What rows are made with: texts, levels and shares from data.yaml, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from mundap.levels import Level, load_levels
from mundap.paths import resolve, show
from mundap.synonyms import load_synonyms
from mundap.terms import load_terms
from pipelines.rows.article_pairs import ArticlePair
from pipelines.rows.article_settings import ArticleSettings, article_files, load_article_settings
from pipelines.rows.glossary import load_ratios
from pipelines.rows.templates import FORMS, Template, load_templates
from pipelines.rows.written import Written
from pipelines.split import Part

PARTS: tuple[Part, ...] = ("train", "eval")
# The template files of each kind of computed question.
FORMS_OF: Mapping[str, tuple[str, ...]] = {"change": ("change",), "comparison": ("comparison",), "share": ("share",),
                                           "ranking": ("ranking_companies", "ranking_items")}


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
    kinds: Mapping[str, float] = field(default_factory=lambda: {"lookup": 1.0})
    forms: Mapping[str, Mapping[Part, Sequence[Template]]] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    ratios: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    articles: ArticleSettings | None = None

    def with_pairs(self, pairs: Sequence[Written]) -> RowSettings:
        """Return the settings with a model's pairs among those about articles; as they are without rows.articles."""
        if self.articles is None or not pairs:
            return self
        further = [ArticlePair(kind=pair.kind, question=pair.question, answer=pair.answer, where="generate",
                               origin=pair.origin, level=pair.level, chunk_id=pair.chunk_id) for pair in pairs]
        return replace(self, articles=replace(self.articles, pairs=(*self.articles.pairs, *further)))

    def wanted(self, kind: str, figures: int) -> int:
        """Return how many of a number of questions about figures are of a kind, by its share of all the kinds'."""
        return round(figures * self.kinds.get(kind, 0.0) / sum(self.kinds.values()))


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
    kinds = {name: float(share) for name, share in (rows.get("kinds") or {"lookup": 1}).items() if share}
    if not kinds:
        raise ConfigError("rows.kinds gives every kind a share of 0.", where="rows.kinds",
                          fix="Give a kind a share, or take rows.kinds out: then all are lookups.")
    templates = _templates({part: rows["questions"][part] for part in PARTS}, project)
    forms = {form: _templates(_form_files(rows, form), project, FORMS[form])
             for kind in kinds for form in FORMS_OF.get(kind, ())}
    return RowSettings(
        dataset=rows["dataset"], instruction=instruction.read_text(encoding="utf-8").strip(),
        decline_text=rows["decline_text"], top_k=rows["top_k"], lines_per_passage=rows["lines_per_passage"],
        facts_per_document=rows["facts_per_document"], unanswerable_share=rows["unanswerable_share"],
        single_passage_share=rows["single_passage_share"], seed=recipe["seed"], templates=templates,
        synonyms=load_synonyms(rows["synonyms"], project), kinds=kinds, forms=forms,
        levels=load_levels(rows.get("levels"), project), terms=load_terms(rows.get("terms"), project),
        ratios=load_ratios(rows.get("ratios"), project), articles=load_article_settings(recipe, project))


def prompt_files(rows: Mapping[str, Any]) -> list[str]:
    """Return every file that a data.yaml's `rows` reads: instruction, templates, levels, glossaries."""
    forms = [form for kind, share in (rows.get("kinds") or {}).items() if share for form in FORMS_OF.get(kind, ())]
    named = [rows["instruction"], rows["questions"]["train"], rows["questions"]["eval"], rows["synonyms"],
             *(file for form in forms for file in _form_files(rows, form).values()),
             *(level["instruction"] for level in (rows.get("levels") or {}).values()),
             rows.get("terms"), rows.get("ratios"), *article_files(rows)]
    return [name for name in named if name]


def _form_files(rows: Mapping[str, Any], form: str) -> dict[Part, str]:
    return {part: f"{rows['questions']['folder']}/{form}_{part}.txt" for part in PARTS}


def _templates(files: Mapping[Part, str], project: Path, needed: Sequence[str] = ()) -> dict[Part, list[Template]]:
    """Return both parts' templates.

    Raises:
        ConfigError: a question is worded alike in both files.
    """
    names = ((*needed, "prior"), needed) if needed else ()
    found = {part: load_templates(resolve(file, project), *names) for part, file in files.items()}
    shared = {one.text for one in found["train"]} & {one.text for one in found["eval"]}
    if shared:
        raise ConfigError(f"{len(shared)} question templates are in both files: {sorted(shared)[0]}",
                          where=files["eval"],
                          fix="Word the evaluation's questions otherwise; else it measures memory.")
    return found
