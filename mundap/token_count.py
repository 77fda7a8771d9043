"""Exact token counts with a model's own tokenizer.json; loads neither the model nor transformers.

A count includes the special tokens the tokenizer adds around one text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from mundap.errors import MissingExtra, ModelError

Count = Callable[[str], int]
_REMEMBERED_CHARS = 2000  # longer texts are counted once each; keeping them would only fill memory


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

    def measure(text: str) -> int:
        return len(tokenizer.encode(text).ids)

    remembered = lru_cache(maxsize=65536)(measure)
    return lambda text: remembered(text) if len(text) <= _REMEMBERED_CHARS else measure(text)


def tokenizer_file(model: Path) -> Path:
    """Return the tokenizer.json of a model folder, or the path itself when it names a JSON file."""
    return model if model.suffix == ".json" else model / "tokenizer.json"
