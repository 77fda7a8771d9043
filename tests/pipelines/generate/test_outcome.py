"""What an HTTP answer means: the words of several providers, told apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.generate.outcome import read_reply, retry_after_s


def completion(content: Any, finish: str = "stop", **message: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content, **message}, "finish_reason": finish}],
                       "usage": {"prompt_tokens": 7, "completion_tokens": 3}}).encode()


GEMINI_DAY = (b'[{"error": {"code": 429, "message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED",'
              b' "details": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}}]')
GEMINI_MINUTE = (b'[{"error": {"code": 429, "message": "You exceeded your current quota", "details": [{"quotaId": '
                 b'"GenerateRequestsPerMinutePerProjectPerModel"}, {"retryDelay": "37s"}]}}]')
CASES = [
    (200, completion("안녕"), "ok"),
    (200, completion("안녕", "length"), "cut_off"),
    (200, completion(None, "content_filter"), "refused"),
    (200, completion(None, refusal="no"), "refused"),
    (200, completion([{"type": "text"}]), "server_error"),
    (200, b"<html>error</html>", "server_error"),
    (200, b'{"error": {"message": "overloaded"}}', "server_error"),
    (200, b'{"choices": []}', "server_error"),
    (200, b'{"choices": null}', "server_error"),
    (429, b'{"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}', "rate_limit"),
    (429, b"", "rate_limit"),
    (429, GEMINI_MINUTE, "rate_limit"),
    (429, GEMINI_DAY, "quota"),
    (429, b'{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}', "quota"),
    (402, b"", "quota"),
    (401, b'{"error": {"message": "Incorrect API key"}}', "bad_key"),
    (403, b"", "bad_key"),
    (400, b'[{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}]', "bad_key"),
    (400, b'{"error": {"message": "too long", "code": "context_length_exceeded"}}', "over_context"),
    (400, b'{"error": {"message": "This model\'s maximum context length is 4096 tokens"}}', "over_context"),
    (400, b'{"error": {"message": "flagged", "code": "content_filter"}}', "refused"),
    (400, b'{"error": {"message": "temperature must be below 2"}}', "bad_request"),
    (404, b'{"error": {"message": "model not found"}}', "not_found"),
    (408, b"", "timeout"),
    (500, b"", "server_error"),
    (503, b"<html>", "server_error"),
    (302, b"", "bad_request"),
]


@pytest.mark.parametrize(("status", "body", "outcome"), CASES, ids=[f"{case[0]}-{case[2]}-{at}"
                                                                    for at, case in enumerate(CASES)])
def test_outcomes_are_told_apart(status: int, body: bytes, outcome: str) -> None:
    reply = read_reply(status, {}, body)
    assert reply.outcome == outcome
    assert reply.text == "" or outcome in ("ok", "cut_off")     # text of errors never becomes an answer


def test_a_good_reply_has_its_text_and_tokens() -> None:
    reply = read_reply(200, {}, completion("답"))
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("답", 7, 3)


def test_retry_after_is_seconds_a_date_or_in_the_body() -> None:
    assert retry_after_s("12") == 12
    assert retry_after_s("0.25") == 0.25
    assert retry_after_s("Wed, 21 Oct 2026 07:28:10 GMT", now=1792567680.0) == 10.0    # 07:28:00
    assert retry_after_s("Wed, 21 Oct 2020 07:28:00 GMT", now=1792567680.0) == 0.0
    assert retry_after_s("soon") is None
    assert retry_after_s(None) is None
    assert read_reply(429, {}, GEMINI_MINUTE).retry_after_s == 37
    assert read_reply(429, {"retry-after": "86400"}, b"").outcome == "quota"           # nobody waits a day for a minute


def test_the_message_is_the_servers_own_and_short() -> None:
    assert read_reply(500, {}, b'{"error": {"message": "out  of\\nmemory"}}').message == "500: out of memory"
    assert len(read_reply(500, {}, b"x" * 9000).message) < 400
