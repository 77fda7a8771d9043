"""The page's words: the same keys and places in every language, every key the code names, and whose language is chosen."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from webui.words import LANGUAGES, language_of, words

PACKAGE = Path(__file__).resolve().parents[2] / "webui"


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)[^}]*\}", text))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_the_same(language: str) -> None:
    first, other = words(LANGUAGES[0]).texts, words(language).texts
    assert first.keys() == other.keys()
    assert [key for key in first if places(first[key]) != places(other[key])] == []


def named() -> set[str]:
    """Return every key that is written out in the code: words("ask.send") and its like."""
    keys: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
            if called in ("words", "say") and isinstance(node, ast.Call) and node.args:
                if isinstance(node.args[0], ast.Constant) and "." in str(node.args[0].value):
                    keys.add(str(node.args[0].value))
    return keys


def test_every_key_the_code_names_is_there() -> None:
    assert named() and named() - words("ko").texts.keys() == set()


@pytest.mark.parametrize(("accepted", "chosen", "language"), [
    ("", "", "ko"), ("ko-KR,ko;q=0.9,en;q=0.8", "", "ko"), ("en-US,en;q=0.9,ko;q=0.8", "", "en"), ("fr-FR,fr", "", "ko"),
    ("ko;q=0.2,en;q=0.7", "", "en"), ("en", "ko", "ko"), ("en", "xx", "en"), ("en;q=abc", "", "en"), ("," * 5000, "", "ko")])
def test_whose_language(accepted: str, chosen: str, language: str) -> None:
    assert language_of(accepted, chosen) == language
