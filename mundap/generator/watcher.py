"""What is looked at after every generated token: where an answer ends, cancelling, text to stream, times. Runs in the worker.

It is handed to transformers as a stopping criterion (any callable will do there), so that one place serves batches
and streams alike. transformers' own `stop_strings` is not used: it tables the whole vocabulary for each string.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mundap.generator import Decoding, FinishReason, Generation
from mundap.generator.ending import Ending
from mundap.generator.growing_text import GrowingText

BEAT_S = 1.0


@dataclass(slots=True, kw_only=True)
class Row:
    """What is known of one answer while it grows."""

    text: GrowingText
    ending: Ending
    tokens: int = 0
    reason: FinishReason | None = None
    first_s: float = 0.0
    last_s: float = 0.0


class Watcher:
    """A stopping criterion over a batch whose prompts all take prompt_width tokens (left padding)."""

    def __init__(self, tokenizer: Any, prompts: Sequence[Sequence[int]], eos_ids: frozenset[int],
                 decoding: Decoding, *, cancelled: threading.Event, on_delta: Callable[[str], None] | None = None,
                 on_beat: Callable[[], None] | None = None, started: float | None = None) -> None:
        asked = [tokenizer.decode(prompt) if decoding.stop_script else "" for prompt in prompts]
        self.rows = [Row(text=GrowingText(tokenizer), ending=Ending(decoding, text)) for text in asked]
        self._prompt_tokens = [len(prompt) for prompt in prompts]
        self._eos_ids = eos_ids
        self._cancelled = cancelled
        self._on_delta = on_delta
        self._on_beat = on_beat or (lambda: None)
        self._started = time.perf_counter() if started is None else started
        self._sent = 0
        self._beat = time.perf_counter()

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Return a boolean tensor: which rows end here."""
        import torch

        now = time.perf_counter() - self._started
        for row, token in zip(self.rows, input_ids[:, -1].tolist(), strict=True):
            if row.reason is None:
                self._take(row, token, now)
        if self._on_delta is not None and self.rows[0].reason is None:
            self._send(final=False)
        if time.perf_counter() - self._beat >= BEAT_S:
            self._beat = time.perf_counter()
            self._on_beat()
        return torch.tensor([row.reason is not None for row in self.rows], device=input_ids.device)

    def finish(self) -> list[Generation]:
        """Return the generations once generate() has come back; rows that nothing stopped ran to their length."""
        for row in self.rows:
            row.text.end()
        if self._on_delta is not None:
            self._send(final=True)
        return [
            Generation(text=self._text(row), finish_reason=row.reason or "length", prompt_tokens=prompt_tokens,
                       completion_tokens=row.tokens, first_token_s=round(row.first_s, 4),
                       seconds=round(row.last_s, 4))
            for row, prompt_tokens in zip(self.rows, self._prompt_tokens, strict=True)
        ]

    def _take(self, row: Row, token: int, now: float) -> None:
        ended = token in self._eos_ids
        grown = 0 if ended else row.text.add(token)  # some folders do not mark their end tokens as special
        row.tokens += 1
        row.first_s = row.first_s or now
        row.last_s = now
        if ended or row.ending.reached(row.text.text, grown):
            row.reason = "stop"
        elif self._cancelled.is_set():
            row.reason = "cancelled"

    def _text(self, row: Row) -> str:
        return row.ending.whole(row.text.text)

    def _send(self, *, final: bool) -> None:
        """Send what is new, but nothing that may yet be cut."""
        row = self.rows[0]
        text = self._text(row) if final else row.ending.shown(row.text.text)
        if len(text) > self._sent and self._on_delta is not None:
            self._on_delta(text[self._sent:])
            self._sent = len(text)
