"""Errors say what, where and how to fix it."""

from __future__ import annotations

import inspect

import pytest

import mundap.errors
from mundap.errors import ConfigError, MissingExtra, MundapError, closest

CHILDREN = [found for _, found in inspect.getmembers(mundap.errors, inspect.isclass)
            if issubclass(found, MundapError) and found is not MundapError]


def test_the_text_word_for_word() -> None:
    error = ConfigError("'faqs' is not registered.", where="configs/a.yaml: dataset", fix="Did you mean 'faq'?\nFix the name.")
    assert str(error) == ("configs/a.yaml: dataset: 'faqs' is not registered.\n"
                          "  Did you mean 'faq'?\n  Fix the name.")
    assert (error.what, error.where) == ("'faqs' is not registered.", "configs/a.yaml: dataset")
    assert str(MundapError("it broke.")) == "it broke."


def test_a_missing_extra_names_the_feature_and_the_command() -> None:
    error = MissingExtra("Korean morphological analysis", "rag", "kiwipiepy")
    assert str(error) == ("Korean morphological analysis needs the package 'kiwipiepy', which is not installed.\n"
                          '  Install it with: pip install "mundap[rag]"')


@pytest.mark.parametrize("kind", CHILDREN)
def test_every_error_is_in_the_drawn_tree_and_exits_with_1(kind: type[MundapError]) -> None:
    assert f"── {kind.__name__} " in str(mundap.errors.__doc__)
    assert kind.exit_code == 1


def test_the_closest_name_is_offered_and_a_far_one_is_not() -> None:
    assert closest("learning_rte", ["learning_rate", "stage"]) == "Did you mean 'learning_rate'? "
    assert closest("엉뚱한것", ["learning_rate"]) == ""
    assert closest("x", []) == ""
