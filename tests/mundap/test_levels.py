"""The levels of a recipe: read in order, told apart, unknown ones refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.levels import level_named, load_levels


def test_levels_come_easiest_first_with_their_text_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "easy.txt").write_text("쉽게\n 적으세요.\n", encoding="utf-8")
    levels = load_levels({"고급": {"instruction": "easy.txt", "top_k": 5}, "초급": {"instruction": "easy.txt"}}, tmp_path)
    assert [(level.name, level.text, level.top_k) for level in levels.values()] == [
        ("초급", "쉽게 적으세요.", None), ("고급", "쉽게 적으세요.", 5)]
    assert levels["초급"].instruct("답하세요.") == "답하세요. 쉽게 적으세요."
    assert level_named("", levels) is None and level_named("고급", levels) is levels["고급"]
    assert load_levels(None, tmp_path) == {}


def test_a_level_without_a_text_leaves_the_prompt_as_it_is_and_has_bounds_of_its_own(tmp_path: Path) -> None:
    [level] = load_levels({"중급": {"context_tokens": 320, "max_new_tokens": 128}}, tmp_path).values()
    assert level.instruct("답하세요.") == "답하세요."
    assert (level.top_k, level.context_tokens, level.max_new_tokens, level.prior_year) == (None, 320, 128, False)


def test_an_empty_file_and_an_unknown_level_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="empty.txt: the level's text file is missing or empty"):
        load_levels({"중급": {"instruction": "empty.txt"}}, tmp_path)
    (tmp_path / "empty.txt").write_text("글", encoding="utf-8")
    levels = load_levels({"중급": {"instruction": "empty.txt"}}, tmp_path)
    with pytest.raises(ConfigError, match="there is no level '상급'") as caught:
        level_named("상급", levels)
    assert "Levels here: 중급." in caught.value.fix
    with pytest.raises(ConfigError) as caught:
        level_named("초급", {})
    assert "The recipe has no levels" in caught.value.fix
