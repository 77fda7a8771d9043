"""Text that grows token by token: whole characters, never taken back."""

from __future__ import annotations

from typing import Any

import pytest

from mundap.generator.growing_text import GrowingText

BYTE_0 = 4  # the id of <0x00> in the tiny tokenizer


def byte_ids(text: str) -> list[int]:
    """Return text as byte tokens."""
    return [BYTE_0 + byte for byte in text.encode()]


def grow(tokenizer: Any, ids: list[int]) -> list[str]:
    """Return the text after each token, and after the end."""
    growing, seen = GrowingText(tokenizer), []
    for token in ids:
        growing.add(token)
        seen.append(growing.text)
    growing.end()
    return [*seen, growing.text]


def test_a_character_of_three_bytes_appears_with_the_third(tokenizer: Any) -> None:
    assert grow(tokenizer, byte_ids("똠")) == ["", "", "똠", "똠"]


def test_a_bad_byte_does_not_take_back_what_was_shown(tokenizer: Any) -> None:
    ids = [*byte_ids("똠a"), BYTE_0 + 0xFF, *tokenizer("가", add_special_tokens=False)["input_ids"]]
    assert "\ufffd" * 4 in tokenizer.decode(ids)  # all of the run, when it is decoded at once
    assert grow(tokenizer, ids) == ["", "", "똠", "똠a", "똠a", "똠a\ufffd가", "똠a\ufffd가"]


@pytest.mark.parametrize("text", ["답은 12원, 즉 34원이다.", " 가  나\n\n다 ", "🙂 똠방각하 end"])
def test_ordinary_text_comes_out_as_the_tokenizer_decodes_it(tokenizer: Any, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    seen = grow(tokenizer, list(ids))
    assert seen[-1] == text == tokenizer.decode(ids)
    assert all(after.startswith(before) for before, after in zip(seen, seen[1:], strict=False))
