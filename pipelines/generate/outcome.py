"""What became of one call: told apart from an HTTP answer by status, headers and body, so that each is met rightly.

Providers differ in words, not in kind. Sources: OpenAI's error codes guide (insufficient_quota, rate_limit_exceeded,
context_length_exceeded, content_filter), Gemini's OpenAI compatibility (errors as a list, RetryInfo, quotaId ending in
PerDay…, a bad key as 400 "API key not valid"), RFC 9110 for Retry-After.
"""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["ok", "refused", "cut_off", "rate_limit", "quota", "bad_key", "over_context", "bad_request",
                  "not_found", "server_error", "timeout", "unreachable", "dropped"]
# A model answered, so the call counts as one of the task's tries.
ANSWERED: frozenset[Outcome] = frozenset(("ok", "refused", "cut_off"))
_LONG_S = 3600.0         # a rate limit passes within the minute; who says "in an hour" means the day's allowance
_PER_DAY = re.compile(r"per[ _-]?day|daily|PerDay|\b[RT]PD\b|insufficient_quota|billing", re.IGNORECASE)
_BAD_KEY = re.compile(r"api[ _-]?key.{0,20}(?:not valid|invalid|incorrect|expired)|API_KEY_INVALID|invalid_api_key",
                      re.IGNORECASE)
_TOO_LONG = re.compile(r"context_length_exceeded|maximum context length|context (?:window|length|size)"
                       r"|exceeds the maximum number of tokens|too many tokens|prompt is too long", re.IGNORECASE)
_FILTERED = re.compile(r"content_filter|content_policy|blockReason|PROHIBITED_CONTENT|\bSAFETY\b", re.IGNORECASE)
_DELAY = re.compile(r'"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"')
_MESSAGE_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The outcome of a call. text: the model's words; message: the server's, where it failed. 0 tokens: not said."""

    outcome: Outcome
    text: str = ""
    message: str = ""
    status: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    retry_after_s: float | None = None


def read_reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """Return what an HTTP answer of a chat completion means."""
    if status == 200:
        return _completion(body)
    text = body.decode("utf-8", "replace")
    wait = retry_after_s(headers.get("retry-after"), text)
    return Reply(outcome=_failure(status, text, wait), message=f"{status}: {_said(text)}", status=status,
                 retry_after_s=wait)


def retry_after_s(header: str | None, body: str = "", *, now: float | None = None) -> float | None:
    """Return the seconds a server asks to wait, from Retry-After (seconds or a date) or Gemini's RetryInfo, or None."""
    if header is not None:
        try:
            return max(0.0, float(header))
        except ValueError:
            pass
        try:
            due = email.utils.parsedate_to_datetime(header)
        except ValueError:
            pass
        else:
            return max(0.0, due.timestamp() - (time.time() if now is None else now))
    match = _DELAY.search(body)
    return float(match[1]) if match else None


def _failure(status: int, text: str, wait: float | None) -> Outcome:
    if status == 429:
        return "quota" if _PER_DAY.search(text) or (wait or 0) >= _LONG_S else "rate_limit"
    if status == 402:
        return "quota"
    if _BAD_KEY.search(text) or status in (401, 403):
        return "bad_key"
    if status == 408 or status == 504:
        return "timeout"
    if status >= 500 or status in (409, 425):
        return "server_error"
    if _TOO_LONG.search(text) or status == 413:
        return "over_context"
    if _FILTERED.search(text):
        return "refused"
    return "not_found" if status == 404 else "bad_request"


def _completion(body: bytes) -> Reply:
    """Return the reply of a 200; anything that is not a chat completion is the server's error, never an answer."""
    try:
        found = json.loads(body)
        usage = found.get("usage") or {}
        counts: dict[str, Any] = {"status": 200, "prompt_tokens": int(usage.get("prompt_tokens") or 0),
                                  "completion_tokens": int(usage.get("completion_tokens") or 0)}
        choice = found["choices"][0]
        said, reason = choice["message"], choice.get("finish_reason")
        content = said.get("content")
        if content is not None and not isinstance(content, str):
            raise TypeError
    except (ValueError, LookupError, TypeError, AttributeError):
        text = body.decode("utf-8", "replace")
        return Reply(outcome="server_error", status=200, message=f"200, but not a chat completion: {_said(text)}")
    if said.get("refusal") or reason == "content_filter":
        return Reply(outcome="refused", text=content or "", message=str(said.get("refusal") or reason)[:_MESSAGE_CHARS],
                     **counts)
    return Reply(outcome="cut_off" if reason == "length" else "ok", text=content or "", **counts)


def _said(text: str) -> str:
    """Return the server's own message, short."""
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    if isinstance(found, list) and found:
        found = found[0]
    if isinstance(found, dict):
        found = found.get("error", found)
    if isinstance(found, dict):
        found = found.get("message") or text
    return " ".join(str(found).split())[:_MESSAGE_CHARS]
