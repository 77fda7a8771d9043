"""What a domain's terms mean in plain words: a file people write, shown beside an answer and never part of it.

    terms.yaml    매출액: 물건이나 서비스를 팔아 번 돈

The file holds no digit: an answer's figures come from its passages alone. data.yaml and rag.yaml name the same file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from mundap.errors import ConfigError
from mundap.korean import nfc
from mundap.paths import resolve, show

MOST = 3   # terms told beside one answer; more would be a dictionary
# What may follow a term within its own word; any other letter makes it part of another word (자본금 in 자본금액).
_ENDING = ("은|는|이|가|을|를|의|에|과|와|도|만|로|으로|란|이란|인|이나|나|이며|이고|이라|라|입니다|에서|에는|에도|보다|까지|부터"
           "|에게|께|마다|이므로|이라고|라고|이라는|라는|으로서|로서|으로써|로써|인데|이지만|이다|였습니다|이었습니다|처럼|만큼|이자|등")


def load_terms(name: str | None, project: Path) -> dict[str, str]:
    """Return the terms with their meanings; empty without a file.

    Raises:
        ConfigError: the file is missing, no list of `term: meaning`, or an entry is empty or holds a digit.
    """
    if not name:
        return {}
    file = resolve(name, project)
    if not file.is_file():
        raise ConfigError("there is no such file.", where=show(file, project), fix="Fix the recipe's `terms`, or add the file.")
    found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    if not isinstance(found, dict):
        raise ConfigError("the file must hold `name: value` lines.", where=show(file, project), fix="Write one entry a line.")
    for term, meaning in found.items():
        if not isinstance(meaning, str) or not meaning.strip() or any(letter.isdigit() for letter in f"{term}{meaning}"):
            raise ConfigError(f"the meaning of {term!r} must be words without digits.", where=show(file, project),
                              fix="Write it so: 매출액: 물건이나 서비스를 팔아 번 돈")
    return {nfc(str(term)): " ".join(nfc(meaning).split()) for term, meaning in found.items()}


def explain(text: str, terms: Mapping[str, str], most: int = MOST) -> tuple[tuple[str, str], ...]:
    """Return up to `most` (term, meaning) of the terms that stand in a text, in its order, unless it explains them itself.

    A term counts as a word of its own, blanks within it aside: neither 유동자산 in 비유동자산 nor 매출 in 매출원가.
    """
    left = nfc(text)
    found: list[tuple[int, str]] = []
    for term in sorted(terms, key=len, reverse=True):
        match = _pattern(term).search(left)
        if match is None:
            continue
        if not holds_meaning(text, terms[term]):
            found.append((match.start(), term))
        # what stands within this one is told with it: 매출채권 in "매출채권 및 기타채권"
        left = _pattern(term).sub(lambda hit: "\0" * len(hit[0]), left)
    return tuple((term, terms[term]) for _, term in sorted(found)[:most])


def holds_meaning(text: str, meaning: str) -> bool:
    """Return whether a text explains a term itself, in the glossary's words."""
    return _squeeze(meaning) in _squeeze(text)


@lru_cache(maxsize=4096)
def _pattern(term: str) -> re.Pattern[str]:
    letters = r"\s?".join(map(re.escape, term.replace(" ", "")))
    return re.compile(rf"(?<![가-힣A-Za-z]){letters}(?=(?:{_ENDING})?(?![가-힣A-Za-z]))")


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", nfc(text))
