"""What is looked at after every generated token: stop strings, cancelling, text to stream, times. Runs in the worker.

It is handed to transformers as a stopping criterion (any callable will do there), so that one place serves batches
and streams alike. transformers' own `stop_strings` is not used: it tables the whole vocabulary for each string.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mundap.generator import FinishReason, Generation
from mundap.generator.decoding import cut_at_stop, held_back

INCOMPLETE = "\ufffd"  # what a tokenizer decodes the first bytes of a character to
BEAT_S = 1.0


@dataclass(slots=True, kw_only=True)
class Row:
    """What is known of one answer while it grows."""

    ids: list[int] = field(default_factory=list)
    reason: FinishReason | None = None
    first_s: float = 0.0
    last_s: float = 0.0


class Watcher:
    """A stopping criterion over a batch whose prompts all take prompt_width tokens (left padding)."""

    def __init__(self, tokenizer: Any, prompts: Sequence[Sequence[int]], eos_ids: frozenset[int],
                 stop: tuple[str, ...], *, cancelled: threading.Event, on_delta: Callable[[str], None] | None = None,
                 on_beat: Callable[[], None] | None = None, started: float | None = None) -> None:
        self.rows = [Row() for _ in prompts]
        self._tokenizer = tokenizer
        self._prompt_tokens = [len(prompt) for prompt in prompts]
        self._eos_ids = eos_ids
        self._stop = stop
        self._cancelled = cancelled
        self._on_delta = on_delta
        self._on_beat = on_beat or (lambda: None)
        self._started = time.perf_counter() if started is None else started
        self._sent = ""
        self._beat = time.perf_counter()
        # A character is at most four byte tokens; a window of this many last tokens holds any stop string whole.
        self._window = 4 * max(map(len, stop), default=0) + 8

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Return a boolean tensor: which rows end here."""
        import torch

        now = time.perf_counter() - self._started
        for row, token in zip(self.rows, input_ids[:, -1].tolist(), strict=True):
            if row.reason is None:
                self._take(row, token, now)
        if self._on_delta is not None:
            self._send(final=False)
        if time.perf_counter() - self._beat >= BEAT_S:
            self._beat = time.perf_counter()
            self._on_beat()
        return torch.tensor([row.reason is not None for row in self.rows], device=input_ids.device)

    def finish(self) -> list[Generation]:
        """Return the generations once generate() has come back; rows that nothing stopped ran to their length."""
        if self._on_delta is not None:
            self._send(final=True)
        return [
            Generation(text=self._text(row), finish_reason=row.reason or "length", prompt_tokens=prompt_tokens,
                       completion_tokens=len(row.ids), first_token_s=round(row.first_s, 4),
                       seconds=round(row.last_s, 4))
            for row, prompt_tokens in zip(self.rows, self._prompt_tokens, strict=True)
        ]

    def _take(self, row: Row, token: int, now: float) -> None:
        row.ids.append(token)
        row.first_s = row.first_s or now
        row.last_s = now
        if token in self._eos_ids or self._stop and cut_at_stop(self._decode(row.ids[-self._window:]), self._stop)[1]:
            row.reason = "stop"
        elif self._cancelled.is_set():
            row.reason = "cancelled"

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _text(self, row: Row) -> str:
        return cut_at_stop(self._decode(row.ids), self._stop)[0]

    def _send(self, *, final: bool) -> None:
        """Send what is new and can no longer change: no half characters, no beginning of a stop string."""
        text = self._text(self.rows[0])
        if not final:
            text = text.rstrip(INCOMPLETE)
            text = text[: len(text) - held_back(text, self._stop)]
        if len(text) > len(self._sent):
            delta, self._sent = text[len(self._sent):], text
            self._on_delta and self._on_delta(delta)
