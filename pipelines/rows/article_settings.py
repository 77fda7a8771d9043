"""What rows about articles are made with: `rows.articles` of data.yaml, its files loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.paths import resolve
from pipelines.rows.article_pairs import ArticlePair, load_pairs
from pipelines.rows.article_wordings import Wordings, load_article_wordings


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSettings:
    """per_chunk: template questions of one chunk at most. product_share: of training questions that name their product."""

    wordings: Wordings
    per_chunk: int
    product_share: float
    eval_share: float
    pairs: tuple[ArticlePair, ...] = ()


def load_article_settings(recipe: Mapping[str, Any], project: Path) -> ArticleSettings | None:
    """Return the settings of a data.yaml's `rows.articles`; None where it has none.

    Raises:
        ConfigError: the file of wordings is missing or wrong.
        DataError: a file of pairs is missing or wrong.
    """
    given = recipe["rows"].get("articles")
    if not given:
        return None
    pairs = [pair for name in given["pairs"] for pair in load_pairs(resolve(name, project), project)]
    return ArticleSettings(wordings=load_article_wordings(resolve(given["questions"], project), project),
                           per_chunk=given["per_chunk"], product_share=given["product_share"],
                           eval_share=recipe["split"]["eval_share"], pairs=tuple(pairs))


def article_files(rows: Mapping[str, Any]) -> list[str]:
    """Return every file that `rows.articles` reads."""
    given = rows.get("articles")
    return [given["questions"], *given["pairs"]] if given else []
