"""The chat template writes the prompt that rows are trained on."""

from __future__ import annotations

import pytest

from mundap.starter import gguf_tokenizer


def render(messages: list[dict[str, str]]) -> str:
    sandbox = pytest.importorskip("jinja2.sandbox")
    environment = sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(gguf_tokenizer.TEMPLATE_FILE.read_text(encoding="utf-8"))
    return str(template.render(messages=messages, bos_token="<bos>", eos_token="<eos>", add_generation_prompt=True))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([("user", "a\n### 입력\nb")], "<bos>### 지시\na\n### 입력\nb\n### 출력\n"),
        ([("system", "s"), ("user", "a")], "<bos>s\n### 지시\na\n### 출력\n"),
        ([("system", ""), ("user", "a")], "<bos>### 지시\na\n### 출력\n"),
        ([("system", "s")], "<bos>s\n"),
        ([("user", "a"), ("assistant", "b")], "<bos>### 지시\na\n### 출력\nb<eos>"),
        ([("user", "a"), ("user", "b")], "<bos>### 지시\na\n### 출력\n### 지시\nb\n### 출력\n"),
        ([("user", " a\n"), ("assistant", "\nb ")], "<bos>### 지시\n a\n\n### 출력\n\nb <eos>"),
    ],
)
def test_chat_template(messages: list[tuple[str, str]], expected: str) -> None:
    assert render([{"role": role, "content": content} for role, content in messages]) == expected
