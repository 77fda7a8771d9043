"""The page's words for what the code names in English: verdicts, filters, retrievers, timings, errors, reasons.

The words themselves are in words/*/answer.yaml; this knows which of them is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mundap.errors import MundapError
from webui.words import Words

# rag.checks.verify gives a sentence's failure in English; a reason it words otherwise is shown as it is.
_REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(?P<quoted>['\"].*['\"]) stands in no passage$"), "not_there"),
    (re.compile(r"^the figure stands in the passage, but for something else"), "other_item"),
    (re.compile(r"^the figure is not of (?P<quoted>['\"].*['\"])$"), "other_name"),
    (re.compile(r"^it does not give the figure asked for$"), "figure_missing"),
    (re.compile(r"^it gives the figure of one of the years"), "figures_missing"),
    (re.compile(r"^no passage supports the sentence$"), "unsupported"),
    (re.compile(r"^(?P<quoted>.+) says something else$"), "contradicted"),
    (re.compile(r"^it asks, where an answer"), "asking"),
    (re.compile(r"^it repeats the prompt's own instruction$"), "instruction"),
    (re.compile(r"^it writes markup$"), "markup"),
)


def part(words: Words, head: str) -> Mapping[str, str]:
    """Return a part of the words by its last key: part(words, "answer.fields")["company"]."""
    start = f"{head}."
    return {key.removeprefix(start): text for key, text in words.texts.items() if key.startswith(start)}


def status(name: str, words: Words) -> str:
    """Return a verdict."""
    return words.known(f"answer.status.{name}", name)


def filter_name(name: str, words: Words) -> str:
    """Return a metadata field's name; the field itself where there is none."""
    return words.known(f"answer.fields.{name}", name)


def level(name: str, words: Words) -> str:
    """Return a level's name."""
    return words.known(f"answer.levels.{name}", name)


def retriever(name: str, words: Words) -> str:
    """Return who found a hit: "dense+bm25" is "의미 검색, 단어 검색"."""
    return ", ".join(words.known(f"answer.retrievers.{one}", one) for one in name.split("+"))


def error_title(error: MundapError, words: Words) -> str:
    """Return the heading of an error's message box, of the nearest kind there are words for."""
    kinds = (f"answer.errors.{kind.__name__}" for kind in type(error).__mro__)
    return next((words.texts[key] for key in kinds if key in words.texts), words("answer.errors.other"))


def reason(text: str, words: Words) -> str:
    """Return why a sentence was taken out."""
    for pattern, key in _REASONS:
        found = pattern.match(text)
        if found:
            return words(f"answer.reasons.{key}", **found.groupdict())
    return text
