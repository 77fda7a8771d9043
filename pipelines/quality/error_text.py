"""Failures kept as answers: "ERROR: 429 Too Many Requests", a traceback, an empty JSON, a refusal of a service."""

from __future__ import annotations

import re

from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter

_ERROR = re.compile(
    r"\A\s*(?:\[?(?:ERROR|Error|error|Exception|Warning|오류|에러|실패)\]?\s?[:：]"
    r"|Traceback \(most recent call last\)"
    r"|(?:HTTP|Error code:?|status(?: code)?:?)\s?[45]\d\d\b"
    r"|[45]\d\d\s(?:Client Error|Server Error|Too Many Requests|Internal Server Error|Bad Gateway|Service Unavailable)"
    r"|(?:None|null|nan|NaN|undefined|N/A|\{\}|\[\])\s*\Z"
    r"|[\[{]\s*\"?(?:error|errors|question|질문|answer|답변)\"?\s*:)"
    r"|(?:RateLimitError|ResourceExhausted|APIConnectionError|quota exceeded|rate limit (?:exceeded|reached)"
    r"|As an AI language model|AI 언어 모델로서|죄송하지만,? (?:저는|해당 요청|요청하신))", re.IGNORECASE)


def make(domain: Domain) -> Filter:
    """Return the filter."""
    def judge(row: Candidate) -> str:
        found = _ERROR.search(row.output)
        return f"error_text: {found[0].strip()[:60]}" if found else KEEP

    return Filter(judge=judge)
