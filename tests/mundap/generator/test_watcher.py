"""What is looked at after every token, driven with scripted ids instead of a model."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mundap.generator.watcher import Watcher

EOS = 1


def feed(watcher: Watcher, *rows: list[int]) -> list[list[bool]]:
    """Hand the rows over token by token, as generate() would; return what the watcher said after each."""
    import torch  # here, since collecting the tests need not wait for it

    return [watcher(torch.tensor([row[: step + 1] for row in rows]), None).tolist() for step in range(len(rows[0]))]


def ids_of(tokenizer: Any, text: str) -> list[int]:
    """Return the ids of text, with no special tokens."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


@pytest.mark.parametrize("text", ["답은 12원", "똠방각하 🙂 끝", "힣\n가나다"])
def test_streamed_pieces_are_whole_characters_and_join_to_the_text(tokenizer: Any, text: str) -> None:
    pieces: list[str] = []
    watcher = Watcher(tokenizer, [[2]], frozenset({EOS}), (), cancelled=threading.Event(), on_delta=pieces.append)
    feed(watcher, [*ids_of(tokenizer, text), EOS])
    [generation] = watcher.finish()
    assert "".join(pieces) == generation.text == text
    assert not any("\ufffd" in piece for piece in pieces)
    assert generation.finish_reason == "stop"


def test_bytes_that_never_become_a_character_are_still_reported_at_the_end(tokenizer: Any) -> None:
    pieces: list[str] = []
    watcher = Watcher(tokenizer, [[2]], frozenset({EOS}), (), cancelled=threading.Event(), on_delta=pieces.append)
    feed(watcher, [*ids_of(tokenizer, "가"), 4 + 0xEA])
    [generation] = watcher.finish()
    assert pieces == ["가", "\ufffd"]
    assert "".join(pieces) == generation.text
    assert generation.finish_reason == "length"


def test_a_stop_string_ends_its_row_only_and_none_of_it_is_streamed(tokenizer: Any) -> None:
    ids = ids_of(tokenizer, "답\n# 1\n###지시")
    pieces: list[str] = []
    watcher = Watcher(tokenizer, [[2]], frozenset({EOS}), ("\n###",), cancelled=threading.Event(),
                      on_delta=pieces.append)
    said = feed(watcher, ids)
    [generation] = watcher.finish()
    assert said.index([True]) == len(ids_of(tokenizer, "답\n# 1\n###")) - 1
    assert generation.text == "".join(pieces) == "답\n# 1"
    assert generation.finish_reason == "stop"


def test_each_row_ends_for_its_own_reason_and_padding_after_it_is_not_counted(tokenizer: Any) -> None:
    first, second = ids_of(tokenizer, "가나다라"), [*ids_of(tokenizer, "가"), EOS, 0, 0]
    watcher = Watcher(tokenizer, [[2, 5], [2]], frozenset({EOS}), (), cancelled=threading.Event())
    said = feed(watcher, first, second)
    assert said == [[False, False], [False, True], [False, True], [False, True]]
    one, two = watcher.finish()
    assert (one.text, one.finish_reason, one.completion_tokens, one.prompt_tokens) == ("가나다라", "length", 4, 2)
    assert (two.text, two.finish_reason, two.completion_tokens, two.prompt_tokens) == ("가", "stop", 2, 1)


def test_a_cancel_ends_every_row_at_the_next_token(tokenizer: Any) -> None:
    import torch

    cancelled = threading.Event()
    watcher = Watcher(tokenizer, [[2]], frozenset({EOS}), (), cancelled=cancelled)
    ids = ids_of(tokenizer, "가나")
    assert feed(watcher, ids[:1]) == [[False]]
    cancelled.set()
    assert watcher(torch.tensor([ids]), None).tolist() == [True]
    assert watcher.finish()[0].finish_reason == "cancelled"
    assert watcher.finish()[0].text == "가나"
