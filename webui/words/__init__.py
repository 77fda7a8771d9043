"""The page's words in each language: YAML files, one a part of the page, the same keys in every language.

    say = words("ko")
    say("ask.send")                  # webui/words/ko/ask.yaml, key `send`
    say("ask.too_long", most=500)    # "질문은 {most}자까지 쓸 수 있습니다."

Documents and answers stay in their own language; only what the page itself says is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

LANGUAGES = ("ko", "en")   # the first is the one for everybody else
COOKIE = "mundap_language"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """One language's words; called with a key, it returns the text with its {places} filled."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **places: object) -> str:
        """Return a text; an unknown key or a place left empty is a KeyError, since it is a fault of ours."""
        text = self.texts[key]
        return text.format(**places) if places else text

    def known(self, key: str, otherwise: str) -> str:
        """Return a text, or another one where there is none: for names that come from recipes and documents."""
        return self.texts.get(key, otherwise)


@cache
def words(language: str) -> Words:
    """Return a language's words.

    Raises:
        KeyError: it is none of LANGUAGES.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    texts: dict[str, str] = {}
    for file in sorted((_FOLDER / language).glob("*.yaml")):
        for key, text in _flat(yaml.safe_load(file.read_text(encoding="utf-8")) or {}):
            texts[f"{file.stem}.{key}"] = text
    return Words(language, texts)


def language_of(accepted: str, chosen: str = "") -> str:
    """Return the language for a browser: the one chosen on the page, else the first it accepts that there is.

    accepted is an Accept-Language header: "en-US,en;q=0.9,ko;q=0.8". A browser that names none of ours reads Korean.
    """
    if chosen in LANGUAGES:
        return chosen
    weighed = []
    for at, part in enumerate(accepted[:1000].split(",")):
        tag, _, weight = part.partition(";")
        name = tag.strip().split("-")[0].lower()
        if name in LANGUAGES:
            weighed.append((-_weight(weight), at, name))
    return min(weighed)[2] if weighed else LANGUAGES[0]


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


def _flat(given: Mapping[str, object], head: str = "") -> list[tuple[str, str]]:
    """Return (dotted key, text) of nested mappings."""
    out: list[tuple[str, str]] = []
    for key, value in given.items():
        if isinstance(value, Mapping):
            out += _flat(value, f"{head}{key}.")
        else:
            out.append((f"{head}{key}", str(value)))
    return out
