"""Presets and key=value words are laid over values: mappings merge, lists are replaced, null takes a key out."""

from __future__ import annotations

from typing import Any

import pytest

from mundap.errors import ConfigError
from mundap.overrides import merge, parse, put


@pytest.mark.parametrize(("word", "expected"), [
    ("lr=1e-4", (("lr",), 1e-4)),
    ("sources.0.path=/x y", (("sources", 0, "path"), "/x y")),
    ("eval_strategy=\"no\"", (("eval_strategy",), "no")),
    ("template=null", (("template",), None)),
    ("a.b=[1, 2]", (("a", "b"), [1, 2])),
    ("text=a=b", (("text",), "a=b")),
])
def test_words(word: str, expected: tuple[Any, Any]) -> None:
    assert parse(word) == expected


@pytest.mark.parametrize("word", ["lr", "=1", "--lr=1", "a..b=1"])
def test_words_that_are_no_override(word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(word)
    assert str(caught.value) == (f"command line: {word!r} is not key=value.\n"
                                 "  Write it like num_train_epochs=3 or sources.0.path=/data/x.csv.")


def test_merge_leaves_its_inputs_alone() -> None:
    below = {"a": {"b": 1, "c": [1, 2]}, "d": 4}
    assert merge(below, {"a": {"c": [3]}, "d": None, "e": 5}) == {"a": {"b": 1, "c": [3]}, "e": 5}
    assert below == {"a": {"b": 1, "c": [1, 2]}, "d": 4}


def test_put_reaches_into_lists_and_makes_mappings() -> None:
    values = {"sources": [{"path": "a"}]}
    assert put(values, ("sources", 0, "path"), "b") == {"sources": [{"path": "b"}]}
    assert put(values, ("sources", 1), {"path": "c"}) == {"sources": [{"path": "a"}, {"path": "c"}]}
    assert put(values, ("web", "port"), 1) == {"sources": [{"path": "a"}], "web": {"port": 1}}
    assert put(values, ("sources", 0), None) == {"sources": []}


def test_put_past_the_end_is_told() -> None:
    with pytest.raises(ConfigError) as caught:
        put({"sources": [1]}, ("sources", 5, "path"), "x")
    assert str(caught.value) == ("command line: sources.5.path cannot be set: sources is a list of 1.\n"
                                 "  Give a key, or a list index from 0, that the recipe has.")
