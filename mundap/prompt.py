"""The one prompt builder: what a row is trained on is, byte for byte, what the app sends.

    ### 지시
    {instruction}
    ### 입력
    [1] {head of passage 1}
    {its lines}

    질문: {question}
    ### 출력

LLaMA-Factory joins instruction, a newline and input before the template sees them, so the model folder's chat template
writes `### 지시` and `### 출력` and the builder puts `### 입력` at the head of input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mundap.foreign_text import neutralise, one_line

__all__ = ["INPUT_HEADER", "Passage", "build_input", "build_prompt", "neutralise", "user_content"]

INPUT_HEADER = "### 입력\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A numbered piece of evidence in a prompt: its number, a one-line head, the lines quoted, and where they are from."""

    number: int
    head: str
    lines: tuple[str, ...]
    chunk_id: str = ""

    @property
    def text(self) -> str:
        """Return the lines as one text."""
        return "\n".join(self.lines)


def build_input(passages: Sequence[Passage], question: str) -> str:
    """Return a row's `input`: the header, the numbered passages and the question.

    Only the builder writes a header, a number or "질문:"; what documents and askers wrote of them is broken.
    """
    blocks = [f"[{passage.number}] {one_line(passage.head)}\n{neutralise(passage.text)}\n" for passage in passages]
    asked = " ".join(neutralise(question).split())
    return INPUT_HEADER + "\n".join([*blocks, f"질문: {asked}"])


def build_prompt(instruction: str, row_input: str, system: str = "") -> str:
    """Return the whole text before the answer, as the model folder's chat template renders it after BOS."""
    return f"{system}\n" * bool(system) + f"### 지시\n{instruction}\n{row_input}\n### 출력\n"


def user_content(instruction: str, row_input: str) -> str:
    """Return the user message of the same prompt, as LLaMA-Factory joins it and as a chat endpoint is sent it."""
    return f"{instruction}\n{row_input}"
