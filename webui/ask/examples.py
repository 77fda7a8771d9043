"""The questions offered on the page: the recipe's own, or else ones made from the index's facts and questions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain, islice, zip_longest
from typing import Any

from mundap.chunk import Chunk
from mundap.korean import josa

MADE = 4               # questions made when the recipe names none
_LOOKED_AT = 5_000     # chunks of a large index that are looked at
_QUESTION_CHARS = 45
_COUNTED = {"명": "몇 명인가요?", "개": "몇 개인가요?", "주": "몇 주인가요?", "%": "몇 %인가요?"}


def questions(recipe: Mapping[str, Any], chunks: Iterable[Chunk]) -> list[str]:
    """Return the recipe's web.examples, or questions the index can answer: by turns about a company and of a QA chunk.

    A company's question asks for its item with the shortest name that no other company's asks for: 매출액, 자본금, …
    """
    own = [str(example) for example in recipe.get("web", {}).get("examples") or []]
    if own:
        return own
    facts: dict[str, list[tuple[str, str]]] = {}
    asked: dict[str, str] = {}
    for chunk in islice(chunks, _LOOKED_AT):
        if chunk.metadata.get("kind") == "facts":
            facts.setdefault(str(chunk.metadata.get("company")), []).extend(_facts(chunk))
        elif chunk.metadata.get("kind") == "qa":
            first = chunk.text.partition("\n")[0].strip()
            if first.endswith("?") and len(first) <= _QUESTION_CHARS:
                asked.setdefault(str(chunk.metadata.get("section")), first)
    mixed = chain.from_iterable(zip_longest(_one_each(facts), islice(asked.values(), MADE)))
    return [question for question in mixed if question][:MADE]


def _one_each(facts: Mapping[str, list[tuple[str, str]]]) -> list[str]:
    """Return one question a company, of the first few, no item twice while there are others."""
    used: set[str] = set()
    made = []
    for pairs in islice(filter(None, facts.values()), MADE):
        item, question = min(pairs, key=lambda pair: (pair[0] in used, len(pair[0])))
        used.add(item)
        made.append(question)
    return made


def _facts(chunk: Chunk) -> list[tuple[str, str]]:
    """Return (item, question) for each fact line `{company} {year}년 {item}: {value}` of a chunk, in its order."""
    company, year = chunk.metadata.get("company"), chunk.metadata.get("fiscal_year")
    subject = re.escape(f"{company} {year}년 ")
    head = re.compile(rf"^{subject}(?:(?:연결|별도) )?(?P<item>[^:]+): (?P<value>.*\d.*)$")
    found = []
    for row in chunk.text.splitlines():
        fact = head.match(row.strip())
        if fact:
            asks = next((word for unit, word in _COUNTED.items() if fact["value"].endswith(unit)), "얼마인가요?")
            question = f"{company}의 {year}년 {josa(fact['item'], '은/는')} {asks}"
            found += [(fact["item"], question)] if len(question) <= _QUESTION_CHARS else []
    return found
