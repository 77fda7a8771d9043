"""The decoding of a call, and what stop strings do to a text."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from mundap.generator.decoding import Decoding, cut_at_stop, decoding_of, held_back


def test_a_generation_section_becomes_a_decoding_and_other_keys_are_left_alone() -> None:
    settings = {"generator": "local", "chat": "chat.yaml", "max_new_tokens": 96, "temperature": 0.0, "retries": 1,
                "stop": ["\n###"], "stop_phrases": ["이번에"], "stop_repetition": True}
    asked = Decoding(max_new_tokens=96, stop=("\n###",), stop_phrases=("이번에",), stop_repetition=True)
    assert decoding_of(settings) == asked and not asked.stop_script
    assert decoding_of(json.loads(json.dumps(asdict(asked)))) == asked, "as it crosses the worker's pipe"


@pytest.mark.parametrize("wrong", [{"max_new_tokens": 0}, {"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.5},
                                   {"repetition_penalty": 0.0}, {"stop": ("",)}, {"stop_phrases": ("",)}])
def test_a_value_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("_phrases", "")):
        Decoding(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "stop", "cut"), [
    ("답 1원\n### 지시", ("\n###",), ("답 1원", True)),
    ("가나다라", ("라", "나"), ("가", True)),  # the earliest rules, not the first named
    ("가나다라", ("마",), ("가나다라", False)),
    ("가나다라", (), ("가나다라", False)),
])
def test_text_is_cut_before_the_earliest_stop_string(text: str, stop: tuple[str, ...], cut: tuple[str, bool]) -> None:
    assert cut_at_stop(text, stop) == cut


@pytest.mark.parametrize(("text", "stop", "size"), [
    ("답\n#", ("\n###",), 2), ("답\n", ("\n###",), 1), ("답", ("\n###",), 0), ("답\n# ", ("\n###",), 0),
    ("", ("\n###",), 0), ("답", (), 0),
])
def test_what_may_begin_a_stop_string_is_held_back(text: str, stop: tuple[str, ...], size: int) -> None:
    assert held_back(text, stop) == size
