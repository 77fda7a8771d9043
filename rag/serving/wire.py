"""What goes over the wire: a chat request read strictly, and an answer, its chunks and errors in OpenAI's shapes.

Does no HTTP and asks nothing; app.py does.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mundap.day import iso, read_day
from mundap.errors import DataError
from mundap.grounding.sentences import sentence_spans
from rag.answer import Answer
from rag.inquiry import MAX_QUESTION_CHARS

MAX_BEFORE = 20   # earlier questions that are followed; the one before is what a follow-up points to
MAX_MESSAGES = 1_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
# Accepted since clients send them unasked, and not followed: the answer is decoded as the recipe says, then checked.
NOT_FOLLOWED = ("temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed", "presence_penalty",
                "frequency_penalty", "logit_bias", "reasoning_effort", "verbosity", "prediction")
# What a client would rely on, and would not get.
_REFUSED = {"tools": "tools", "functions": "functions", "audio": "audio", "logprobs": "log probabilities",
            "top_logprobs": "log probabilities", "web_search_options": "web search"}


class ApiError(Exception):
    """An error as an OpenAI client is told it. retry_after_s: when to come again; retry False: not by itself at all."""

    def __init__(self, status: int, message: str, *, code: str, param: str | None = None, retry_after_s: int | None = None,
                 retry: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.retry_after_s = retry_after_s
        self.retry = retry

    @property
    def body(self) -> dict[str, Any]:
        """Return the error object."""
        kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
        kind = kinds.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    @property
    def headers(self) -> dict[str, str]:
        """Return what tells a client whether to ask again, and when."""
        after = {} if self.retry_after_s is None else {"retry-after": str(self.retry_after_s)}
        return after if self.retry else after | {"x-should-retry": "false"}   # read by OpenAI's own clients


class _Read(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


class Part(_Read):
    """A part of a message; only text is read."""

    type: str
    text: str | None = None


class Message(_Read):
    """One message of the conversation as the client holds it."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None


class StreamOptions(_Read):
    """Options of a stream."""

    include_usage: bool | None = None


class Body(_Read):
    """A chat request's body; fields that are not here are in model_extra."""

    model: str = Field(max_length=200)
    messages: list[Message] = Field(min_length=1, max_length=MAX_MESSAGES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    level: str | None = Field(default=None, max_length=40)
    as_of: str | None = None
    without: list[str] | None = Field(default=None, max_length=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A chat request as understood. before are the earlier user messages as written, oldest first."""

    model: str
    text: str
    before: tuple[str, ...] = ()
    stream: bool = False
    include_usage: bool = False
    level: str = ""
    as_of: int | None = None
    without: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the objects of one response share."""

    model: str
    fingerprint: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def completion(self, answer: Answer, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return a whole answer; told is the `mundap` field."""
        message = {"role": "assistant", "content": answer.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return self._object("chat.completion", [choice]) | {"usage": usage(answer), "mundap": told}

    def chunks(self, answer: Answer, told: Mapping[str, Any], *, include_usage: bool) -> Iterator[dict[str, Any]]:
        """Yield an answer's chunks, a sentence each; the last of its text carries the `mundap` field."""
        yield self._chunk({"role": "assistant", "content": ""})
        for piece in pieces(answer.text):
            yield self._chunk({"content": piece})
        yield self._chunk({}, finish_reason="stop") | {"mundap": told}
        if include_usage:
            yield self._object("chat.completion.chunk", []) | {"usage": usage(answer)}

    def _chunk(self, delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish_reason}
        return self._object("chat.completion.chunk", [choice])

    def _object(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model,
                "system_fingerprint": self.fingerprint, "choices": choices}


def read(body: bytes) -> Asked:
    """Return a chat request.

    Raises:
        ApiError: it is not one, or asks for what there is not.
    """
    try:
        given = Body.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        at = ".".join(map(str, first["loc"]))[:200]
        raise ApiError(400, f"{at or 'the body'}: {first['msg']}", code="invalid_request", param=at or None) from None
    extra = given.model_extra or {}
    _refuse(given, extra)
    questions = [_text(at, message) for at, message in enumerate(given.messages) if message.role == "user"]
    if given.messages[-1].role != "user" or not questions:
        raise ApiError(400, "the last message must be the user's: it is the question.", code="invalid_request",
                       param="messages")
    stream, options = bool(given.stream), given.stream_options
    # A message that was too long or empty was never answered; the talk goes on without it.
    before = [text for text in questions[:-1] if 0 < len(text) <= MAX_QUESTION_CHARS]
    return Asked(model=given.model, text=_question(questions[-1]), before=tuple(before[-MAX_BEFORE:]), stream=stream,
                 include_usage=bool(stream and options and options.include_usage), level=given.level or "",
                 as_of=None if given.as_of is None else _day(given.as_of), without=frozenset(given.without or ()),
                 ignored=tuple(name for name in NOT_FOLLOWED if extra.get(name) is not None))


def told(answer: Answer, asked: Asked, queue_s: float) -> dict[str, Any]:
    """Return a response's `mundap` field."""
    return {
        "question": answer.question, "carried": list(answer.carried), "level": answer.level or None,
        "level_reason": answer.level_reason or None, "as_of": iso(answer.as_of), "verdict": answer.verdict.status,
        "citations": [{"number": one.number, "chunk_id": one.chunk.chunk_id, "label": one.label, "lines": list(one.lines),
                       "date": iso(one.chunk.date), "superseded_by": one.chunk.superseded_by or None,
                       "amended": one.amended or None}
                      for one in answer.citations],
        "filters": {name: list(values) for name, values in answer.filters.items()}, "assumed": list(answer.assumed),
        "dropped": {name: list(values) for name, values in answer.dropped.items()}, "suggestions": list(answer.suggestions),
        "terms": [{"term": term, "meaning": meaning} for term, meaning in answer.terms],
        "struck": [{"text": one.text, "reason": one.reason} for one in answer.verdict.struck],
        "ignored": list(asked.ignored),
        "timings_s": {name: round(seconds, 4) for name, seconds in {"queue": queue_s, **answer.timings_s}.items()}}


def usage(answer: Answer) -> dict[str, int]:
    """Return the tokens of the prompt and of the model's answer as counted, 0 where nothing was generated."""
    return {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens,
            "total_tokens": answer.prompt_tokens + answer.completion_tokens}


def pieces(text: str) -> Iterator[str]:
    """Yield a text sentence by sentence; joined, they are the text."""
    start = 0
    for _, end in sentence_spans(text):
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def event(value: Mapping[str, Any]) -> bytes:
    """Return an object as a server-sent event."""
    return b"data: " + encoded(value) + b"\n\n"


def encoded(value: Mapping[str, Any]) -> bytes:
    """Return an object as JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")


def _day(text: str) -> int:
    """Return a day as YYYYMMDD.

    Raises:
        ApiError: it is not one.
    """
    try:
        return read_day(text, where="as_of")
    except DataError as error:
        raise ApiError(400, f"as_of: {error.what} {error.fix}", code="invalid_request", param="as_of") from None


def _refuse(given: Body, extra: Mapping[str, Any]) -> None:
    """Raise an ApiError for what a client would rely on in vain."""
    for name, what in _REFUSED.items():
        if extra.get(name):
            raise ApiError(400, f"{name}: there are no {what} here; leave it out.", code="unsupported", param=name)
    if given.n not in (None, 1):
        raise ApiError(400, "n: there is one verified answer to a question; leave n out.", code="unsupported", param="n")
    wanted = extra.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") != "text":
        raise ApiError(400, "response_format: answers are text; the evidence is in the field mundap.", code="unsupported",
                       param="response_format")
    if "modalities" in extra and extra["modalities"] not in (None, ["text"]):
        raise ApiError(400, "modalities: answers are text.", code="unsupported", param="modalities")


def _text(at: int, message: Message) -> str:
    """Return a user message's text as one line, without control characters."""
    content = message.content
    if isinstance(content, list):
        other = next((part.type for part in content if part.type != "text" or part.text is None), None)
        if other is not None:
            raise ApiError(400, f"messages.{at}: only text is read here, not {other[:40]!r}.", code="unsupported",
                           param=f"messages.{at}.content")
        content = " ".join(part.text or "" for part in content)
    return " ".join(_CONTROL.sub(" ", content or "").split())


def _question(text: str) -> str:
    if not text:
        raise ApiError(400, "the question is empty.", code="invalid_request", param="messages")
    if len(text) > MAX_QUESTION_CHARS:
        raise ApiError(400, f"the question has {len(text)} characters; {MAX_QUESTION_CHARS} are taken. Ask it shorter: what it "
                       "names is searched for, the documents bring the rest.", code="question_too_long", param="messages")
    return text

