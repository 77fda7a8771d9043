"""Every filter by name, in the order in which rows meet them: personal data is masked first, so that no reject and no report
holds any; then cheap tests before dear ones.

The names are the keys under `filters:` in data.yaml; the keyword arguments of each `make` are its settings there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipelines import rejects
from pipelines.quality import (
    answer_length,
    duplicate,
    error_text,
    evasive,
    grounded,
    instruction_leak,
    language,
    near_duplicate,
    over_tokens,
    personal_data,
    repetition,
    required,
    special_tokens,
    truncated,
)
from pipelines.quality.filter import Filter

FILTERS: Mapping[str, Callable[..., Filter]] = {
    "personal_data": personal_data.make,
    "required": required.make,
    "duplicate": duplicate.make,
    "answer_length": answer_length.make,
    "truncated": truncated.make,
    "error_text": error_text.make,
    "special_tokens": special_tokens.make,
    "evasive": evasive.make,
    "instruction_leak": instruction_leak.make,
    "language": language.make,
    "repetition": repetition.make,
    "near_duplicate": near_duplicate.make,
    "grounded": grounded.make,
    "over_tokens": over_tokens.make,
}
# Every reason a filter gives, in the order a report tells them, and what it means.
_GIVEN = ("empty_field", "duplicate", "short_answer", "long_answer", "truncated", "error_text", "special_tokens", "evasive",
          "leaks_instruction", "not_korean", "repetition", "near_duplicate", "not_grounded", "quote_not_found", "over_tokens")
REASONS: Mapping[str, str] = {name: rejects.REASONS[name] for name in _GIVEN}
