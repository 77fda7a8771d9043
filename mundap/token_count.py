"""Exact token counts with a model's own tokenizer.json; loads neither the model nor transformers.

A count includes the special tokens the tokenizer adds around one text. Where the tokenizer provably cuts a text at blanks
first, a text's count is that of its words, and each word is counted once: see `WordCount`. Any other tokenizer encodes
every text whole.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from mundap.errors import MissingExtra, ModelError

Count = Callable[[str], int]
_REMEMBERED_CHARS = 2000   # longer texts are counted once each; keeping them would only fill memory
_REMEMBERED_WORDS = 300_000  # bounds memory; figures are seldom met twice, so that the words are forgotten now and then
_PLAIN_CHARS = "".join(map(chr, (*range(0x21, 0x7F), *range(0xAC00, 0xD7A4))))  # printable ASCII and Hangul syllables
_PLAIN = re.compile("[!-~가-힣]+")
_ONE_CHARACTER = re.compile(r"\[(?!\^)(?:\\.|[^\]\[\\])+\]", re.DOTALL)  # a class of characters and nothing more
_BLANKS = "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())  # where str.split() cuts
_LOCAL_FORMS = ("NFC", "NFD", "NFKC", "NFKD")


@lru_cache(maxsize=8)
def token_counter(model: Path) -> Count:
    """Return a function from text to its number of tokens, with the tokenizer of a model folder (or a tokenizer.json).

    Raises:
        ModelError: there is no readable tokenizer.json.
        MissingExtra: the tokenizers library is not installed.
    """
    file = tokenizer_file(model)
    if not file.is_file():
        raise ModelError("there is no tokenizer.json here to count tokens with.", where=str(file),
                         fix="Unpack the starter models with: mundap models\n"
                             "or name another model folder under chunks.tokenizer in data.yaml.")
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra("Counting tokens", "rag", "tokenizers") from error
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises a bare Exception for a malformed file
        raise ModelError(f"the tokenizer cannot be read: {error}", where=str(file),
                         fix="Unpack the starter models again with: mundap models") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    shape = json.loads(file.read_text(encoding="utf-8"))
    return WordCount(tokenizer, shape) if cuts_at_blanks(tokenizer, shape) else _whole(tokenizer)


def tokenizer_file(model: Path) -> Path:
    """Return the tokenizer.json of a model folder, or the path itself when it names a JSON file."""
    return model if model.suffix == ".json" else model / "tokenizer.json"


def cuts_at_blanks(tokenizer: Any, shape: Mapping[str, Any]) -> bool:
    """Return whether the tokens of a text are those of its words; shape is the content of tokenizer.json.

    True only where every step is known to stop at a blank: normalisers that look at one character or at a composed one,
    a pre-tokenizer that first cuts at white space, a model without chance, special tokens around the whole. A blank that
    the normaliser would join two words over makes it False.
    """
    steps = _sequence(shape.get("normalizer"), "normalizers")
    cutting = _sequence(shape.get("pre_tokenizer"), "pretokenizers")
    around = (shape.get("post_processor") or {}).get("type")
    return (all(_is_local(step) for step in steps)
            and [step["type"] for step in cutting] in (["WhitespaceSplit"], ["WhitespaceSplit", "Metaspace"])
            and all(step.get("prepend_scheme", "always") == "always" and step.get("split", True)
                    for step in cutting if step["type"] == "Metaspace")
            and not shape["model"].get("dropout")
            and around in (None, "TemplateProcessing", "RobertaProcessing", "BertProcessing")
            and not any(set(token["content"]) & set(_BLANKS) for token in shape.get("added_tokens", ()))
            and _same_pieces(tokenizer, "가 나", "가\n나") and _same_pieces(tokenizer, "가 나", "가\n\n \t나")
            and len(_pieces(tokenizer, "가 나")) == len(_pieces(tokenizer, "가")) + len(_pieces(tokenizer, "나")))


def _sequence(step: Mapping[str, Any] | None, name: str) -> list[Mapping[str, Any]]:
    if step is None:
        return []
    return [one for inner in step[name] for one in _sequence(inner, name)] if step["type"] == "Sequence" else [step]


def _is_local(step: Mapping[str, Any]) -> bool:
    """Return whether a normaliser cannot carry anything over a blank."""
    if step["type"] != "Replace":
        return step["type"] in _LOCAL_FORMS
    pattern = step["pattern"]
    if "String" in pattern:
        return len(pattern["String"]) == 1
    return pattern.get("Regex") == " {2,}" and step["content"] == " " or bool(
        _ONE_CHARACTER.fullmatch(pattern.get("Regex", "")))


def _pieces(tokenizer: Any, text: str) -> list[int]:
    found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return found


def _same_pieces(tokenizer: Any, one: str, other: str) -> bool:
    return _pieces(tokenizer, one) == _pieces(tokenizer, other)


def _whole(tokenizer: Any) -> Count:
    """Return a function that encodes every text whole, and remembers the short ones."""

    def measure(text: str) -> int:
        return len(tokenizer.encode(text).ids)

    remembered = lru_cache(maxsize=65536)(measure)
    return lambda text: remembered(text) if len(text) <= _REMEMBERED_CHARS else measure(text)


class WordCount:
    """Counts a text as the special tokens plus the sum over its words: exact where `cuts_at_blanks` holds.

    A word of printable ASCII and Hangul is given to the model as it is where the normaliser leaves those characters
    alone; any other word is encoded. A text with a character that blank-cutting and the tokenizer see differently (a
    vertical tab the normaliser deletes), with a special token's own text, or with a word that begins with a combining
    mark is encoded whole.
    """

    def __init__(self, tokenizer: Any, shape: Mapping[str, Any]) -> None:
        self._tokenizer = tokenizer
        self._around = len(tokenizer.encode("").ids)
        self._odd_blanks = frozenset(
            blank for blank in _BLANKS if not _same_pieces(tokenizer, f"가{blank}나", "가 나"))
        self._added = [token["content"] for token in shape.get("added_tokens", ())]
        self._model = tokenizer.model
        normalizer = tokenizer.normalizer
        self._direct = normalizer is None or normalizer.normalize_str(_PLAIN_CHARS) == _PLAIN_CHARS
        cutting = _sequence(shape["pre_tokenizer"], "pretokenizers")
        self._start = cutting[-1].get("replacement", "▁") if cutting[-1]["type"] == "Metaspace" else ""
        self._words = _Words(self._word)
        self._recent = lru_cache(maxsize=4096)(self._measure)  # a line is asked for by fit and pack, a chunk by both

    def __call__(self, text: str) -> int:
        """Return the number of tokens of a text, special tokens included."""
        return self._recent(text) if len(text) <= _REMEMBERED_CHARS else self._measure(text)

    def _measure(self, text: str) -> int:
        if any(blank in text for blank in self._odd_blanks):
            return len(self._tokenizer.encode(text).ids)
        if len(self._words) > _REMEMBERED_WORDS:
            self._words.clear()
        try:
            return self._around + sum(map(self._words.__getitem__, text.split()))
        except _NotByWord:
            return len(self._tokenizer.encode(text).ids)

    def _word(self, word: str) -> int:
        if any(token in word for token in self._added) or unicodedata.combining(word[0]):
            raise _NotByWord
        if self._direct and _PLAIN.fullmatch(word):
            return len(self._model.tokenize(self._start + word))
        return len(_pieces(self._tokenizer, word))


class _NotByWord(Exception):
    """A word whose tokens may depend on its neighbours."""


class _Words(dict[str, int]):
    """Word -> its number of tokens, found out when first asked."""

    def __init__(self, measure: Callable[[str], int]) -> None:
        super().__init__()
        self._measure = measure

    def __missing__(self, word: str) -> int:
        self[word] = found = self._measure(word)
        return found
