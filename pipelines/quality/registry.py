"""Every filter by name, in the order in which rows meet them: personal data is masked first, so that no reject and no report
holds any; then cheap tests before dear ones.

The names are the keys under `filters:` in data.yaml; the keyword arguments of each `make` are its settings there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
# Every reason a filter gives, and what it means.
REASONS: Mapping[str, str] = {
    "empty_field": "a field is empty",
    "duplicate": "another row asks the same",
    "short_answer": "the answer is too short to say anything",
    "long_answer": "the answer is longer than wanted",
    "truncated": "the answer does not end as a sentence does",
    "error_text": "the answer is a failure of the program that wrote it",
    "special_tokens": "a control token or a prompt header stands inside a text",
    "evasive": "the answer evades a question that is not of the unanswerable kind",
    "leaks_instruction": "the answer repeats the instruction or talks about the prompt",
    "not_korean": "question or answer are not Korean",
    "repetition": "the answer repeats itself",
    "near_duplicate": "another row asks the same in almost the same words",
    "not_grounded": "a figure, date or article of the answer does not follow from its passages",
    "quote_not_found": "the answer quotes what its passages do not say",
    "over_tokens": "the row is longer than the token budget",
}
