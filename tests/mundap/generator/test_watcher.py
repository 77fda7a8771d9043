"""What is looked at after every token, driven with scripted ids instead of a model."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mundap.generator import Decoding
from mundap.generator.watcher import Watcher

EOS = 1
RULES = Decoding(stop_phrases=("이번에",), stop_repetition=True, stop_script=True)
SAID = "매출액은 12원입니다. [1]"


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
    watcher = Watcher(tokenizer, [[2]], frozenset({EOS}), Decoding(), cancelled=threading.Event(), on_delta=pieces.append)
    feed(watcher, [*ids_of(tokenizer, text), EOS])
    [generation] = watcher.finish()
    assert "".join(pieces) == generation.text == text
    assert not any("\ufffd" in piece for piece in pieces)
    assert generation.finish_reason == "stop"


def test_bytes_that_never_become_a_character_are_still_reported_at_the_end(tokenizer: Any) -> None:
    pieces: list[str] = []
    watcher = Watcher(tokenizer, [[2]], frozenset({EOS}), Decoding(), cancelled=threading.Event(), on_delta=pieces.append)
    feed(watcher, [*ids_of(tokenizer, "가"), 4 + 0xEA])
    [generation] = watcher.finish()
    assert pieces == ["가", "\ufffd"]
    assert "".join(pieces) == generation.text
    assert generation.finish_reason == "length"


def test_a_stop_string_ends_its_row_only_and_none_of_it_is_streamed(tokenizer: Any) -> None:
    ids = ids_of(tokenizer, "답\n# 1\n###지시")
    pieces: list[str] = []
    watcher = Watcher(tokenizer, [[2]], frozenset({EOS}), Decoding(stop=("\n###",)), cancelled=threading.Event(),
                      on_delta=pieces.append)
    said = feed(watcher, ids)
    [generation] = watcher.finish()
    assert said.index([True]) == len(ids_of(tokenizer, "답\n# 1\n###")) - 1
    assert generation.text == "".join(pieces) == "답\n# 1"
    assert generation.finish_reason == "stop"


def test_each_row_ends_for_its_own_reason_and_padding_after_it_is_not_counted(tokenizer: Any) -> None:
    first, second = ids_of(tokenizer, "가나다라"), [*ids_of(tokenizer, "가"), EOS, 0, 0]
    watcher = Watcher(tokenizer, [[2, 5], [2]], frozenset({EOS}), Decoding(), cancelled=threading.Event())
    said = feed(watcher, first, second)
    assert said == [[False, False], [False, True], [False, True], [False, True]]
    one, two = watcher.finish()
    assert (one.text, one.finish_reason, one.completion_tokens, one.prompt_tokens) == ("가나다라", "length", 4, 2)
    assert (two.text, two.finish_reason, two.completion_tokens, two.prompt_tokens) == ("가", "stop", 2, 1)


def test_a_cancel_ends_every_row_at_the_next_token(tokenizer: Any) -> None:
    import torch

    cancelled = threading.Event()
    watcher = Watcher(tokenizer, [[2]], frozenset({EOS}), Decoding(), cancelled=cancelled)
    ids = ids_of(tokenizer, "가나")
    assert feed(watcher, ids[:1]) == [[False]]
    cancelled.set()
    assert watcher(torch.tensor([ids]), None).tolist() == [True]
    assert watcher.finish()[0].finish_reason == "cancelled"
    assert watcher.finish()[0].text == "가나"


def run(tokenizer: Any, text: str, decoding: Decoding, prompt: str = "질문") -> tuple[Any, list[str], int]:
    """Return the generation of a scripted stream, its pieces, and how many tokens were generated until it was stopped."""
    pieces: list[str] = []
    watcher = Watcher(tokenizer, [ids_of(tokenizer, prompt)], frozenset({EOS}), decoding, cancelled=threading.Event(),
                      on_delta=pieces.append)
    said = feed(watcher, ids_of(tokenizer, text))
    return watcher.finish()[0], pieces, said.index([True]) + 1 if [True] in said else 0


@pytest.mark.parametrize(("tail", "rule"), [
    (" 이번에 새로 나온 상품은", "이번에"), (f" {SAID} 그리고 더", "매출액은 12원입니다. "),
    (" " + "가나다라마바사아" * 3 + "가", "가나다라마바사아" * 3),
    (" 이것은 продажи", "прода"), (" ประเทศไทย", "ประเท"),
])
def test_an_answer_that_runs_on_is_stopped_at_once_and_none_of_its_tail_is_streamed(tokenizer: Any, tail: str, rule: str) -> None:
    generation, pieces, tokens = run(tokenizer, SAID + tail, RULES)
    assert generation.text == "".join(pieces) == SAID and generation.finish_reason == "stop"
    told = SAID + tail[: tail.index(rule) + len(rule)]
    assert tokens == generation.completion_tokens == len(ids_of(tokenizer, told)) < len(ids_of(tokenizer, SAID + tail))
    assert run(tokenizer, SAID + tail, Decoding())[0].text == SAID + tail, "without rules it is as the model wrote it"


def test_the_first_sentence_streams_as_it_comes_and_is_cut_where_it_begins_to_loop(tokenizer: Any) -> None:
    generation, pieces, tokens = run(tokenizer, "답은 가나다라마바사아 가나다라마바사아 가나다라마바사아 가나", RULES)
    assert generation.text == "".join(pieces) == "답은 가나다라마바사아"
    assert len(pieces) > 4 and tokens == len("답은" + " 가나다라마바사아" * 3)


def test_a_script_of_the_prompt_stops_nothing(tokenizer: Any) -> None:
    text = f"{SAID} продажи"
    assert run(tokenizer, text, RULES, "질문: продажи 뜻은?")[0].text == text


def test_in_a_batch_the_rules_end_only_their_own_row(tokenizer: Any) -> None:
    loop = ids_of(tokenizer, SAID + " " + SAID + " ")
    other = ids_of(tokenizer, "이익은 34원이고 매출액은 그보다 많은 1234567원입니다. [2] 더")[: len(loop)]
    rows = [loop[: len(other)], other]
    watcher = Watcher(tokenizer, [[2], [2]], frozenset({EOS}), RULES, cancelled=threading.Event())
    said = feed(watcher, *rows)
    first, second = watcher.finish()
    assert (first.text, first.finish_reason) == (SAID, "stop") and [True, False] in said
    assert (second.text, second.finish_reason) == (tokenizer.decode(other), "length")
