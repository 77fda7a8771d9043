"""How an answer is decoded: its length, how much chance, what stops it. Knows no model and no endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """The decoding of one call. temperature 0 is greedy: the same prompt gives the same answer.

    repetition_penalty counts only tokens the model itself generated, unless penalise_prompt: an answer is built by copying
    figures from the prompt, and a penalty on the prompt's tokens (the transformers default) makes the model misspell them.
    top_k None leaves the model folder's own number of likeliest tokens to draw from in force.
    stop strings are cut from the text, with everything after them. stop_phrases, stop_repetition and stop_script end an
    answer that runs on, back at its last complete sentence (mundap.tail); they act while it is generated.
    """

    max_new_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int | None = None
    repetition_penalty: float = 1.0
    penalise_prompt: bool = False
    stop: tuple[str, ...] = ()
    stop_phrases: tuple[str, ...] = ()
    stop_repetition: bool = False
    stop_script: bool = False
    seed: int = 42

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise ValueError(f"max_new_tokens must be at least 1, not {self.max_new_tokens}")
        if self.temperature < 0:
            raise ValueError(f"temperature must be 0 or more, not {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k must be at least 1, not {self.top_k}")
        if self.repetition_penalty <= 0:
            raise ValueError(f"repetition_penalty must be above 0, not {self.repetition_penalty}")
        if any(not text for text in (*self.stop, *self.stop_phrases)):
            raise ValueError("a stop string or a stop phrase must not be empty")


def decoding_of(settings: Mapping[str, Any]) -> Decoding:
    """Return the decoding a `generation:` section asks for; keys that are not about decoding are left alone."""
    chosen = {field.name: settings[field.name] for field in fields(Decoding) if field.name in settings}
    return Decoding(**chosen | {name: tuple(chosen[name]) for name in ("stop", "stop_phrases") if name in chosen})


def cut_at_stop(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    """Return text before the first stop string in it, and whether there was one."""
    found = [place for place in (text.find(each) for each in stop) if place >= 0]
    return (text[: min(found)], True) if found else (text, False)


def held_back(text: str, stop: tuple[str, ...]) -> int:
    """Return how many last characters of text may still become the beginning of a stop string."""
    for size in range(min(len(text), max(map(len, stop), default=1) - 1), 0, -1):
        if any(each.startswith(text[-size:]) for each in stop):
            return size
    return 0
