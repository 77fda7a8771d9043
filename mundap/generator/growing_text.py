"""The text of a token sequence that grows one token at a time: whole characters only, and never taken back.

Decoding all ids again at each step would not do: a byte-fallback tokenizer decodes a run of bytes as a whole, so that
one bad byte turns characters already shown into replacement marks. Here what has been given out stays, in streams and
in batches alike, so that both give the same text.

Source: the two offsets of text-generation-inference `Model.decode_token` (Apache-2.0), which vLLM uses too.
"""

from __future__ import annotations

from typing import Any

INCOMPLETE = "\ufffd"  # what a tokenizer decodes the first bytes of a character to


class GrowingText:
    """Token ids and their text so far."""

    def __init__(self, tokenizer: Any) -> None:
        self.ids: list[int] = []
        self.text = ""
        self._tokenizer = tokenizer
        self._context = 0  # ids from here to _read give the next token its surroundings (is there a space before it?)
        self._read = 0  # ids up to here are in text

    def add(self, token: int) -> int:
        """Take one more token; return how many characters the text grew by (0 inside a character)."""
        self.ids.append(token)
        return self._grow(final=False)

    def end(self) -> int:
        """Take what is left, bytes that never became a character included; return how many characters were added."""
        return self._grow(final=True)

    def _grow(self, *, final: bool) -> int:
        before = self._decode(self.ids[self._context: self._read])
        now = self._decode(self.ids[self._context:])
        if len(now) <= len(before) or (now.endswith(INCOMPLETE) and not final):
            return 0
        self.text += now[len(before):]
        self._context, self._read = self._read, len(self.ids)
        return len(now) - len(before)

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))
