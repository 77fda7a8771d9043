"""Rows longer than the token budget: the trainer would cut the end of their answers."""

from __future__ import annotations

from mundap.prompt import build_prompt
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter

_END = 1  # the end token that the trainer adds


def make(domain: Domain) -> Filter:
    """Return the filter; without a budget or a counter it keeps every row."""
    def judge(row: Candidate) -> str:
        if domain.max_tokens is None or domain.count is None:
            return KEEP
        prompt = build_prompt(row.text("instruction"), row.text("input"), row.text("system"))
        tokens = domain.count(prompt + row.output) + _END
        return f"over_tokens: {tokens}" if tokens > domain.max_tokens else KEEP

    return Filter(judge=judge)
