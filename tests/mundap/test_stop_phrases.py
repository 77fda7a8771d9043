"""Phrases that end an answer only where they begin a sentence after a complete one."""

from __future__ import annotations

import pytest

from mundap.stop_phrases import cut

PHRASES = ["이번에 새로 나온", "Este es", "이번엔", "이번에"]


@pytest.mark.parametrize(("text", "kept"), [
    ("제8조에 따르면 지급합니다. 이번에 새로 나온 상품은", "제8조에 따르면 지급합니다."),
    ("제8조에 따르면 지급합니다. [1] 이번엔 다른 이야기입니다.", "제8조에 따르면 지급합니다. [1]"),
    ("제8조에 따르면 지급합니다. [1][2]\nEste es el", "제8조에 따르면 지급합니다. [1][2]"),
    ("이번에 개정된 약관은 3월부터 시행합니다.", "이번에 개정된 약관은 3월부터 시행합니다."),
    ("회사는 이번에 개정된 약관을 보냅니다. [1]", "회사는 이번에 개정된 약관을 보냅니다. [1]"),
    ("연 2.75%입니다. 다만, 이번에 바뀝니다.", "연 2.75%입니다. 다만, 이번에 바뀝니다."),
])
def test_only_a_later_sentence_that_begins_with_a_phrase_is_cut(text: str, kept: str) -> None:
    assert cut(text, PHRASES) == kept
    assert cut(text, []) == text
