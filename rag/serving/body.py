"""A request's body: JSON by its own word, whole within a time, and no larger than allowed; never held beyond that."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from rag.serving.wire import ApiError

READ_S = 10.0
_DRAINED = 8   # so many times the limit is read and thrown away: a client that is still writing hears no refusal


async def read_body(request: Request, limit: int) -> bytes:
    """Return a POST's body.

    Raises:
        ApiError: it is not JSON, too large, or does not come.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":   # what a form of a foreign page could send is not
        raise ApiError(415, "send the body as Content-Type: application/json.", code="unsupported_media_type")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > limit * _DRAINED:
        raise _too_large(limit)
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(READ_S):
            async for part in request.stream():
                size += len(part)
                if size > limit * _DRAINED:
                    break
                if size <= limit:
                    body += part
    except TimeoutError:
        raise ApiError(408, f"the body did not come within {READ_S:g} s.", code="request_timeout") from None
    except ClientDisconnect:
        raise ApiError(400, "the body broke off.", code="invalid_request") from None
    if size > limit:
        raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> ApiError:
    return ApiError(413, f"the body is larger than {limit:,} bytes: send fewer earlier messages, or raise "
                    "serve.max_request_bytes.", code="request_too_large")
