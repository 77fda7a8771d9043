"""The questions offered on the page: the recipe's own, or else ones made from the index's facts and questions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain, zip_longest
from typing import Any

from mundap.chunk import Chunk
from mundap.korean import josa

MADE = 4  # questions made when the recipe names none
_LABEL_CHARS = 30
_QUESTION_CHARS = 60
_COUNTED = {"명": "몇 명인가요?", "개": "몇 개인가요?", "주": "몇 주인가요?", "%": "몇 %인가요?"}


def questions(recipe: Mapping[str, Any], chunks: Iterable[Chunk]) -> list[str]:
    """Return the recipe's web.examples, or questions the index can answer, each from another document."""
    own = [str(example) for example in recipe.get("web", {}).get("examples") or []]
    if own:
        return own
    asked: dict[str, list[str]] = {"facts": [], "qa": []}
    seen: set[str] = set()
    for chunk in chunks:
        kind = str(chunk.metadata.get("kind"))
        subject = str(chunk.metadata.get("company") or chunk.metadata.get("section") or chunk.doc_id)
        made = _question(chunk) if kind in asked and subject not in seen else ""
        if made:
            seen.add(subject)
            asked[kind].append(made)
        if all(len(found) >= MADE for found in asked.values()):
            break
    mixed = chain.from_iterable(zip_longest(asked["facts"], asked["qa"]))
    return [question for question in mixed if question][:MADE]


def _question(chunk: Chunk) -> str:
    """Return a question that a chunk answers: a QA chunk's own, or one for a fact of its company and year."""
    rows = chunk.text.splitlines()
    if chunk.metadata.get("kind") == "qa":
        first = rows[0].strip() if rows else ""
        return first if first.endswith("?") and len(first) <= _QUESTION_CHARS else ""
    company, year = chunk.metadata.get("company"), chunk.metadata.get("fiscal_year")
    for row in rows:
        label, colon, value = row.partition(": ")
        item = re.sub(rf"^{re.escape(str(company))} {re.escape(str(year))}년 (?:(?:연결|별도) )?", "", label)
        if colon and company and year and item != label and len(item) <= _LABEL_CHARS and re.search(r"\d", value):
            asks = next((word for unit, word in _COUNTED.items() if value.rstrip().endswith(unit)), "얼마인가요?")
            return f"{company}의 {year}년 {josa(item, '은/는')} {asks}"
    return ""

