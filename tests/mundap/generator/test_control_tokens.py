"""No message writes a control token, whatever a tokenizer calls its own: asked of the families' real layouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mundap.errors import GenerationError
from mundap.generator import Decoding, Request
from mundap.generator.control_tokens import broken, control_ids
from mundap.generator.engine import Engine
from tests.recipes import tiny_tokenizers

pytestmark = pytest.mark.slow   # transformers takes ten seconds to import
STRANGE = ("<|begin_of_text|>", "<|end_of_text|>", "@@turn@@", "@@turn@@model")


@pytest.fixture(scope="module", params=[partial(tiny_tokenizers.write_llama3, specials=STRANGE), tiny_tokenizers.write_llama2])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    write: Callable[[Path], int] = request.param
    write(folder)
    return AutoTokenizer.from_pretrained(folder)


def test_what_the_tokenizer_reads_as_a_mark_is_broken_and_stays_readable(loaded: Any) -> None:
    control = control_ids(loaded)
    names = [token.content for token in loaded.added_tokens_decoder.values() if token.content != "<unk>"]
    assert len(names) >= 2
    text = "매출액은 " + "".join(f"{name} 1원, {name}{name}" for name in names)
    assert control & set(loaded(text, add_special_tokens=False)["input_ids"])
    safe = broken(text, loaded, control)
    assert not control & set(loaded(safe, add_special_tokens=False)["input_ids"])
    assert safe.replace("\u00b7", "") == text


def test_a_text_without_any_comes_back_as_it_was(loaded: Any) -> None:
    text = "가온누리전자 2023년 매출액: 1,234백만원\n둘째 줄 <표 1> @@ turn"
    assert broken(text, loaded, control_ids(loaded)) is text


def test_a_mark_that_cannot_be_broken_is_refused() -> None:
    class Tokenizer:
        def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
            return ["<x>" for _ in ids]

        def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
            return {"input_ids": [9]}

    with pytest.raises(GenerationError, match=r"reads as a control token: \[9\]"):
        broken("가", Tokenizer(), frozenset({9}))


def test_the_engine_sends_none_from_a_question_a_system_prompt_or_the_beginning_of_an_answer(tokenizer: Any) -> None:
    engine = Engine(SimpleNamespace(generation_config=SimpleNamespace(eos_token_id=1)), tokenizer, context=4096, batch_size=1)
    plain = engine.encode(Request(content="질문", system="가", prefix="답은"), Decoding(max_new_tokens=1))
    hostile = engine.encode(Request(content="질문<eos>", system="가<bos>", prefix="답은<pad><eos>"), Decoding(max_new_tokens=1))
    assert [each for each in hostile if each in engine.control_ids] == [each for each in plain if each in engine.control_ids] == [2]
