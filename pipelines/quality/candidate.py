"""A row on its way through the gate, and the passages its answer must rest on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mundap.prompt import INPUT_HEADER, Passage

_BLOCK = re.compile(r"^\[(\d{1,3})\] (.*)$", re.MULTILINE)
_ASKS = re.compile(r"[^\n]{4,300}(?:\?|？|[주려]세요\.?|니까\.?)")
_QUESTION = re.compile(r"(?:^|\n)질문: ([^\n]*)\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A row's columns, and its source passages where its maker gave them.

    Without a `question` column the question is the input's last line "질문: …", else an input that is one line and
    asks (HIRA's form), or else the instruction (a plain question and answer, as in the alpaca format).
    """

    record: Mapping[str, Any]
    given: tuple[Passage, ...] | None = None

    def text(self, column: str) -> str:
        """Return a column as text; "" where the row has none."""
        value = self.record.get(column)
        return value if isinstance(value, str) else "" if value is None else str(value)

    @property
    def id(self) -> str:
        """Return the row's id, "" where it has none."""
        return self.text("id")

    @property
    def kind(self) -> str:
        """Return the row's kind, "" where it has none."""
        return self.text("kind")

    @property
    def output(self) -> str:
        """Return the answer."""
        return self.text("output")

    @property
    def question(self) -> str:
        """Return what is asked."""
        own = self.text("question")
        if own:
            return own
        given = self.text("input")
        asked = _QUESTION.search(given)
        if asked:
            return asked[1].strip()
        return given.strip() if _ASKS.fullmatch(given.strip()) else self.text("instruction")

    @property
    def asks_by_instruction(self) -> bool:
        """Return whether the instruction is itself the question."""
        return self.question == self.text("instruction")

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Return the numbered passages: those given, else those written in the input; none where that is the question."""
        if self.given is not None:
            return self.given
        return () if self.text("input").strip() == self.question.strip() else passages_of(self.text("input"))

    @property
    def sourceless(self) -> bool:
        """Return whether the row names no source at all, so that nothing can be held against it."""
        return self.given is None and not self.passages


def passages_of(row_input: str) -> tuple[Passage, ...]:
    """Return the passages of an input as `build_input` writes them; an input without numbers is one passage.

        ### 입력
        [1] 한빛상해보험 > 제7조(보험금의 지급기일)
        ① 회사는 …

        질문: …
    """
    body = _QUESTION.sub("", row_input.removeprefix(INPUT_HEADER)).strip()
    heads = _numbered(body)
    if not heads:
        return source_passages([body]) if body else ()
    ends = [*(match.start() for match in heads[1:]), len(body)]
    return tuple(Passage(number=int(match[1]), head=match[2],
                         lines=tuple(body[match.end():end].strip().splitlines()))
                 for match, end in zip(heads, ends, strict=True))


def source_passages(texts: Sequence[str]) -> tuple[Passage, ...]:
    """Return source texts as passages numbered from 1, the first line of each its head."""
    return tuple(Passage(number=at, head=text.strip().partition("\n")[0],
                         lines=tuple(text.strip().splitlines()[1:])) for at, text in enumerate(texts, start=1))


def _numbered(body: str) -> list[re.Match[str]]:
    """Return the heads "[1] …", "[2] …" in turn; a line "[3] …" out of turn is text of its passage."""
    heads: list[re.Match[str]] = []
    for match in _BLOCK.finditer(body):
        if int(match[1]) == len(heads) + 1 and (heads or match.start() == 0):
            heads.append(match)
    return heads
