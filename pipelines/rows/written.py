"""What rows need to know of a pair that a language model wrote."""

from __future__ import annotations

from typing import Protocol


class Written(Protocol):
    """A pair as pipelines/generate keeps it; chunk_id names the chunk it rests on."""

    @property
    def kind(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def chunk_id(self) -> str: ...
    @property
    def origin(self) -> str: ...
