"""What an augmentation may not touch: figures, dates, articles, codes, Latin words, quoted text, and the names asked about.

Names are the words of the question that its answer, its gold line or its name columns hold: 가온누리전자의, 매출액은.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mundap.grounding import claims
from mundap.korean import nfc
from pipelines.quality.ngrams import bare, stem

NAME_COLUMNS = ("company", "item", "category")
_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[.,\-/·][A-Za-z0-9]+)*|「[^」]*」|“[^”]*”|\"[^\"]*\"|‘[^’]*’|'[^']*'|\([^()]*\)")
_WORD = re.compile(r"\S+")


def names(question: str, record: Mapping[str, Any]) -> frozenset[str]:
    """Return the stems of a question's words that name what it asks about."""
    columns = [str(record.get(column) or "") for column in NAME_COLUMNS]
    told = bare(" ".join([str(record.get("output") or ""), str(record.get("gold_line") or ""), *columns]))
    found = set()
    for word in nfc(question).split():
        core = bare(stem(word))
        if len(core) > 1 and (core in told or any(core in bare(column) for column in columns)):
            found.add(core)
    return frozenset(found)


def free_words(question: str, kept: frozenset[str]) -> list[tuple[int, int]]:
    """Return where the words stand that may be changed: (start, end), names and anything with a figure left out."""
    taken = [claim.span for claim in claims(question)] + [match.span() for match in _PLAIN.finditer(question)]
    return [match.span() for match in _WORD.finditer(question)
            if bare(stem(match[0])) not in kept
            and not any(match.start() < end and start < match.end() for start, end in taken)]


def unchanged(before: str, after: str, kept: frozenset[str]) -> bool:
    """Return whether a changed question states the same figures, dates and codes, and still holds every name."""
    return _stated(before) == _stated(after) and all(name in bare(after) for name in kept) and \
        re.findall(r"\d+", before) == re.findall(r"\d+", after)


def _stated(text: str) -> list[tuple[object, ...]]:
    return [(claim.kind, claim.value, claim.unit, claim.parts) for claim in claims(text)]
